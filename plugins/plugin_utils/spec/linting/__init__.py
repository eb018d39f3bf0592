# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that find in a specification what is wrong, though it can be read."""
