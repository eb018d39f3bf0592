# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts as systems list them, and what is said where they forbid something."""

from __future__ import annotations

import errno
import io
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import mounts
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.os_errors import explain


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


def test_a_volume_of_windows_that_is_write_protected_is_said() -> None:
    error = OSError(errno.EACCES, "The media is write protected")
    error.winerror = 19  # type: ignore[attr-defined]
    assert "write-protected" in explain(error, "D:\\root").message


@pytest.mark.parametrize(
    ("points", "hides"),
    [
        (["/", "/proc"], False),
        (["/", "/srv/python/environments"], False),
        (["/srv/python/environments/web/a.py"], True),
        (["/srv/python/environmentsX/a"], False),
    ],
)
def test_what_is_mounted_below_a_directory_may_hide_files(monkeypatch: pytest.MonkeyPatch, points: list[str], hides: bool) -> None:
    text = "".join(f"{number} 1 8:1 / {point} rw - ext4 /dev/sda rw\n" for number, point in enumerate(points))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(mounts, "open", lambda *_words, **_more: io.StringIO(text), raising=False)
    assert mounts.may_hide_files(Path("/srv/python/environments")) is hides


@pytest.mark.parametrize(("platform", "hides"), [("linux", True), ("darwin", False)])
def test_where_the_kernel_does_not_say_what_is_mounted_linux_may_hide_files(
    monkeypatch: pytest.MonkeyPatch, platform: str, hides: bool
) -> None:
    def refuse(*_words: object, **_more: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "/proc/self/mountinfo")

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(mounts, "open", refuse, raising=False)
    assert mounts.may_hide_files(Path("/srv/python/environments")) is hides
