# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees that replace one whose programs run, as Windows has it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import atomic, replacement
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.windows import in_use as windows_in_use


class Refused(PermissionError):
    """What Windows answers for a program that runs."""

    winerror = 5


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root with its lock."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "lock").touch()
    return tmp_path


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the paths of files that a process runs: they can be renamed, and neither removed nor replaced."""
    names: set[str] = set()

    def refusing(original: Callable[..., Any], position: int) -> Callable[..., Any]:
        def call(*arguments: Any, **settings: Any) -> Any:
            if not settings and str(arguments[position]) in names:
                raise Refused(errno.EACCES, "denied", str(arguments[position]))
            return original(*arguments, **settings)

        return call

    monkeypatch.setattr(os, "unlink", refusing(os.unlink, 0))
    monkeypatch.setattr(os, "replace", refusing(os.replace, 1))
    return names


def tree(place: Path, **files: str) -> Path:
    """Write a tree; two underlines in a name are a slash, one is a dot."""
    for name, content in files.items():
        path = place / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        os.utime(path, (1, 1))
    return place


def content(place: Path) -> dict[str, str]:
    return {str(path.relative_to(place)): path.read_text() for path in place.rglob("*") if path.is_file()}


def test_a_tree_in_use_gets_its_content_and_keeps_the_program_that_runs(root: Path, running: set[str]) -> None:
    final = tree(root / "bundles" / "a", python_exe="p", Lib__os_py="edited", Lib__evil_py="e", gone__x_py="g")
    building = tree(root / "bundles" / ".new-a", python_exe="p", Lib__os_py="os", Lib__new__y_py="y")
    running.add(str(final / "python.exe"))
    before = (final / "python.exe").stat().st_ino
    windows_in_use.replace_content(str(building), str(final), patiently=atomic.patiently)
    assert content(final) == {"python.exe": "p", "Lib/os.py": "os", "Lib/new/y.py": "y"}
    assert (final / "python.exe").stat().st_ino == before
    assert windows_in_use.set_aside_in(root) == []


def test_a_changed_program_that_runs_is_set_aside(root: Path, running: set[str]) -> None:
    final = tree(root / "bundles" / "a", python_exe="edited", stray_dll="s")
    building = tree(root / "bundles" / ".new-a", python_exe="p")
    running.update((str(final / "python.exe"), str(final / "stray.dll")))
    windows_in_use.replace_content(str(building), str(final), patiently=atomic.patiently)
    assert content(final) == {"python.exe": "p"}
    assert sorted(path.read_text() for path in windows_in_use.set_aside_in(root)) == ["edited", "s"]


def test_a_directory_that_cannot_be_renamed_is_filled_in_place(root: Path, running: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    final = tree(root / "bundles" / "a", python_exe="p", Lib__os_py="edited")
    building = tree(root / "bundles" / ".new-a", python_exe="p", Lib__os_py="os")
    original = os.rename

    def rename(source: Any, target: Any) -> None:
        if Path(source) == final:
            raise Refused(errno.EACCES, "denied", str(source))
        original(source, target)

    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr(replacement, "exchange", lambda _a, _b: False)
    running.add(str(final / "python.exe"))
    replacement.place(building, final)
    assert content(final) == {"python.exe": "p", "Lib/os.py": "os"}
    assert [path.name for path in (root / "bundles").iterdir()] == ["a"]


def test_what_lies_in_no_root_is_not_set_aside(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(FileNotFoundError):
        windows_in_use.set_aside(str(tmp_path / "x"))
