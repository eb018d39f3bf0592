# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other processes: interpreters and workers that the engine starts, and programs that run from a root. Imports fs, model and below."""
