# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's zip is the same bytes each time."""

from __future__ import annotations

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
