# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and libraries of a tree: what they say of themselves, and where they find each other. Imports model."""
