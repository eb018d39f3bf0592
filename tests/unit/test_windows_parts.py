# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts for Windows that can be looked at anywhere: access lists in words, files in use, names, flushing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import atomic, replacement
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import windows_environment
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.grammar import is_windows_name
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.windows import acl as windows_acl
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.windows import in_use as windows_in_use
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.windows import volume as windows_volume


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
    """Lay a tree; two underlines in a name are a slash, one is a dot."""
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


@pytest.mark.parametrize(
    ("words", "owner", "entries"),
    [
        ("O:BAD:(A;;FA;;;SY)(A;;0x1200a9;;;BU)", "BA", [("SY", 0x1F01FF), ("BU", 0x1200A9)]),
        ("O:S-1-5-21-1D:(A;OICIIO;FA;;;CO)(A;;FRFX;;;WD)(D;;FA;;;WD)", "S-1-5-21-1", [("WD", 0x120089 | 0x1200A0)]),
        ("O:BAD:(A;;XX;;;WD)", "BA", [("WD", 0x1F01FF)]),
    ],
)
def test_an_access_list_is_read(words: str, owner: str, entries: list[tuple[str, int]]) -> None:
    assert windows_acl.parsed(words) == (owner, entries)


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("O:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)", []),
        ("O:BAD:(A;OICI;FA;;;SY)(A;OICIID;0x1301bf;;;AU)(A;;0x1200a9;;;BU)", ["AU"]),
        ("O:S-1-5-21-7D:(A;;FA;;;S-1-5-21-7)(A;;FW;;;WD)(A;;WD;;;S-1-5-21-8)", ["S-1-5-21-8", "WD"]),
        ("O:BAD:(A;OICIIO;FA;;;CO)(A;;FA;;;OW)(A;;FA;;;S-1-5-18)", []),
    ],
)
def test_who_may_write_and_must_not_is_named(words: str, who: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Told:
        def of(self, _path: str) -> str:
            return words

    monkeypatch.setattr(windows_acl, "Descriptors", Told)
    assert windows_acl.others_who_may_write(Path("x")) == who


def test_where_an_entry_came_from_makes_no_difference() -> None:
    inherited, own = "O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)", "O:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)"
    assert windows_acl._without_origin(inherited) == windows_acl._without_origin(own)
    assert windows_acl._without_origin("O:BAD:(A;OICIID;FA;;;SY)") == "O:BAD:(A;OICI;FA;;;SY)"


@pytest.mark.parametrize("name", ["con", "CON.txt", "aux.py", "lpt1", "COM9.x", "a.", "a ", "a:b", "a?b", "", "nul .x"])
def test_names_that_windows_does_not_take(name: str) -> None:
    assert not is_windows_name(name)


@pytest.mark.parametrize("name", ["console", "auxiliary.py", ".hidden", "com10", "a b", "日本.py"])
def test_names_that_windows_takes(name: str) -> None:
    assert is_windows_name(name)


@pytest.mark.parametrize("platform", sorted(windows_environment.LAUNCHER_KINDS))
def test_equal_entry_points_give_equal_commands(platform: str) -> None:
    made = {windows_environment.command("tool", "pkg.mod", "main", "console", platform=platform) for _time in range(2)}
    ((name, data),) = made
    assert name == "tool.exe"
    assert b"#!<launcher_dir>\\python.exe\n" in data
    gui = windows_environment.command("tool", "pkg.mod", "main", "gui", platform=platform)[1]
    assert b"#!<launcher_dir>\\pythonw.exe\n" in gui


def test_a_volume_is_flushed_by_its_letter_and_each_one_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(windows_volume, "_flush_volume", lambda drive: asked.append(drive) is None)
    windows_volume.flush_files(["\\\\?\\C:\\a\\b.py", "\\\\?\\C:\\c", "\\\\?\\D:\\d"])
    assert asked == ["C:", "D:"]


@pytest.mark.parametrize("share", ["\\\\?\\UNC\\server\\share\\a", "\\\\?\\Volume{0}\\a"])
def test_what_has_no_letter_is_flushed_file_by_file(share: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(windows_volume, "_flush_file", flushed.append)
    windows_volume.flush_files([share, f"{share}b"])
    assert sorted(flushed) == [share, f"{share}b"]


def test_every_file_is_flushed_where_the_volume_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.touch()
    inodes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: inodes.append(os.fstat(descriptor).st_ino))
    windows_volume.flush_files(map(str, paths))
    assert sorted(inodes) == sorted(path.stat().st_ino for path in paths)


def test_a_file_that_cannot_be_flushed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        windows_volume.flush_files([str(tmp_path / "gone")])


@pytest.mark.parametrize(
    ("flags", "gui", "expected"),
    [
        ([], False, b'#!"C:\\r\\Scripts\\python.exe"\r\n'),
        (["-u"], False, b'#!"C:\\r\\Scripts\\python.exe" -u\r\n'),
        ([], True, b'#!"C:\\r\\Scripts\\pythonw.exe"\r\n'),
    ],
)
def test_a_script_names_the_python_that_it_asks_for(flags: list[str], gui: bool, expected: bytes) -> None:
    launchers = windows_environment.WindowsLaunchers("C:\\r\\Scripts\\python.exe", "windows-x86_64")
    assert launchers.first_line(flags, gui=gui) == expected
