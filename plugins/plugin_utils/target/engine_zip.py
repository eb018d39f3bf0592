# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as one zip file that a bundle's Python runs as it is: python -I engine.zip < request.json > result.json."""

from __future__ import annotations

from pathlib import Path

from ..engine_code import engine_members, own_engine, zip_of


def engine_zip(engine: Path | None = None) -> bytes:
    """Return the zip; the same sources give the same content, on every controller."""
    return zip_of(own_engine() if engine is None else engine_members(engine), compressed=True)
