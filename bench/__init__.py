# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the collection against what else does the same work, side by side in one run."""
