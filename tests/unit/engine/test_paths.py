# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How paths are spelled, for a system with a limit of their length and for those without."""

from __future__ import annotations

import ntpath
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import paths


def test_elsewhere_a_path_stays_as_it_is() -> None:
    assert paths.extended(Path("/a/b")) == "/a/b"
    assert paths.inside("/a")("b/c") == "/a/b/c"


@pytest.mark.parametrize(
    ("path", "spelled"),
    [("C:\\r\\x", "\\\\?\\C:\\r\\x"), ("\\\\host\\share\\x", "\\\\?\\UNC\\host\\share\\x"), ("\\\\?\\C:\\r", "\\\\?\\C:\\r")],
)
def test_on_windows_a_path_has_no_limit(monkeypatch: pytest.MonkeyPatch, path: str, spelled: str) -> None:
    monkeypatch.setattr(paths, "WINDOWS", True)
    monkeypatch.setattr(os.path, "abspath", ntpath.normpath)
    monkeypatch.setattr(os, "sep", "\\")
    assert paths.extended(path) == spelled
    assert paths.inside(path)("a/b") == f"{spelled}\\a\\b"
