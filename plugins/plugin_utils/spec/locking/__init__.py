# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of specifications: where they lie, how a resolver makes them, and whether they are current."""
