# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine does not take, and what it leaves as it is, on Windows: names, places of others, a full disk."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine_hosts import WindowsRoot
from roots import Declared
from wheelhouse import Wheel, make_wheel
from windows_host import WindowsHost


@pytest.fixture
def wheel_of(tmp_path: Path) -> Callable[[str], Wheel]:
    """Return a function that makes a wheel with a file of a name."""
    return lambda name: make_wheel(tmp_path, "odd", files={f"odd/{name}": "X = 1\n"})


@pytest.fixture
def twins(tmp_path: Path) -> Wheel:
    """Return a wheel that needs a file system which tells upper and lower case apart."""
    return make_wheel(tmp_path, "twins", files={"twins/a.py": "X = 1\n", "twins/A.py": "X = 2\n"})


@pytest.fixture
def small_disk(windows_host: WindowsHost) -> Iterator[str]:
    """Return a drive of 64 MiB."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-windows-", dir="/dev/shm"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], check=True)
    drive = windows_host.prefix / "dosdevices" / "e:"
    drive.symlink_to(place)
    windows_host.kill()  # its server sees what was mounted when it started
    yield "E:"
    drive.unlink()
    windows_host.kill()
    subprocess.run(["umount", "--lazy", str(place)], check=True)
    place.rmdir()


@pytest.mark.parametrize("name", ["aux.py", "con", "trailing.", "blank ", "lpt1.txt", "a:b.txt", "what?.txt"])
def test_a_wheel_with_a_name_that_windows_does_not_take_is_refused(name: str, root: WindowsRoot, wheel_of: Callable[[str], Wheel]) -> None:
    before = root.current()
    root.refuses(name, "no file name on Windows", declared=root.declared.but(odd=[wheel_of(name)]))
    assert root.current() == before
    assert root.drift() == []
    assert root.left_over() == []


def test_names_that_differ_in_case_only_are_refused(root: WindowsRoot, twins: Wheel) -> None:
    root.refuses("twins", declared=root.declared.but(odd=[twins]))
    assert root.drift() == []


def test_a_root_that_is_a_file_stays_as_it_is(empty: WindowsRoot) -> None:
    root = empty.elsewhere("C:\\occupied")
    root.path.write_text("mine")
    root.refuses("C:\\occupied", "no directory", "declare another root")
    assert root.path.read_text() == "mine"
    root.path.unlink()


@pytest.mark.parametrize("name", ["bin", "envs", "state", "current"])
def test_what_belongs_to_other_software_stays_as_it_is(name: str, empty: WindowsRoot) -> None:
    root = empty.elsewhere("C:\\theirs")
    place = root.path / name
    root.path.mkdir()
    if name == "state":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "tool.exe").write_text("mine")
    root.refuses(f"C:\\theirs\\{name}", "Move it away or declare another root")
    assert [path.name for path in root.path.iterdir()] == [name]
    shutil.rmtree(root.path)


def test_a_full_disk_leaves_the_generation_in_force_and_is_named(empty: WindowsRoot, small_disk: str) -> None:
    root = replace(
        empty, root=f"{small_disk}\\infra", declared=Declared(empty.declared.bundles, {"one": empty.declared.virtualenvs["one"]})
    )
    big = empty.declared
    # The look at the free space would keep the disk from filling, and everybody may write to a drive that is mounted here.
    unasked = {"check_free_space": False, "unsafe_parent": True}
    made = root.answer(root.request("converge", options=unasked), python=root.bootstrap)
    assert not made.get("failed"), made["msg"]
    fill = "import os, sys; f = open(sys.argv[1], 'wb'); [f.write(b'x' * 65536) for n in range(100000)]"
    done = root.host.run([root.bootstrap, "-c", fill, f"{small_disk}\\filler"])
    assert done.code != 0
    full = root.answer(root.request("converge", declared=big, options=unasked), python=root.bootstrap)
    assert full["failed"] and "the disk is full" in full["msg"], full
    assert root.python("-c", "import beta; print(beta.VERSION)", of="one").strip() == "1.0"
    root.host.run(["cmd", "/d", "/c", f"del {small_disk}\\filler"], check=True)
    again = root.answer(root.request("converge", declared=big, options=unasked), python=root.bootstrap)
    assert (again.get("failed"), again["changed"]) == (None, True)
    told = root.answer(root.request("drift", declared=big, options={**unasked}), python=root.bootstrap)
    assert told["findings"] == []


def test_fallbacks_that_have_lost_their_marks_are_made_again(root: WindowsRoot) -> None:
    number = root.current()["number"]
    top = ["bin", "lib", "envs", "current", "state/engine"]
    # The switch alone, what is below the root's own links, and all at once.
    for places in (["current"], [f"generations/{number}/bin", f"generations/{number}/envs/one", "envs/two"], top):
        for place in places:
            (root.path / place / ".hermetic-stand-in").unlink()
        result = root.converge()
        assert result["changed"] is True, places
        assert all(finding["subject"] == "generation" for finding in result["findings"]), result["findings"]
        assert [place for place in places if not (root.path / place / ".hermetic-stand-in").is_file()] == []
    assert root.drift("deep") == []
    assert root.python("-c", "print(6 * 7)").strip() == "42"


def test_a_directory_of_somebody_else_in_the_place_of_a_fallback_stays(root: WindowsRoot) -> None:
    (root.path / "bin" / ".hermetic-stand-in").unlink()
    mine = root.path / "bin" / "notes.txt"
    mine.write_text("mine\n")
    root.refuses("is a directory of something else", "notes.txt", "Move it away")
    assert mine.read_text() == "mine\n"
    mine.unlink()
    assert root.converge()["changed"] is True
