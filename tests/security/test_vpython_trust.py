# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin/vpython3 uses nothing that another user could have put in its way: specifications above a program, roots, entries, environments."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program_hosts import give_to
from programs import Runner, block_of, lock_of, write_program
from roots import Root
from volumes import mount, unmount
from wheelhouse import Wheel

pytestmark = pytest.mark.root

NOBODY, OTHER = 65534, 65533
AS_NOBODY: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@pytest.fixture
def work(runner: Runner, user_place: Path) -> Path:
    """Return a directory of nobody, who has the home, too."""
    (user_place / "work").mkdir()
    give_to(NOBODY, user_place)
    return user_place / "work"


def plain(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "tool.py").write_text("print('ran')\n")
    return directory / "tool.py"


def planted(runner: Runner, program: Path, **variables: str) -> str:
    """Run a program below what somebody planted, and return the reason why it does not run; empty where it does."""
    done = runner.start(program, env={**runner.environment, **variables}, **AS_NOBODY)
    if done.returncode == 0:
        assert done.stdout == "ran\n"
        return ""
    assert (done.returncode, done.stdout) == (126, "")
    return done.stderr


@pytest.mark.parametrize("name", ["vpython.toml", ".vpython3"])
def test_a_specification_of_another_user_above_the_program(runner: Runner, work: Path, name: str) -> None:
    program = plain(work / "below")
    specification = work / name
    specification.write_text("")
    give_to(NOBODY, work)
    assert planted(runner, program) == ""
    os.chown(specification, OTHER, OTHER)
    reason = planted(runner, program)
    for words in (
        f"{specification} is refused",
        f"is owned by uid {OTHER}",
        f"this runs as uid {NOBODY}",
        "-vpython-spec",
        "HERMETIC_SAFE_DIRECTORIES",
    ):
        assert words in reason
    assert planted(runner, program, HERMETIC_SAFE_DIRECTORIES=f"/nowhere:{work}") == ""
    assert planted(runner, program, HERMETIC_SAFE_DIRECTORIES=f"{work.parent}:/") == reason
    done = runner.start("-vpython-spec", specification, program, **AS_NOBODY)
    assert done.stdout == "ran\n"
    # Root's is as good as the user's own.
    os.chown(specification, 0, 0)
    assert planted(runner, program) == ""


def test_a_directory_of_another_user(runner: Runner, work: Path) -> None:
    program = plain(work / "below")
    (work / ".vpython3").write_text("")
    give_to(NOBODY, work)
    os.chown(work, OTHER, OTHER)
    assert f"{work} is owned by uid {OTHER}" in planted(runner, program)
    # In one that everybody may write and nobody's files can be replaced in, the owner of the file counts.
    os.chown(work, 0, 0)
    work.chmod(0o1777)
    assert planted(runner, program) == ""
    work.chmod(0o777)
    assert f"every user may write {work} (mode 0777)" in planted(runner, program)


def test_a_file_that_every_user_may_write(runner: Runner, work: Path) -> None:
    program = plain(work / "below")
    (work / ".vpython3").write_text("")
    give_to(NOBODY, work)
    (work / ".vpython3").chmod(0o666)
    assert "every user may write" in planted(runner, program)


def test_a_link_of_another_user_and_one_to_their_file(runner: Runner, work: Path) -> None:
    program = plain(work / "below")
    elsewhere = work.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("")
    (work / ".vpython3").symlink_to(elsewhere / "file")
    give_to(NOBODY, work, elsewhere)
    assert planted(runner, program) == ""
    os.chown(work / ".vpython3", OTHER, OTHER, follow_symlinks=False)
    assert "is owned by uid" in planted(runner, program)
    os.chown(work / ".vpython3", NOBODY, NOBODY, follow_symlinks=False)
    os.chown(elsewhere / "file", OTHER, OTHER)
    assert "is owned by uid" in planted(runner, program)


def test_a_lock_of_another_user(runner: Runner, work: Path) -> None:
    program = plain(work / "below")
    (work / ".vpython3").write_text("")
    (work / "pylock.vpython3.toml").write_text("")
    give_to(NOBODY, work)
    os.chown(work / "pylock.vpython3.toml", OTHER, OTHER)
    assert f"{work}/pylock.vpython3.toml is refused" in planted(runner, program)


@pytest.mark.parametrize("kind", ["pylock", "uv.lock", "link", "link to theirs", "named specification"])
def test_a_lock_that_another_user_put_beside_a_program(runner: Runner, work: Path, kind: str) -> None:
    """In a directory such as /tmp, everybody can, and the lock names the code that will run."""
    program = write_program(work, body="print('ran')\n")
    lock = lock_of(program)
    options: list[str | Path] = []
    if kind == "uv.lock":
        lock.unlink()
        lock = work / "tool.py.uv.lock"
        lock.write_text("")
    elif kind == "named specification":
        lock = lock.rename(work / "pylock.spec-toml.toml")
        (work / "spec.toml").write_text(block_of())
        options = ["-vpython-spec", work / "spec.toml"]
    give_to(NOBODY, work)
    os.chown(work, 0, 0)
    work.chmod(0o1777)
    placed = lock
    if kind.startswith("link"):
        lock = lock.rename(work / "elsewhere.toml")
        placed.symlink_to(lock)
        os.chown(placed, NOBODY, NOBODY, follow_symlinks=False)

    def reason(**variables: str) -> str:
        done = runner.start(*options, program, env={**runner.environment, **variables}, **AS_NOBODY)
        assert (done.returncode, done.stdout) in ((0, "ran\n"), (126, ""))
        return done.stderr

    assert reason() == ""
    theirs = lock if kind == "link to theirs" else placed
    os.chown(theirs, OTHER, OTHER, follow_symlinks=False)
    for words in (f"{placed} is refused: {theirs} is owned by uid {OTHER}", f"this runs as uid {NOBODY}", "HERMETIC_SAFE_DIRECTORIES"):
        assert words in reason()
    assert reason(HERMETIC_SAFE_DIRECTORIES=str(work)) == ""
    # Who owns the program, or the specification that was named, decides what runs anyway.
    os.chown(work / "spec.toml" if options else program, OTHER, OTHER)
    assert reason() == ""
    # Modes do not count: a checkout in a container may be open to everybody, the program included.
    lock.chmod(0o666)
    assert reason() == ""


def test_the_owner_of_a_program_may_say_what_it_needs(runner: Runner, work: Path) -> None:
    program = plain(work)
    (work / "tool.py.vpython3").write_text("")
    give_to(OTHER, work)
    assert planted(runner, program) == ""
    os.chown(work / "tool.py.vpython3", OTHER - 1, OTHER - 1)
    assert "is refused" in planted(runner, program)


def test_a_pipe_in_the_place_of_a_specification_does_not_hang(runner: Runner, work: Path) -> None:
    program = plain(work / "below")
    os.mkfifo(work / ".vpython3")
    give_to(NOBODY, work)
    assert f"{work}/.vpython3 is no file" in planted(runner, program)


@pytest.mark.parametrize("how", ["owner", "group", "others", "file"])
def test_a_root_that_another_user_can_change(runner: Runner, work: Path, how: str) -> None:
    program = plain(work)
    root = work.parent / "root"
    root.mkdir()
    give_to(NOBODY, root)
    variables = {"VPYTHON_VIRTUALENV_ROOT": str(root)}
    assert planted(runner, program, **variables) == ""
    if how == "owner":
        os.chown(root, OTHER, OTHER)
    elif how == "file":
        shutil.rmtree(root)
        root.write_text("")
    else:
        root.chmod(0o775 if how == "group" else 0o757)
    says = {
        "owner": f"{root} is owned by uid {OTHER}",
        "group": f"others may write {root} (mode 0775)",
        "others": "(mode 0757)",
        "file": "no directory",
    }
    reason = planted(runner, program, **variables)
    assert says[how].lower() in reason.lower() or how == "file"
    assert "VPYTHON_VIRTUALENV_ROOT" in reason


@pytest.mark.parametrize("part", ["by-spec", "environments", "locks", "state", "laid"])
def test_a_part_of_a_root_that_another_user_can_change(runner: Runner, wheels: dict[str, Wheel], work: Path, part: str) -> None:
    program = write_program(work, [wheels["beta-2.0"]], body="print('ran')\n", addresses=False)
    lock = program.with_name("pylock.tool-py.toml")
    shutil.copy(wheels["beta-2.0"].path, work / wheels["beta-2.0"].filename)
    lock.write_text(lock.read_text().replace("https://nowhere.invalid/", (work.as_uri() + "/")))
    give_to(NOBODY, work)
    assert planted(runner, program) == ""
    (runner.root / part).chmod(0o777)
    reason = planted(runner, program)
    # What is of no use to the warm start is not looked at by it.
    assert reason == "" if part in ("locks", "state", "laid") else part in reason


def test_entries_that_lead_elsewhere_are_not_followed(runner: Runner, work: Path) -> None:
    program = plain(work)
    give_to(NOBODY, work)
    assert planted(runner, program) == ""
    (entry,) = (runner.root / "by-spec").iterdir()
    right = os.readlink(entry)
    (environment,) = (runner.root / "environments").iterdir()
    evil = work.parent / "evil"
    (evil / "bin").mkdir(parents=True)
    (evil / "bin" / "python").write_text("#!/bin/sh\necho evil\n")
    (evil / "bin" / "python").chmod(0o755)
    give_to(NOBODY, evil)
    for target in (
        str(evil),
        "../../../../evil",
        f"../environments/../../../../evil/{environment.name}",
        "../environments/..",
        "x",
        f"{right}/",
    ):
        entry.unlink()
        entry.symlink_to(target)
        os.chown(entry, NOBODY, NOBODY, follow_symlinks=False)
        assert planted(runner, program) == "", target
        assert os.readlink(entry) == right
    # Nor those of another user, were they to find a way to make one.
    os.chown(entry, OTHER, OTHER, follow_symlinks=False)
    assert planted(runner, program) == ""
    assert os.lstat(entry).st_uid == NOBODY


def test_an_environment_that_is_a_link_is_made_again(runner: Runner, work: Path) -> None:
    program = plain(work)
    give_to(NOBODY, work)
    assert planted(runner, program) == ""
    (environment,) = (runner.root / "environments").iterdir()
    environment.rename(work.parent / "moved")
    environment.symlink_to(work.parent / "moved")
    os.chown(environment, NOBODY, NOBODY, follow_symlinks=False)
    assert planted(runner, program) == ""
    assert not environment.is_symlink()


def test_a_home_of_another_user_is_not_filled(runner: Runner, work: Path) -> None:
    """As with sudo, which keeps HOME."""
    program = plain(work)
    done = runner.start(program)
    assert done.stdout == "ran\n", done.stderr
    assert not (runner.home / ".cache").exists()
    assert (runner.home / "tmp" / "vpython-root_0").is_dir()


@pytest.mark.parametrize("home", ["none", "empty", "missing", "closed", "file", "relative"])
def test_without_a_home_to_write_it_is_a_directory_of_the_user_beside_others(runner: Runner, work: Path, home: str) -> None:
    program = plain(work)
    variables = {**runner.environment, "TMPDIR": str(work.parent / "tmp")}
    (work.parent / "tmp").mkdir()
    (work.parent / "tmp").chmod(0o1777)
    if home == "none":
        del variables["HOME"]
    elif home == "closed":
        runner.home.chmod(0o500)
    elif home == "file":
        (runner.home / ".cache").write_text("")
        give_to(NOBODY, runner.home)
    else:
        variables["HOME"] = {"empty": "", "missing": "/nowhere", "relative": "home"}[home]
    for _time in range(2):
        done = runner.start(program, env=variables, cwd=work, **AS_NOBODY)
        assert done.stdout == "ran\n", done.stderr
    assert [path.name for path in (work.parent / "tmp").iterdir()] == [f"vpython-root_{NOBODY}"]


def test_a_temporary_root_that_somebody_was_faster_with_is_not_used(runner: Runner, work: Path) -> None:
    program = plain(work)
    variables = {**runner.environment, "TMPDIR": str(work.parent / "tmp"), "HOME": ""}
    root = work.parent / "tmp" / f"vpython-root_{NOBODY}"
    root.mkdir(parents=True)
    root.chmod(0o777)
    give_to(OTHER, root)
    done = runner.start(program, env=variables, **AS_NOBODY)
    assert (done.returncode, done.stdout) == (126, "")
    assert f"{root} is owned by uid {OTHER}" in done.stderr
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("named", [False, True])
def test_a_root_that_is_a_link_of_another_user_is_not_used(runner: Runner, work: Path, named: bool) -> None:
    """It leads to what is this user's now, and could lead elsewhere when the program is started."""
    program = plain(work)
    temporary, own = work.parent / "tmp", work.parent / "own"
    root = temporary / f"vpython-root_{NOBODY}"
    own.mkdir()
    temporary.mkdir()
    temporary.chmod(0o1777)
    root.symlink_to(own)
    give_to(NOBODY, own)
    # With a separator behind it, a system follows every link.
    variables = {"VPYTHON_VIRTUALENV_ROOT": f"{root}/"} if named else {"TMPDIR": str(temporary), "HOME": ""}
    os.chown(root, OTHER, OTHER, follow_symlinks=False)
    reason = planted(runner, program, **variables)
    assert f"{root} is owned by uid {OTHER}, and is a link" in reason
    assert list(own.iterdir()) == []
    os.chown(root, NOBODY, NOBODY, follow_symlinks=False)
    assert planted(runner, program, **variables) == ""
    os.chown(root, OTHER, OTHER, follow_symlinks=False)
    assert planted(runner, program, **variables) == reason


@pytest.mark.parametrize("arguments", [["-vpython-tool", "prune"], []])
@pytest.mark.parametrize("linked", [False, True])
def test_the_root_of_a_host_is_no_root_of_environments(
    runner: Runner, program_host: Root, work: Path, linked: bool, arguments: list[str]
) -> None:
    """Both have directories of the same names: what no program needs would be removed from the host."""
    program = plain(work)
    before = sorted(program_host.path.rglob("*"))
    root, temporary = program_host.path, work.parent / "tmp"
    variables = {"VPYTHON_VIRTUALENV_ROOT": str(root)}
    if linked:
        temporary.mkdir()
        (temporary / "vpython-root_0").symlink_to(root)
        variables = {"TMPDIR": str(temporary), "HOME": ""}
    done = runner.start(*arguments, program, env={**runner.environment, **variables})
    assert (done.returncode, done.stdout) == (126, "")
    assert "is the root of a host" in done.stderr
    assert sorted(program_host.path.rglob("*")) == before


def test_a_root_of_roots_serves_others(runner: Runner, work: Path) -> None:
    program = plain(work)
    root = work.parent / "shared"
    variables = {**runner.environment, "VPYTHON_VIRTUALENV_ROOT": str(root)}
    assert runner.start(program, env=variables, umask=0o022).stdout == "ran\n"
    assert runner.start(program, env=variables, **AS_NOBODY).stdout == "ran\n"
    other = work / "other.py"
    other.write_text("# /// script\n# dependencies = []\n# ///\nprint('ran')\n")
    done = runner.start(other, env=variables, **AS_NOBODY)
    assert done.returncode == 126
    assert "Permission denied" in done.stderr


def test_an_open_umask_opens_nothing(runner: Runner, work: Path) -> None:
    program = plain(work)
    assert runner.start(program, umask=0, **AS_NOBODY).stdout == "ran\n"
    written = [path for path in runner.root.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022]
    assert written == []
    assert runner.root.stat().st_mode & 0o022 == 0


@pytest.fixture
def open_volume(user_place: Path) -> Iterator[Path]:
    """Mount a file system where other users get to."""
    place = user_place / "volume"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=100m,mode=755", "none", str(place))
    yield place
    unmount(place)


def test_a_home_that_became_read_only(runner: Runner, work: Path, open_volume: Path) -> None:
    """What is there is used, what is not is made elsewhere."""
    home = open_volume / "home"
    home.mkdir()
    give_to(NOBODY, home)
    program = plain(work)
    other = work / "other.py"
    other.write_text("# /// script\n# dependencies = []\n# ///\nprint('ran')\n")
    temporary = work.parent / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    variables = {**runner.environment, "HOME": str(home), "TMPDIR": str(temporary)}
    assert runner.start(program, env=variables, **AS_NOBODY).stdout == "ran\n"
    subprocess.run(["mount", "-o", "remount,ro", str(open_volume)], check=True)
    try:
        assert runner.start(program, env=variables, **AS_NOBODY).stdout == "ran\n"
        assert list(temporary.iterdir()) == []
        done = runner.start(other, env=variables, **AS_NOBODY)
        assert done.stdout == "ran\n", done.stderr
        assert [path.name for path in temporary.iterdir()] == [f"vpython-root_{NOBODY}"]
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(open_volume)], check=True)


def test_without_any_place_it_says_what_was_tried(runner: Runner, work: Path) -> None:
    program = plain(work)
    closed = work.parent / "closed"
    closed.mkdir(mode=0o555)
    done = runner.start(program, env={**runner.environment, "HOME": "", "TMPDIR": str(closed)}, **AS_NOBODY)
    assert done.returncode == 126
    assert f"no environment can be made: {closed}/vpython-root_{NOBODY}: Permission denied" in done.stderr
    assert "VPYTHON_VIRTUALENV_ROOT" in done.stderr
