# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of a specification: its text to values and back, with every problem by line and field; pure."""
