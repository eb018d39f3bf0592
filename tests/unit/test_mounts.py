# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mount a path is on and what it forbids, on Linux for real and on macOS by what its program lists."""

from __future__ import annotations

import errno
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


def test_a_system_without_proc_tells_by_its_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_place: str) -> None:
        raise FileNotFoundError(errno.ENOENT, "no /proc")

    monkeypatch.setattr(mounts, "_by_number", lacking)
    found = mounts.mount_of(tmp_path)
    assert found is not None and tmp_path.is_relative_to(found.point) and found.options[0] in ("ro", "rw")


MACOS = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse, root data)
/dev/disk5s2 on /Volumes/Two words (1) (hfs, local, nodev, noexec, nosuid, noowners)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
"""


def test_the_mounts_of_macos() -> None:
    listed = mounts.parse_macos_mounts(MACOS)
    assert [mount.point for mount in listed] == ["/", "/dev", "/System/Volumes/Data", "/Volumes/Two words (1)", "/System/Volumes/Data/home"]
    assert listed[0].read_only and not listed[0].no_programs
    found = mounts.holder("/Volumes/Two words (1)/root", listed)
    assert found is not None and found.no_programs and found.kind == "hfs"
    assert mounts.holder("/Volumes/Two words (1)x", listed) == listed[0]


def test_the_table_of_linux() -> None:
    lines = [
        "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n",
        "22 21 8:2 / /opt/two\\040words ro,noexec master:2 - xfs /dev/sdb1 rw\n",
        "23 21 7:0 / /snap rw,nodev - squashfs /dev/loop0 ro\n",
    ]
    found = mounts.parse_mountinfo(lines)
    assert str(found[22]) == "the mount at /opt/two words (xfs; ro,noexec)"
    assert (found[21].read_only, found[22].bind, found[23].read_only, found[23].bind) == (False, True, True, False)


def test_what_a_shell_script_lists() -> None:
    found = mounts.parse_listed_mount("/a\\040b|overlay|ro,relatime,lowerdir=/x:/y,noexec")
    assert (found.point, found.kind, found.options) == ("/a b", "overlay", ("ro", "relatime", "noexec"))


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


def test_a_volume_of_windows_that_is_write_protected_is_said() -> None:
    error = OSError(errno.EACCES, "The media is write protected")
    error.winerror = 19  # type: ignore[attr-defined]
    assert "write-protected" in atomic.explain(error, "D:\\root").message


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


@pytest.mark.parametrize(("number", "words"), [(193, "another platform"), (216, "another platform"), (1260, "AppLocker"), (4551, "policy")])
def test_why_windows_does_not_start_a_program(number: int, words: str, tmp_path: Path) -> None:
    error = OSError(errno.EACCES, "refused")
    error.winerror = number  # type: ignore[attr-defined]
    assert words in start_failure(error, tmp_path / "python.exe")


@needs_root
def test_a_program_on_a_mount_that_forbids_it_is_reported_so_to_everybody(volume: Path, tmp_path: Path) -> None:
    program = _program(volume / "python")
    _remount(volume, "noexec")
    said = _refused(program)
    assert "mounted noexec" in said and f"the mount at {volume} (tmpfs; rw,noexec" in said and f"remount,exec {volume}" in said
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
