# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as one zip file that a bundle's Python runs as it is: python -I engine.zip < request.json > result.json."""

from __future__ import annotations

from pathlib import Path

from ...module_utils.hermetic.unpack.byte_code import byte_code
from ..engine_code import engine_members, own_engine, zip_of


def engine_zip(engine: Path | None = None, *, compiled: bool = False) -> bytes:
    """Return the zip; the same sources give the same content, on every controller.

    ``compiled`` adds byte code of the Python that runs this. One of another X.Y passes over it and compiles the sources, which takes it
    about 0.2 s in every run.
    """
    members = dict(own_engine() if engine is None else engine_members(engine))
    made = {f"{name}c": byte_code(content, shown_as=name) for name, content in members.items()} if compiled else {}
    return zip_of({**members, **{name: content for name, content in made.items() if content is not None}}, compressed=True)
