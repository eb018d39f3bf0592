# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a build is about: the request, the tree, the machine, digests. Imports platforms."""
