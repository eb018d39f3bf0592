# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leads to a path is followed link by link, and each step is judged by who could change it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.path_trust import danger_above, dangers_above, way_to

pytestmark = pytest.mark.skipif(os.name != "posix", reason="tests/windows looks at owners and access lists")


def steps(way: object, below: Path) -> list[str]:
    return [os.path.relpath(path, below) for path, _status in way.above if path.startswith(f"{below}/") or path == str(below)]  # type: ignore[attr-defined]


def test_a_plain_path_has_its_directories_above_it(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    way = way_to(f"{tmp_path}//a/./b")
    assert (way.end, steps(way, tmp_path)) == (f"{tmp_path}/a/b", [".", "a"])
    assert way.found is not None
    assert way.above[0][0] == "/"


def test_what_is_not_there_ends_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, end in (("gone/x/y", "gone"), ("file/x", "file/x")):
        way = way_to(f"{tmp_path}/{path}")
        assert (way.end, way.found) == (f"{tmp_path}/{end}", None)


@pytest.mark.parametrize("absolute", [True, False])
def test_links_count_where_they_lie_and_where_they_lead(tmp_path: Path, absolute: bool) -> None:
    for name in ("here", "hop", "there/deep"):
        (tmp_path / name).mkdir(parents=True)
    prefix = tmp_path if absolute else Path("..")
    (tmp_path / "here/first").symlink_to(prefix / "hop/second")
    (tmp_path / "hop/second").symlink_to("../there/deep/..")
    way = way_to(f"{tmp_path}/here/first/deep")
    assert way.end == f"{tmp_path}/there/deep"
    assert {"here", "here/first", "hop", "hop/second", "there"} <= set(steps(way, tmp_path))


def test_a_loop_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="loop of links") as raised:
        way_to(f"{tmp_path}/a/x")
    assert raised.value.errno == errno.ELOOP


@pytest.mark.parametrize(
    ("mode", "words"), [(0o755, None), (0o1777, None), (0o777, "every user may write it (mode 0777)"), (0o757, "every user")]
)
def test_a_directory_is_dangerous_where_others_may_rename_what_is_in_it(tmp_path: Path, mode: int, words: str | None) -> None:
    (tmp_path / "above/root").mkdir(parents=True)
    (tmp_path / "above").chmod(mode)
    found = danger_above(f"{tmp_path}/above", os.lstat(tmp_path / "above"))
    assert (found is None) if words is None else (found is not None and words in found)
    dangers = [danger for danger in dangers_above(way_to(f"{tmp_path}/above/root")) if danger.startswith(f"{tmp_path}/above")]
    assert len(dangers) == (words is not None)


def test_a_user_who_is_neither_root_nor_of_the_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = os.stat_result((0o40755, 0, 0, 1, 12345, 0, 0, 0, 0, 0))
    assert danger_above("/x", status) == "it is owned by uid 12345"
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert danger_above("/x", status) is None


def test_a_link_is_as_safe_as_its_owner() -> None:
    assert danger_above("/x", os.stat_result((0o120777, 0, 0, 1, 0, 0, 0, 0, 0, 0))) is None
    assert danger_above("/x", os.stat_result((0o120777, 0, 0, 1, 12345, 0, 0, 0, 0, 0))) is not None
