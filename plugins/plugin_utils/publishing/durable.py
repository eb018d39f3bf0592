# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flushing a directory, so that the names in it survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def make_durable(directory: Path) -> None:
    """Flush the names of a directory to the disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
