# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree is held against its manifest: every difference is seen, by the cheapest look that can see it."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree import Inspection
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree_status import directory_times, file_owner
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import Manifest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import FILE_TIME_NS
from tree_samples import CONTENT, differences, make_manifest, make_tree

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes, owners and symbolic links as on POSIX")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tree")


@pytest.fixture
def manifest() -> Manifest:
    return make_manifest()


def test_a_whole_tree_shows_nothing(tree: Path, manifest: Manifest) -> None:
    times = directory_times(tree, manifest)
    assert sorted(times) == ["", "pkg", "pkg/sub"]
    for deep in (False, True):
        assert differences(tree, manifest, times, deep=deep) == set()
        assert differences(tree, manifest, deep=deep) == set()


def rewrite(path: str, data: bytes, *, keep_time: bool = False) -> Callable[[Path], object]:
    def do(tree: Path) -> None:
        (tree / path).write_bytes(data)
        if keep_time:
            os.utime(tree / path, ns=(FILE_TIME_NS, FILE_TIME_NS))

    return do


def become_link(path: str, target: str) -> Callable[[Path], object]:
    def do(tree: Path) -> None:
        place = tree / path
        shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
        place.symlink_to(target)

    return do


def become_file(path: str) -> Callable[[Path], object]:
    def do(tree: Path) -> None:
        shutil.rmtree(tree / path)
        (tree / path).write_text("x")

    return do


def become_directory(path: str) -> Callable[[Path], object]:
    def do(tree: Path) -> None:
        (tree / path).unlink()
        (tree / path).mkdir(mode=0o755)

    return do


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        (lambda tree: (tree / "new.py").touch(), {("new.py", "unexpected")}),
        (lambda tree: (tree / "pkg/sub/new").mkdir(), {("pkg/sub/new", "unexpected")}),
        (lambda tree: (tree / "pkg/way").symlink_to("/nowhere"), {("pkg/way", "unexpected")}),
        (lambda tree: os.mkfifo(tree / "fifo"), {("fifo", "unexpected")}),
        (lambda tree: (tree / "name with blanks, and é").touch(), {("name with blanks, and é", "unexpected")}),
        (lambda tree: (tree / "a.py").unlink(), {("a.py", "missing")}),
        (lambda tree: (tree / "link").unlink(), {("link", "missing")}),
        (lambda tree: shutil.rmtree(tree / "pkg/sub"), {("pkg/sub", "missing"), ("pkg/sub/c.txt", "missing")}),
        (rewrite("a.py", b"longer than before\n"), {("a.py", "modified")}),
        (rewrite("a.py", b"a = 2\n"), {("a.py", "modified")}),
        (lambda tree: os.utime(tree / "a.py"), {("a.py", "modified")}),
        (lambda tree: (tree / "a.py").chmod(0o600), {("a.py", "mode")}),
        (lambda tree: (tree / "a.py").chmod(0o4644), {("a.py", "mode")}),
        (lambda tree: (tree / "pkg").chmod(0o777), {("pkg", "mode")}),
        (lambda tree: tree.chmod(0o1755), {("", "mode")}),
        (become_link("a.py", "/etc/hostname"), {("a.py", "link")}),
        (become_link("link", "pkg/b.py"), {("link", "link")}),
        (become_link("pkg/sub", "/nowhere"), {("pkg/sub", "link"), ("pkg/sub/c.txt", "missing")}),
        (become_file("pkg/sub"), {("pkg/sub", "modified"), ("pkg/sub/c.txt", "missing")}),
        (become_directory("a.py"), {("a.py", "modified")}),
        (become_directory("link"), {("link", "link")}),
        (lambda tree: tree.rename(tree.with_name("elsewhere")) and tree.symlink_to(tree.with_name("elsewhere")), {("", "link")}),
    ],
)
def test_a_quick_look_sees(tree: Path, manifest: Manifest, do: Callable[[Path], object], expected: set[tuple[str, str]]) -> None:
    times = directory_times(tree, manifest)
    do(tree)
    assert differences(tree, manifest, times) == expected


def test_only_a_deep_look_sees_a_forged_time(tree: Path, manifest: Manifest) -> None:
    times = directory_times(tree, manifest)
    rewrite("a.py", b"a = 2\n", keep_time=True)(tree)
    assert differences(tree, manifest, times) == set()
    assert differences(tree, manifest, times, deep=True) == {("a.py", "modified")}


def test_a_deep_look_lists_directories_whose_time_was_forged(tree: Path, manifest: Manifest) -> None:
    (tree / "pkg/evil.py").touch()
    times = directory_times(tree, manifest)
    assert differences(tree, manifest, times) == set()
    assert differences(tree, manifest, times, deep=True) == {("pkg/evil.py", "unexpected")}


def test_a_deep_look_tells_a_touch_from_an_edit(tree: Path, manifest: Manifest) -> None:
    os.utime(tree / "a.py")
    (tree / "pkg/b.py").write_bytes(b"b = 3\n")
    inspection = Inspection(tree, manifest, owner=file_owner(), reads=True)
    inspection.all_by_stat({}, list_all=True)
    inspection.contents({inode: hashlib.sha256((tree / path).read_bytes()).hexdigest() for path, inode in inspection.inodes.items()})
    assert {difference.path: difference.actual for difference in inspection.differences} == {
        "a.py": "another time, same content",
        "pkg/b.py": "written to later",
    }


def test_a_file_that_cannot_be_read_is_reported(tree: Path, manifest: Manifest) -> None:
    inspection = Inspection(tree, manifest, owner=file_owner(), reads=True)
    inspection.all_by_stat({})
    inspection.contents({})
    assert {difference.actual for difference in inspection.differences} == {"a file that cannot be read"}
    assert len(inspection.differences) == len(CONTENT)


@pytest.mark.slow
def test_touching_every_file_of_a_large_tree_takes_no_longer_than_looking_at_it(tmp_path: Path) -> None:
    """Twenty thousand touched files once took minutes: the list was made again for each."""
    manifest = Manifest()
    (tmp_path / "d").mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    empty = hashlib.sha256(b"").hexdigest()
    for number in range(20_000):
        os.close(os.open(tmp_path / f"d/{number}", os.O_CREAT, 0o644))
        manifest.add_file(f"d/{number}", mode=0o644, size=0, sha256=empty)
    inspection = Inspection(tmp_path, manifest, owner=file_owner(), reads=True)
    inspection.all_by_stat({})
    begun = time.process_time()
    inspection.contents(dict.fromkeys(inspection.inodes.values(), empty))
    assert time.process_time() - begun < 2
    assert {difference.actual for difference in inspection.differences} == {"another time, same content"}
