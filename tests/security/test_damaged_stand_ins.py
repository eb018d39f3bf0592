# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark of a stand-in (Windows volumes without junctions) may be anything: it is stale then, and made again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import windows_stand_in as stand_ins

Damage = Callable[[Path], object]


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A stand-in for a directory with a program and a ``._pth`` file."""
    shown = tmp_path / "bundle" / "bin"
    shown.mkdir(parents=True)
    (shown / "python.exe").write_bytes(b"MZ")
    (shown / "python312._pth").write_text("Lib\nimport site\n")
    made = tmp_path / "bin"
    stand_ins.make(made, str(shown))
    assert not stand_ins.is_stale(made)
    return made


DAMAGES: dict[str, Damage] = {
    "a pipe": os.mkfifo,
    "a directory": lambda path: path.mkdir(),
    "a loop": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "bytes": lambda path: path.write_bytes(b"\xff\xfe\xff"),
    "nothing": lambda path: path.write_bytes(b""),
    "NULs": lambda path: path.write_bytes(b"a\0b\nc\0d\n"),
    "itself": lambda path: path.write_text(f"{path.parent}\n{path.parent}\n"),
    "a path that leads out": lambda path: path.write_text("../../../etc\n../../../etc\n../passwd\n"),
    "too many names": lambda path: path.write_text(path.parent.name + "\nx\n" + "n\n" * 1000),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_mark_may_be_anything(damage: Damage, stand_in: Path) -> None:
    mark = stand_in / stand_ins.MARK
    mark.unlink()
    damage(mark)
    assert stand_ins.is_one(stand_in)
    assert stand_ins.is_stale(stand_in)
    stand_ins.target(stand_in)
    stand_ins.resolved(str(stand_in))


def test_marks_that_lead_to_each_other_come_to_an_end(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / stand_ins.MARK).write_text(f"{tmp_path / other}\n{tmp_path / other}\n")
    assert stand_ins.resolved(str(tmp_path / "a")).parent == tmp_path
    stand_ins.is_stale(tmp_path / "a")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"Lib\n"])
def test_a_pth_file_that_somebody_changed_is_stale(content: bytes, stand_in: Path) -> None:
    (stand_in / "python312._pth").write_bytes(content)
    assert stand_ins.is_stale(stand_in)
