# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as one zip file that a bundle's Python runs as it is: python -I engine.zip < request.json > result.json."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

_ENGINE = Path(__file__).resolve().parents[3] / "module_utils" / "hermetic"
# The oldest time that a zip can hold; any fixed one makes equal sources equal bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_MAIN = """\
import sys

from hermetic.__main__ import main

sys.exit(main())
"""


def engine_zip(engine: Path | None = None) -> bytes:
    """Return the zip; the same sources give the same bytes, on every controller."""
    directory = _located(engine)
    members = {"__main__.py": _MAIN.encode()}
    for path in sorted(directory.rglob("*.py")):
        members[f"hermetic/{path.relative_to(directory).as_posix()}"] = path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(members.items()):
            entry = zipfile.ZipInfo(name, date_time=_TIME)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=6)
    return buffer.getvalue()


def _located(engine: Path | None) -> Path:
    """Return the directory of the engine's sources: beside plugins in a checkout, below it in a released collection."""
    if engine is not None:
        return engine
    released = Path(__file__).resolve().parents[2] / "module_utils" / "hermetic"
    return released if released.is_dir() else _ENGINE
