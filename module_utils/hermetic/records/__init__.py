# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that a root keeps of itself, read and written. Imports process, planning, fs and below."""
