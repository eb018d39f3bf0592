# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root that somebody made beforehand, in whatever surroundings: a clean host reports nothing, and a change of it is found."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from in_process import Here
from roots import Archive, Declared, Engine
from store_cases import ACCESS, DEFAULT, acl
from wheelhouse import Wheel


@pytest.fixture
def root(engine: Engine, good: Archive, wheels: dict[str, Wheel], tmp_path: Path) -> Here:
    """Return a root where nothing was installed yet."""
    made = Here(tmp_path / "above/root", engine, Declared({"python": good}, {"one": [wheels["alpha-1.0"]]}))
    made.path.parent.mkdir()
    return made


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _is_clean(root: Here) -> None:
    for verify in ("quick", "deep"):
        assert root.drift(verify) == []
    assert root.converge()["changed"] is False


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o700, 0o711])
def test_a_root_keeps_the_mode_that_somebody_gave_it(root: Here, mode: int) -> None:
    root.path.mkdir()
    root.path.chmod(mode)
    assert root.converge()["warnings"] == []
    assert _mode(root.path) == mode
    _is_clean(root)
    root.path.chmod(0o777)
    assert [(each["kind"], each["expected"]) for each in root.drift()] == [("mode", f"{mode:04o}")]
    root.converge()
    assert _mode(root.path) == mode
    _is_clean(root)


@pytest.mark.parametrize(("mode", "becomes"), [(0o777, 0o755), (0o1777, 0o755), (0o2775, 0o755), (0o500, 0o700), (0o770, 0o750)])
def test_a_mode_that_no_root_may_have_is_put_right_and_named(root: Here, mode: int, becomes: int) -> None:
    root.path.mkdir()
    root.path.chmod(mode)
    warnings = root.converge()["warnings"]
    assert len(warnings) == 1 and f"{mode:04o}" in warnings[0] and f"{becomes:04o}" in warnings[0]
    assert _mode(root.path) == becomes
    _is_clean(root)


def test_what_lay_there_before_is_left_alone_and_what_came_later_is_not_ours(root: Here) -> None:
    (root.path / "theirs").mkdir(parents=True)
    (root.path / "README").write_text("mine\n")
    root.converge()
    _is_clean(root)
    (root.path / "later").write_text("keep me\n")
    assert [(each["kind"], Path(each["path"]).name) for each in root.drift()] == [("unexpected", "later")]
    result = root.converge()
    assert any("later" in warning and "unexpected" in warning for warning in result["warnings"])
    kept = list((root.path / "state/unexpected").iterdir())
    assert [path.read_text() for path in kept] == ["keep me\n"]
    assert _mode(root.path / "state/unexpected") == 0o700
    assert (root.path / "README").read_text() == "mine\n"
    _is_clean(root)


@pytest.mark.parametrize("kind", [ACCESS, DEFAULT])
def test_an_access_control_list_of_what_is_above_reaches_nothing(root: Here, kind: str) -> None:
    if not hasattr(os, "setxattr"):
        pytest.skip("this system keeps its attributes otherwise")
    root.names, root.remembered = {}, Path()
    acl(str(root.path.parent), kind)(_Anywhere())  # type: ignore[arg-type]
    root.converge()
    _is_clean(root)
    carrying = [path for path in root.path.rglob("*") if not path.is_symlink() and any("posix_acl" in name for name in os.listxattr(path))]
    assert carrying == []


class _Anywhere:
    def at(self, place: str) -> Path:
        return Path(place)


@contextmanager
def _as_group(number: int) -> Iterator[None]:
    before = os.getgid()
    os.setgid(number)
    try:
        yield
    finally:
        os.setgid(before)


@pytest.mark.root
def test_a_run_of_another_group_leaves_a_clean_host(root: Here, wheels: dict[str, Wheel]) -> None:
    root.converge()
    with _as_group(12345):
        root.converge(root.declared.but(two=[wheels["gamma-1.0"]]))
        _is_clean(root)
    _is_clean(root)


def test_a_strict_umask_leaves_a_clean_host(root: Here) -> None:
    before = os.umask(0o077)
    try:
        root.converge()
        _is_clean(root)
    finally:
        os.umask(before)
    assert _mode(root.path) == 0o755


def test_attributes_that_change_nobodys_rights_are_no_finding(root: Here) -> None:
    root.converge()
    if not hasattr(os, "setxattr"):
        pytest.skip("this system keeps its attributes otherwise")
    for path in (root.path, root.bundle() / "bundle.json", root.environment("one") / "pyvenv.cfg"):
        os.setxattr(path, "user.comment", b"seen")
    for directory, _directories, files in os.walk(root.path):
        for name in files:
            file = os.path.join(directory, name)
            if not os.path.islink(file):
                os.chmod(file, stat.S_IMODE(os.stat(file).st_mode))  # a new time of change, as a restored copy has
    _is_clean(root)
