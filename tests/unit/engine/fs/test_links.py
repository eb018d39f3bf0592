# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links on POSIX, and the Windows way with its calls replaced."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import junction_fallback, links


class NoReparsePoints(OSError):
    winerror = 50


def test_a_link_is_made_replaced_read_and_removed(tmp_path: Path) -> None:
    link = tmp_path / "current"
    assert links.read(link) is None
    assert not links.is_link(link)
    links.point(link, "generations/1")
    assert links.read(link) == os.readlink(link) == "generations/1"
    links.point(link, "generations/2")
    assert links.points_to(link, "generations/2")
    assert not links.points_to(link, "generations/1")
    assert [entry.name for entry in tmp_path.iterdir()] == ["current"]
    links.remove(link)
    links.remove(link)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_directory_is_replaced_and_not_entered(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    links.point(tmp_path / "link", "a")
    links.point(tmp_path / "link", "b", durable=False)
    assert links.read(tmp_path / "link") == "b"
    assert list((tmp_path / "a").iterdir()) == []


def test_there_is_no_moment_without_the_link(tmp_path: Path) -> None:
    link = tmp_path / "current"
    links.point(link, "0")
    missing: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            if not os.path.lexists(link):
                missing.append(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(500):
        links.point(link, str(number), durable=False)
    done.set()
    watcher.join()
    assert missing == []


@pytest.mark.parametrize("kind", ["a directory", "a file"])
def test_what_is_no_link_is_left_alone(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "bin"
    if kind == "a directory":
        place.mkdir()
        (place / "tool").write_text("")
    else:
        place.write_text("mine")
    before = os.lstat(place)
    with pytest.raises(BrokenRoot, match=f"found {kind} where a link.*Move it away"):
        links.point(place, "current/bin")
    with pytest.raises(BrokenRoot, match=f"found {kind}"):
        links.remove(place)
    assert links.read(place) is None
    assert os.lstat(place).st_ino == before.st_ino


def test_a_missing_directory_is_explained(tmp_path: Path) -> None:
    with pytest.raises(BrokenRoot, match="does not exist"):
        links.point(tmp_path / "gone" / "link", "x")
    (tmp_path / "file").write_text("")
    assert links.read(tmp_path / "file" / "link") is None


@pytest.fixture
def without_reparse_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Windows whose volume has no junctions: the failed call leaves an empty directory, as was measured."""

    def fail(target: str, link: str) -> None:
        os.mkdir(link)
        raise NoReparsePoints(0, "not supported")

    monkeypatch.setattr(links, "WINDOWS", True)
    monkeypatch.setattr(links, "_create_junction", fail)


def bundle_at(path: Path, content: str) -> None:
    """Write the part of a Windows bundle's bin that a fallback directory shows, and something that it does not."""
    (path / "Lib").mkdir(parents=True)
    (path / "python.exe").write_text(content)
    (path / "python312._pth").write_text("Lib\n.\nimport site\n")
    (path / "Lib" / "os.py").write_text("")


def test_without_junctions_a_marked_directory_of_programs_stands_in(tmp_path: Path, without_reparse_points: None) -> None:
    for name in "ab":
        bundle_at(tmp_path / name, name)
    link = tmp_path / "bin"
    links.point(link, "a")
    assert os.path.samefile(link / "python.exe", tmp_path / "a" / "python.exe")
    assert (link / "python312._pth").read_text() == f"{tmp_path}/a/Lib\n{tmp_path}/a\nimport site\n"
    assert sorted(os.listdir(link)) == [junction_fallback.MARK, "python.exe", "python312._pth"]
    assert links.is_link(link)
    assert not links.is_stale(link)
    assert links.read(link) == str(tmp_path / "a")
    links.point(link, "b")
    assert (link / "python.exe").read_text() == "b"
    assert links.points_to(link, "b")
    assert not links.points_to(link, "a")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b", "bin"]
    links.remove(link)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b"]


def test_a_fallback_is_missing_for_the_length_of_one_rename(
    tmp_path: Path, without_reparse_points: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        bundle_at(tmp_path / name, name)
    program = tmp_path / "bin" / "python.exe"
    links.point(tmp_path / "bin", "a")
    missing = []

    def watched(name: str) -> None:
        original = getattr(os, name)

        def call(*arguments: Any, **settings: Any) -> Any:
            if not program.exists():
                missing.append((name, *(os.path.basename(each) for each in arguments[:2] if isinstance(each, (str, os.PathLike)))))
            return original(*arguments, **settings)

        monkeypatch.setattr(os, name, call)

    for name in ("rename", "replace", "unlink", "rmdir", "mkdir", "link", "open"):
        watched(name)
    links.point(tmp_path / "bin", "b")
    assert program.read_text() == "b"
    assert [(name, last) for name, *_first, last in missing] == [("rename", "bin")]


def test_a_fallback_comes_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, without_reparse_points: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        bundle_at(tmp_path / name, name)
    links.point(tmp_path / "bin", "a")
    rename = os.rename

    def refuse(source: Any, target: Any) -> None:
        if os.path.basename(source).startswith(".new-"):
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(BrokenRoot):
        links.point(tmp_path / "bin", "b")
    assert (tmp_path / "bin" / "python.exe").read_text() == "a"


def test_a_fallback_behind_another_one_is_stale_when_that_one_moves(tmp_path: Path, without_reparse_points: None) -> None:
    for name in "12":
        bundle_at(tmp_path / name / "bin", name)
        (tmp_path / name / "envs").mkdir()
    links.point(tmp_path / "current", "1")
    links.point(tmp_path / "bin", "current/bin")
    assert not links.is_stale(tmp_path / "bin")
    links.point(tmp_path / "current", "2")
    assert (tmp_path / "bin" / "python.exe").read_text() == "1"
    assert links.is_stale(tmp_path / "bin")
    links.point(tmp_path / "bin", "current/bin")
    assert (tmp_path / "bin" / "python.exe").read_text() == "2"


@pytest.mark.parametrize("name", ["python.exe", "python312._pth", "stray.dll", "Lib/evil.py"])
def test_a_fallback_with_other_content_is_stale(name: str, tmp_path: Path, without_reparse_points: None) -> None:
    bundle_at(tmp_path / "a", "a")
    links.point(tmp_path / "bin", "a")
    place = tmp_path / "bin" / name
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.write_text("other")
    assert links.is_stale(tmp_path / "bin")


def test_a_fallback_of_many_shows_each_of_them(tmp_path: Path, without_reparse_points: None) -> None:
    for name in "ab":
        (tmp_path / "environments" / name / "Scripts").mkdir(parents=True)
        (tmp_path / "environments" / name / "Scripts" / "tool.exe").write_text(name)
        (tmp_path / "generation" / "envs").mkdir(parents=True, exist_ok=True)
        links.point(tmp_path / "generation" / "envs" / name, str(tmp_path / "environments" / name))
    links.point(tmp_path / "envs", "generation/envs")
    assert (tmp_path / "envs" / "b" / "Scripts" / "tool.exe").read_text() == "b"
    assert not links.is_stale(tmp_path / "envs")
    links.point(tmp_path / "generation" / "envs" / "b", str(tmp_path / "environments" / "a"))
    assert links.is_stale(tmp_path / "envs")


def test_a_real_directory_is_not_taken_for_a_fallback(tmp_path: Path, without_reparse_points: None) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "bin").mkdir()
    with pytest.raises(BrokenRoot, match="found a directory"):
        links.point(tmp_path / "bin", "a")


def test_a_junction_is_replaced_and_its_target_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []

    def junction(target: str, link: str) -> None:
        made.append((target, os.path.dirname(link)))
        os.symlink(target, link)

    monkeypatch.setattr(links, "WINDOWS", True)
    monkeypatch.setattr(links, "_create_junction", junction)
    for name in "ab":
        (tmp_path / name).mkdir()
    links.point(tmp_path / "current", "a")
    links.point(tmp_path / "current", "b")
    assert made == [(str(tmp_path / "a"), str(tmp_path)), (str(tmp_path / "b"), str(tmp_path))]
    assert links.read(tmp_path / "current") == str(tmp_path / "b")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b", "current"]


def test_another_failure_of_a_junction_is_no_reason_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(target: str, link: str) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(links, "WINDOWS", True)
    monkeypatch.setattr(links, "_create_junction", fail)
    (tmp_path / "a").mkdir()
    with pytest.raises(BrokenRoot, match="permission denied"):
        links.point(tmp_path / "bin", "a")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_junction_to_nothing_is_refused(tmp_path: Path, without_reparse_points: None) -> None:
    with pytest.raises(BrokenRoot, match="is no directory"):
        links.point(tmp_path / "bin", "gone")


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        ("\\\\?\\C:\\root\\a", "C:\\root\\a"),
        ("\\??\\C:\\a", "C:\\a"),
        ("\\\\?\\UNC\\server\\share", "\\\\server\\share"),
        ("C:\\a", "C:\\a"),
    ],
)
def test_the_prefixes_that_windows_stores_are_taken_off(stored: str, plain: str) -> None:
    assert links._plain(stored) == plain
