# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes the Python of a tree hermetic and read-only. Imports binaries and model."""
