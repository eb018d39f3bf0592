# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository of bundles as it is read: index, signature, archives. Imports net and platforms."""
