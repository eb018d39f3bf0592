# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives and wheels: judged first, then unpacked and compiled within bounds. Imports fs, model and below."""
