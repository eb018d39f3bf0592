# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lock files, markers, indexes of packages, and which wheels a lock means on a platform. Imports net and platforms."""
