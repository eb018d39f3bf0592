# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether every wheel of a specification exists on every platform, with the hash of the lock."""
