# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes the sentences about the steps of a run while they are carried out."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
