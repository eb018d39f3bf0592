# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the bootstrap script unpacks, and what it runs, where another user may change a directory or an archive."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import BootstrapFailed, parse_bootstrap
from bootstrap_samples import command_for, make_archive, run_script
from test_host_probe import SHELLS
from test_host_trust import CHANGES, NOBODY
from unprivileged import as_nobody

pytestmark = as_nobody


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    return request.param


@pytest.mark.parametrize("change", ["owner", "mode"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_first_bundle_is_not_unpacked_below_a_directory_of_others(shell: list[str], tmp_path: Path, change: str, exists: bool) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    above = tmp_path / "above"
    (above / "root" if exists else above).mkdir(parents=True)
    CHANGES[change](above)
    command = command_for(archive, tmp_path, root=f"{above}/root")
    with pytest.raises(HermeticError, match="unsafe_parent: true"):
        run_script(shell, command)
    assert sorted(path.name for path in above.iterdir()) == (["root"] if exists else [])
    made = run_script(shell, command_for(archive, tmp_path, root=f"{above}/root", unsafe_parent=True))
    assert Path(made.place).parent == above / "root"


def test_a_first_bundle_is_not_unpacked_into_a_root_of_another_user(shell: list[str], tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    (tmp_path / "root").mkdir()
    os.chown(tmp_path / "root", NOBODY, NOBODY)
    with pytest.raises(HermeticError, match=f"belongs to uid {NOBODY}"):
        run_script(shell, command_for(archive, tmp_path, unsafe_parent=True))
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_temporary_directory_of_others_is_passed_over(shell: list[str], tmp_path: Path, change: str) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    for name in ("remote/below", "other"):
        (tmp_path / name).mkdir(parents=True)
    CHANGES[change](tmp_path / "remote")
    command = command_for(archive, tmp_path, install=False, remote_tmp=f"{tmp_path}/remote/below")
    made = run_script(shell, command, TMPDIR=f"{tmp_path}/other")
    assert Path(made.place).parent == tmp_path / "other"


def test_a_root_that_everybody_may_write_is_no_place_for_a_first_interpreter(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root").chmod(0o1777)
    made = run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path))
    assert Path(made.place).parent == tmp_path


def test_all_directories_that_will_not_do_are_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        os.chown(tmp_path / name, NOBODY, NOBODY)
    if os.path.realpath("/var/tmp") != "/var/tmp" or not os.stat("/var/tmp").st_mode & 0o1000:
        pytest.skip("/var/tmp is another one here")
    shell = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o mode=777 none /var/tmp && exec dash "$@"', "x"]
    if subprocess.run([*shell, "-c", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    command = command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path, install=False, remote_tmp=f"{tmp_path}/one")
    with pytest.raises(BootstrapFailed) as failed:
        run_script(shell, command, TMPDIR=f"{tmp_path}/two")
    assert failed.value.kind == "place"
    for path in (tmp_path / "one", tmp_path / "two", "/var/tmp"):
        assert f"{path} (another user may change it" in failed.value.message


def _swapping(tools: Path, program: str, archive: Path, other: Path) -> str:
    """Return a PATH on which a program puts another archive in the place of the first one, after it did its work or before."""
    tools.mkdir()
    real = shutil.which(program)
    swap = f"cp {other} {archive}"
    before, after = (swap, "") if program in ("gzip", "tar") else ("", swap)
    (tools / program).write_text(f'#!/bin/sh\n{before}\n{real} "$@"\ncode=$?\n{after}\nexit $code\n')
    (tools / program).chmod(0o755)
    return f"{tools}:/usr/bin:/bin"


@pytest.mark.parametrize("program", ["sha256sum", "gzip", "tar", "cat"])
def test_an_archive_that_is_swapped_after_it_was_hashed_is_never_run(shell: list[str], tmp_path: Path, program: str) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    evil = make_archive(tmp_path / "evil.tar.gz", python=f"#!/bin/sh\necho ran >{tmp_path}/ran\nprintf 3.12.1\n".encode())
    path = _swapping(tmp_path / "tools", program, archive, evil)
    shell = [str(shutil.which(shell[0])), *shell[1:]]
    command = command_for(archive, tmp_path)
    made = None
    with contextlib.suppress(BootstrapFailed):  # a copy that was swapped before it was hashed has another digest
        made = run_script(shell, command, PATH=path)
    assert not (tmp_path / "ran").exists()
    if made is not None:
        subprocess.run([made.python], check=True, capture_output=True)
        assert not (tmp_path / "ran").exists()


def test_a_fifo_as_a_source_is_not_waited_for(shell: list[str], tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    os.mkfifo(tmp_path / "fifo")
    assert run_script(shell, command_for(archive, tmp_path, str(tmp_path / "fifo"), str(archive))).place


def test_what_the_script_says_of_others_is_an_error_of_its_own() -> None:
    line = "hermetic-distrust-1 parent owner 1000 drwxr-xr-x /home/eve\nhermetic-bootstrap-1 error=parent x"
    with pytest.raises(HermeticError, match="/home/eve is owned by uid 1000"):
        parse_bootstrap(line, root="/home/eve/root", rc=3)
