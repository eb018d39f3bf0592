# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which real mount a path is on, and what is said where it forbids something."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import mounts
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenInterpreter, BrokenRoot, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import atomic
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.interpreter import ask
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.start_failure import start_failure
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.workplace import workplace
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from unprivileged import ROOT, unprivileged

needs_root = pytest.mark.skipif(not ROOT, reason="mounting a file system needs root")


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with a blank in the name of its mount point."""
    place = tmp_path / "a volume"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("this machine does not allow mounting a tmpfs")
    yield place
    while subprocess.run(["umount", "-l", str(place)], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        pass


def _remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


@needs_root
def test_the_mount_of_a_path_that_is_there_or_is_not(volume: Path) -> None:
    for path in (volume, volume / "not" / "there"):
        found = mounts.mount_of(path)
        assert found is not None
        assert (found.point, found.kind, found.read_only, found.no_programs) == (str(volume), "tmpfs", False, False)
        assert mounts.mount_point(path) == volume
    _remount(volume, "ro,noexec")
    found = mounts.mount_of(volume / "x")
    assert found is not None
    assert found.read_only and found.no_programs and not found.bind
    assert mounts.is_read_only(volume / "x") and mounts.forbids_programs(volume / "x")


@needs_root
def test_a_bind_mount_and_one_that_hides_another_are_reported_by_their_number(volume: Path) -> None:
    (volume / "below").mkdir()
    subprocess.run(["mount", "--bind", str(volume / "below"), str(volume / "below")], check=True)
    _remount(volume / "below", "bind,ro")
    found = mounts.mount_of(volume / "below")
    assert found is not None and found.bind and found.read_only
    assert "remount,bind,rw" in found.write_remedy()
    assert not mounts.is_read_only(volume)
    # What is mounted over the whole hides the mount below, whose point is the longer one.
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(volume)], check=True)
    (volume / "below").mkdir()
    found = mounts.mount_of(volume / "below")
    assert found is not None and found.point == str(volume) and not found.read_only


@needs_root
def test_errors_of_a_read_only_file_system_name_the_mount(volume: Path) -> None:
    (volume / "file").write_text("")
    _remount(volume, "ro")
    with pytest.raises(BrokenRoot, match=f"mounted read-only.*the mount at {volume}.*remount,rw {volume}"):
        atomic.write_text(volume / "file", "x")
    with pytest.raises(HermeticError, match=f"The repository {volume}.*mounted read-only.*{volume}"):
        RepositoryStore(volume / "repository").update(Update())
    with pytest.raises(HermeticError, match=r"The destination .*mounted read-only"):
        workplace(volume / "bundles", starts_programs=False)


def _program(path: Path, text: str = "#!/bin/sh\nexit 0\n", mode: int = 0o755) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def _refused(path: Path) -> str:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - which one it is, is what is asked
        subprocess.run([str(path)], check=False)
    return start_failure(caught.value, path)


def test_why_a_program_does_not_start(tmp_path: Path) -> None:
    assert "no such file" in _refused(tmp_path / "none")
    assert "loader that it names is missing" in _refused(_program(tmp_path / "loader", "#!/no/such/loader\n"))
    assert "for another platform" in _refused(_program(tmp_path / "platform", "\x7fELF and nothing more\n"))
    assert "may not execute it (mode 0644" in _refused(_program(tmp_path / "mode", mode=0o644))


@needs_root
def test_a_program_on_a_mount_that_forbids_it_is_reported_so_to_everybody(volume: Path, tmp_path: Path) -> None:
    program = _program(volume / "python")
    _remount(volume, "noexec")
    message = _refused(program)
    assert "mounted noexec" in message and f"the mount at {volume} (tmpfs; rw,noexec" in message and f"remount,exec {volume}" in message
    # A link elsewhere leads to the same mount.
    (tmp_path / "link").symlink_to(program)
    with pytest.raises(BrokenInterpreter, match="mounted noexec"):
        ask(tmp_path / "link")
    with pytest.raises(HermeticError, match=r"(?s)destination.*mounted noexec.*name a destination"):
        workplace(volume / "bundles", starts_programs=True)
    made = workplace(volume / "bundles", starts_programs=False)
    assert os.path.isdir(made)


@needs_root
def test_another_user_is_reported_of_the_mount_as_well() -> None:
    place = Path(tempfile.mkdtemp(prefix="hermetic-"))
    place.chmod(0o755)
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(place)], check=False).returncode:
            pytest.skip("this machine does not allow mounting a tmpfs")
        program = _program(place / "python")
        _remount(place, "noexec")
        done = unprivileged(
            "from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.start_failure import start_failure\n"
            "try: os.execv(sys.argv[1], sys.argv[1:])\n"
            "except OSError as error: print(start_failure(error, sys.argv[1]))",
            str(program),
        )
        assert "mounted noexec" in done.stdout, done.stderr
    finally:
        subprocess.run(["umount", "-l", str(place)], stderr=subprocess.DEVNULL, check=False)
        place.rmdir()
