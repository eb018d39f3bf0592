# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Artifacts over the network and from files, bounded and verified. Imports fs, model and below."""
