# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drift report of a fleet: every format is a pure function of one document."""

from __future__ import annotations
