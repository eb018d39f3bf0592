# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts that keep a run from changing a root, or from starting anything in it: one sentence for each mount, before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations import root_mounts
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.mounts import Mount

READ_ONLY = Mount("/srv", "ext4", ("ro",))
NO_PROGRAMS = Mount("/srv", "ext4", ("rw", "noexec"))
Mounted = Callable[..., Layout]


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mounted:
    """Return a function that gives a root some of whose directories are on these mounts, by their names relative to it."""

    def made(mounts: dict[str, Mount | None], *, exists: tuple[str, ...] = ("state", "bundles", "environments")) -> Layout:
        layout = Layout(tmp_path / "root")
        for name in exists:
            (layout.root / name).mkdir(parents=True)
        on = {layout.root / name if name != "." else layout.root: mount for name, mount in mounts.items()}

        def is_read_only(place: Path) -> bool:
            mount = on.get(place)
            return place in on and (mount is None or mount.read_only)

        def forbids_programs(place: Path) -> bool:
            mount = on.get(place)
            return place in on and (mount is None or mount.no_programs)

        monkeypatch.setattr(root_mounts, "is_read_only", is_read_only)
        monkeypatch.setattr(root_mounts, "forbids_programs", forbids_programs)
        monkeypatch.setattr(root_mounts, "mount_of", lambda place: on.get(place))
        return layout

    return made


def test_a_root_on_ordinary_mounts_is_usable(mounted: Mounted) -> None:
    layout = mounted({})
    assert (root_mounts.write_problems(layout), root_mounts.program_problems(layout)) == ([], [])
    assert not root_mounts.is_unchangeable(layout)
    root_mounts.require_writable(layout)
    root_mounts.require_programs(layout)


def test_a_read_only_root_says_which_mount_and_what_to_do(mounted: Mounted) -> None:
    layout = mounted({".": READ_ONLY})
    assert root_mounts.is_unchangeable(layout)
    with pytest.raises(BrokenRoot, match="mounted read-only; nothing was changed") as refused:
        root_mounts.require_writable(layout)
    (problem,) = refused.value.problems
    assert problem.startswith(f"{layout.root} is on a file system that is mounted read-only: the mount at /srv (ext4; ro).")
    assert "mount -o remount,rw /srv" in problem
    # A program may start from there.
    root_mounts.require_programs(layout)


def test_one_sentence_stands_for_all_directories_of_one_mount(mounted: Mounted) -> None:
    other = Mount("/other", "xfs", ("ro",))
    layout = mounted({".": READ_ONLY, "bundles": READ_ONLY, "environments": other})
    problems = root_mounts.write_problems(layout)
    assert [problem.partition(" is on ")[0] for problem in problems] == [str(layout.root), str(layout.environments)]


def test_a_part_that_is_read_only_is_named_though_the_root_is_not(mounted: Mounted) -> None:
    layout = mounted({"state": READ_ONLY})
    assert root_mounts.is_unchangeable(layout)
    assert [problem.partition(" is on ")[0] for problem in root_mounts.write_problems(layout)] == [str(layout.state)]


def test_where_there_is_no_root_yet_nothing_is_fixed(mounted: Mounted) -> None:
    layout = mounted({".": READ_ONLY}, exists=())
    assert not root_mounts.is_unchangeable(layout)
    # It cannot be made there, all the same.
    assert len(root_mounts.write_problems(layout)) == 1


@pytest.mark.parametrize(("where", "counts"), [(".", True), ("bundles", True), ("environments", True), ("state", False)])
def test_only_where_programs_lie_must_they_start(mounted: Mounted, where: str, counts: bool) -> None:
    layout = mounted({where: NO_PROGRAMS})
    if not counts:
        root_mounts.require_programs(layout)
        return
    with pytest.raises(BrokenRoot, match=r"no program would start from it \(mounted noexec\)") as refused:
        root_mounts.require_programs(layout)
    assert "mount -o remount,exec /srv" in refused.value.problems[0]


def test_a_mount_that_the_system_does_not_tell_is_still_a_reason(mounted: Mounted) -> None:
    layout = mounted({".": None})
    assert root_mounts.write_problems(layout) == [f"{layout.root} is on a file system that is mounted read-only."]
