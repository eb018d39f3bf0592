# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the lock of a specification lies: beside the file that holds it; pure."""

from __future__ import annotations

from pathlib import Path


def lock_path(specification: str | Path) -> Path:
    """Return the path of the ``pylock.<name>.toml`` of a file: its name without a leading dot, and every other dot as a hyphen."""
    path = Path(specification)
    return path.with_name(f"pylock.{path.name.removeprefix('.').replace('.', '-')}.toml")


def uv_lock_path(specification: str | Path) -> Path:
    """Return the path of the requirements with hashes that vpython keeps beside a specification."""
    path = Path(specification)
    return path.with_name(f"{path.name}.uv.lock")
