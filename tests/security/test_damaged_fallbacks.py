# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark of a fallback directory (Windows volumes without junctions) may be anything, or be gone: the fallback directory is made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import junction_fallback as fallbacks
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import links
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations import fallback_remains, foreign_obstacles, profile
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout

Damage = Callable[[Path], object]


@pytest.fixture
def fallback(tmp_path: Path) -> Path:
    """A fallback directory for a directory with a program and a ``._pth`` file."""
    shown = tmp_path / "bundle" / "bin"
    shown.mkdir(parents=True)
    (shown / "python.exe").write_bytes(b"MZ")
    (shown / "python312._pth").write_text("Lib\nimport site\n")
    made = tmp_path / "bin"
    fallbacks.make(made, str(shown))
    assert not fallbacks.is_stale(made)
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
def test_a_mark_may_be_anything(damage: Damage, fallback: Path) -> None:
    mark = fallback / fallbacks.MARK
    mark.unlink()
    damage(mark)
    assert fallbacks.is_one(fallback)
    assert fallbacks.is_stale(fallback)
    fallbacks.target(fallback)
    fallbacks.resolved(str(fallback))


def test_marks_that_lead_to_each_other_come_to_an_end(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / fallbacks.MARK).write_text(f"{tmp_path / other}\n{tmp_path / other}\n")
    assert fallbacks.resolved(str(tmp_path / "a")).parent == tmp_path
    fallbacks.is_stale(tmp_path / "a")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"Lib\n"])
def test_a_pth_file_that_somebody_changed_is_stale(content: bytes, fallback: Path) -> None:
    (fallback / "python312._pth").write_bytes(content)
    assert fallbacks.is_stale(fallback)


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine take this system for Windows as far as links go."""
    for module in (foreign_obstacles, profile, links):
        monkeypatch.setattr(module, "WINDOWS", True)
    # What Windows' own call would say on a volume without junctions.
    monkeypatch.setattr(links, "_make_junction", lambda _target, _link: False)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A root with one bundle, and a fallback directory for its programs that has lost its mark."""
    made = Layout(tmp_path / "root")
    tree = made.tree("bundles", "python-3.12.1+1-0123456789ab")
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "python.exe").write_bytes(b"MZ program")
    (tree / "bin" / "python312._pth").write_text("Lib\nimport site\n")
    receipt = made.receipt("bundles", tree.name)
    receipt.parent.mkdir(parents=True)
    receipt.write_text("{}")
    fallbacks.make(made.root / "bin", str(tree / "bin"))
    (made.root / "bin" / fallbacks.MARK).unlink()
    return made


def _obstacles(layout: Layout) -> str:
    return "\n".join(foreign_obstacles.foreign_obstacles(layout))


def test_a_fallback_that_has_lost_its_mark_is_known_by_what_it_holds(layout: Layout, on_windows: None) -> None:
    place = layout.root / "bin"
    assert not links.is_link(place)
    assert _obstacles(layout) == ""
    fallback_remains.mark_again([place, layout.root / "lib", layout.current], layout)
    assert fallbacks.is_one(place) and fallbacks.is_stale(place)
    # A copy is as good as a hard link, and nothing at all is nobody's.
    (place / fallbacks.MARK).unlink()
    (place / "python.exe").unlink()
    (place / "python.exe").write_bytes(b"MZ program")
    assert _obstacles(layout) == ""
    for path in list(place.iterdir()):
        path.unlink()
    assert _obstacles(layout) == ""


def _a_file_below(place: Path) -> None:
    (place / "Scripts").mkdir()
    (place / "Scripts" / "own.exe").write_bytes(b"MZ mine")


def _another_program(place: Path) -> None:
    (place / "python.exe").unlink()
    (place / "python.exe").write_bytes(b"MZ other.!")


FOREIGN: dict[str, Damage] = {
    "a file": lambda place: (place / "notes.txt").write_text("mine\n"),
    "a file below": _a_file_below,
    "another program of the name": _another_program,
    "another pth": lambda place: (place / "python312._pth").write_text("C:\\mine\n"),
    "a link": lambda place: (place / "more").symlink_to("/etc"),
}


@pytest.mark.parametrize("damage", FOREIGN.values(), ids=FOREIGN)
def test_a_directory_that_holds_anything_else_is_left_alone(damage: Damage, layout: Layout, on_windows: None) -> None:
    place = layout.root / "bin"
    damage(place)
    before = sorted(path.relative_to(place) for path in place.rglob("*"))
    told = _obstacles(layout)
    assert f"{place} is a directory of something else" in told and "It holds " in told and "Move it away" in told
    fallback_remains.mark_again([place], layout)
    assert sorted(path.relative_to(place) for path in place.rglob("*")) == before
    with pytest.raises(BrokenRoot, match="stays as it is"):
        links.point(place, str(layout.bundles))


def test_a_directory_in_a_place_that_is_no_root_is_somebody_elses(layout: Layout, on_windows: None) -> None:
    shutil.rmtree(layout.state)
    assert "is a directory of something else" in _obstacles(layout)
