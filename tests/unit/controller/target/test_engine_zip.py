# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's zip is the same bytes each time."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip


def test_equal_sources_make_equal_bytes(tmp_path: Path) -> None:
    copy = tmp_path / "engine"
    copy.mkdir()
    for name in ("b.py", "a.py"):
        (copy / name).write_text("")
    first = engine_zip(copy)
    (copy / "a.py").touch()
    (copy / "b.pyc").write_text("not a source")
    assert engine_zip(copy) == first
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["__main__.py", "hermetic/a.py", "hermetic/b.py"]


def test_compiled_has_byte_code_of_this_python_beside_every_source(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text("")
    made = engine_zip(tmp_path, compiled=True)
    assert engine_zip(tmp_path, compiled=True) == made
    archive = zipfile.ZipFile(io.BytesIO(made))
    sources = {name for name in archive.namelist() if name.endswith(".py")}
    assert set(archive.namelist()) == {*sources, *(f"{name}c" for name in sources)}
    assert {archive.read(f"{name}c")[:8] for name in sources} == {importlib.util.MAGIC_NUMBER + bytes([1, 0, 0, 0])}
