# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of one run: what is recorded, kept and written. Imports formats and model."""
