# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a root may be trusted: owners, modes and access lists of it and of the directories above it, with real second users."""

from __future__ import annotations

import grp
import os
import pwd
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations.root_trust import (
    require_trusted,
    take_back,
    untrusted_directories,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from unprivileged import as_nobody

pytestmark = as_nobody
NOBODY = 65534
CROWDED = 54321


def access_list(directory: Path, *entries: tuple[int, int, int]) -> None:
    """Give a directory an access list: tag, rights and number, beside those that every list has."""
    mask = 7
    complete = [(0x01, 7, 0xFFFFFFFF), (0x04, 5, 0xFFFFFFFF), *entries, (0x10, mask, 0xFFFFFFFF), (0x20, 5, 0xFFFFFFFF)]
    raw = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in sorted(complete, key=lambda each: each[0]))
    try:
        os.setxattr(directory, "system.posix_acl_access", raw)
    except OSError as error:
        pytest.skip(f"this file system has no access lists: {error}")


def _owned(path: Path) -> None:
    os.chown(path, NOBODY, NOBODY)


def _owned_and_sticky(path: Path) -> None:
    _owned(path)
    path.chmod(0o1777)


def _group(path: Path) -> None:
    os.chown(path, 0, CROWDED)
    path.chmod(0o775)


ABOVE: dict[str, tuple[Callable[[Path], None], str | None]] = {
    "closed": (lambda path: path.chmod(0o755), None),
    "of another user": (_owned, "owned by uid 65534"),
    "of another user, sticky": (_owned_and_sticky, "owned by uid 65534"),
    "writable": (lambda path: path.chmod(0o777), "every user may write it (mode 0777)"),
    "writable, sticky": (lambda path: path.chmod(0o1777), None),
    "writable for root's group": (lambda path: path.chmod(0o775), None),
    "writable for a group": (_group, "the group 54321"),
    "access list for a user": (lambda path: access_list(path, (0x02, 7, NOBODY)), "its access list lets uid 65534"),
    "access list for a group": (lambda path: access_list(path, (0x08, 6, CROWDED)), "its access list lets the group 54321"),
    "access list for reading": (lambda path: access_list(path, (0x02, 5, NOBODY)), None),
    "access list for root": (lambda path: access_list(path, (0x02, 7, 0)), None),
}


@pytest.mark.parametrize("exists", [True, False], ids=["there", "to be made"])
@pytest.mark.parametrize("case", ABOVE)
@pytest.mark.parametrize("depth", [0, 1], ids=["parent", "grandparent"])
def test_directories_above(tmp_path: Path, case: str, exists: bool, depth: int) -> None:
    change, told = ABOVE[case]
    root = tmp_path / "above" / "middle" / "root" if depth else tmp_path / "above" / "root"
    root.parent.mkdir(parents=True)
    if exists:
        root.mkdir()
    change(tmp_path / "above")
    if told is None:
        require_trusted(root)
        return
    with pytest.raises(BrokenRoot) as refused:
        require_trusted(root)
    assert [problem for problem in refused.value.problems if str(tmp_path / "above") in problem and told in problem]
    assert "unsafe_parent: true" in refused.value.message
    require_trusted(root, unsafe_parent=True)


def test_a_link_on_the_way_is_judged_where_it_lies_and_where_it_leads(tmp_path: Path) -> None:
    for name in ("written", "hop", "resolved"):
        (tmp_path / name).mkdir()
    (tmp_path / "resolved" / "root").mkdir()
    (tmp_path / "hop" / "second").symlink_to("../resolved/root")
    (tmp_path / "written" / "first").symlink_to(tmp_path / "hop" / "second")
    root = tmp_path / "written" / "first"
    require_trusted(root)
    for name in ("written", "hop", "resolved"):
        _owned(tmp_path / name)
        with pytest.raises(BrokenRoot) as refused:
            require_trusted(root)
        assert [str(tmp_path / name) in problem for problem in refused.value.problems] == [True]
        os.chown(tmp_path / name, 0, 0)
    os.lchown(tmp_path / "hop" / "second", NOBODY, NOBODY)
    with pytest.raises(BrokenRoot) as refused:
        require_trusted(root)
    assert "second" in refused.value.problems[0]


def test_a_link_below_a_sticky_directory_is_trusted_by_its_owner(tmp_path: Path) -> None:
    (tmp_path / "sticky").mkdir()
    (tmp_path / "sticky").chmod(0o1777)
    (tmp_path / "real").mkdir()
    (tmp_path / "sticky" / "root").symlink_to(tmp_path / "real")
    require_trusted(tmp_path / "sticky" / "root")
    os.lchown(tmp_path / "sticky" / "root", NOBODY, NOBODY)
    with pytest.raises(BrokenRoot, match="another user may change"):
        require_trusted(tmp_path / "sticky" / "root")


@pytest.mark.parametrize("unsafe_parent", [False, True])
def test_a_root_of_another_user_is_refused_whatever_is_accepted(tmp_path: Path, unsafe_parent: bool) -> None:
    (tmp_path / "root").mkdir()
    _owned(tmp_path / "root")
    with pytest.raises(BrokenRoot, match=r"belongs to uid 65534 \(nobody\).*become_user: nobody"):
        require_trusted(tmp_path / "root", unsafe_parent=unsafe_parent)
    (tmp_path / "link").symlink_to("root")
    with pytest.raises(BrokenRoot, match="belongs to uid 65534"):
        require_trusted(tmp_path / "link", unsafe_parent=unsafe_parent)


DIRECTORIES = (
    "",
    "bundles",
    "environments",
    "laid",
    "wheels",
    "generations",
    "state",
    "state/generations",
    "state/receipts",
    "state/receipts/laid",
)


def _made(root: Path) -> Layout:
    for name in DIRECTORIES:
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name).chmod(0o755)
    return Layout(root)


@pytest.mark.parametrize("name", DIRECTORIES)
@pytest.mark.parametrize("change", ["mode", "owner", "access list"])
def test_what_others_may_change_is_named_and_taken_back(tmp_path: Path, name: str, change: str) -> None:
    layout = _made(tmp_path / "root")
    path = layout.root / name
    if change == "mode":
        path.chmod(0o777)
    elif change == "access list":
        access_list(path, (0x02, 7, NOBODY))
    elif name:
        _owned(path)
    else:
        pytest.skip("a root of another user is refused")
    assert [each.path for each in untrusted_directories(layout)] == [path]
    assert [each.path for each in take_back(layout)] == [path]
    assert untrusted_directories(layout) == []
    status = os.stat(path)
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o755)
    assert take_back(layout) == []


@pytest.mark.parametrize("plant", ["link", "second name"])
def test_a_lock_that_leads_to_a_file_of_root_goes_with_the_state_that_is_taken_back(tmp_path: Path, plant: str) -> None:
    layout = _made(tmp_path / "root")
    victim = tmp_path / "victim"
    victim.write_text("secret")
    victim.chmod(0o600)
    if plant == "link":
        layout.lock.symlink_to(victim)
    else:
        os.link(victim, layout.lock)
    _owned(layout.state)
    take_back(layout)
    assert not os.path.lexists(layout.lock)
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("secret", 0o600)


def test_a_user_cannot_take_back_what_is_not_his(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = _made(tmp_path / "root")
    _owned(layout.state)

    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(BrokenRoot, match=r"state: it is owned by uid 65534 .*this run cannot take it back.*become: true"):
        take_back(layout)


def test_a_root_in_order_is_judged_by_lstat_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = _made(tmp_path / "root")

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("this costs time in every run")

    for module, name in ((os, "getxattr"), (os, "listdir"), (os, "scandir"), (os, "open"), (grp, "getgrgid"), (pwd, "getpwall")):
        monkeypatch.setattr(module, name, refuse)
    require_trusted(layout.root)
    assert untrusted_directories(layout) == []
