# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The half of bin/vpython3 that makes what is not there yet: reads a lock, selects wheels, and builds an environment of a user."""
