# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out a plan: bundles, environments, repairs, and the removal of a root. Imports every room but commands."""
