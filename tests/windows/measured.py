# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test measures and tells at the end of the run: a property of its result, which also comes out of worker processes."""

from __future__ import annotations

TOLD = "told"
