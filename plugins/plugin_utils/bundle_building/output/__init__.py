# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages, description, archive, and the proof that it works. Imports sources, isolation, binaries and model."""
