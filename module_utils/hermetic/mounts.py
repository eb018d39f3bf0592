# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the file system of a path is mounted, and what the mount forbids."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# macOS knows the flag as MNT_NOEXEC of statfs only, which Python does not offer.
_NO_PROGRAMS = getattr(os, "ST_NOEXEC", 0)
_READ_ONLY = getattr(os, "ST_RDONLY", 0)
_OCTAL = re.compile(r"\\([0-7]{3})")
_MACOS_LINE = re.compile(r"^.+? on (/.*) \(([^,()]+)(?:, (.*))?\)$")


@dataclass(frozen=True)
class Mount:
    """A mounted file system: where, of which type, with which options."""

    point: str
    kind: str
    options: tuple[str, ...]
    bind: bool = False
    """Whether only this mount is read-only, and its file system is writable elsewhere."""

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written there."""
        return "ro" in self.options

    @property
    def no_programs(self) -> bool:
        """Whether no program starts from there, and no compiled module is loaded."""
        return "noexec" in self.options

    def __str__(self) -> str:
        return f"the mount at {self.point}" + (f" ({self.kind}; {','.join(self.options)})" if self.kind else "")

    def write_remedy(self, *, instead: str = "choose a root on another file system") -> str:
        """Return what to do about a mount that is read-only."""
        how = "remount,bind,rw" if self.bind else "remount,rw"
        return (
            f"Mount it writable (mount -o {how} {self.point}), or {instead}. If it was writable before, the kernel log says why: "
            "a file system with errors is made read-only."
        )

    def program_remedy(self, *, instead: str = "choose a root on another file system") -> str:
        """Return what to do about a mount that lets no program start."""
        return f"Mount it without noexec (mount -o remount,exec {self.point}), or {instead}."


def mount_of(path: Path | str) -> Mount | None:
    """Return the mount that a path, or its nearest parent that exists, is on; None on Windows."""
    if os.name == "nt":
        return None
    place = os.path.realpath(nearest(Path(path)))
    if sys.platform == "darwin":
        return holder(place, _macos_mounts())
    try:
        return _by_number(place)
    except (OSError, ValueError):
        # Without /proc, the flags are all that the system gives.
        flags = _flags(place)
        options = ("ro" if flags & _READ_ONLY else "rw", *(("noexec",) if flags & _NO_PROGRAMS else ()))
        return Mount(str(_ismount_point(place)), "", options)


def is_read_only(path: Path | str) -> bool:
    """Return whether a path is on a file system that is mounted read-only."""
    return bool(_READ_ONLY and _flags(nearest(Path(path))) & _READ_ONLY)


def forbids_programs(path: Path | str) -> bool:
    """Return whether a path is on a file system from which no program starts."""
    if _NO_PROGRAMS:
        return bool(_flags(nearest(Path(path))) & _NO_PROGRAMS)
    mount = mount_of(path)
    return mount is not None and mount.no_programs


def mount_point(path: Path) -> Path:
    """Return where the file system of a path is mounted."""
    mount = mount_of(path) if sys.platform.startswith("linux") else None
    return Path(mount.point) if mount is not None else _ismount_point(os.path.realpath(path))


def may_hide_files(directory: Path) -> bool:
    """Return whether something may be mounted below a directory, so that a listing names another file than the one that is reached.

    Only Linux mounts files over files; there it is so as well where the kernel does not say what is mounted.
    """
    if not sys.platform.startswith("linux"):
        return False
    above = f"{os.path.realpath(directory).rstrip('/')}/"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
            return any(mount.point.startswith(above) for mount in parse_mountinfo(lines).values())
    except (OSError, ValueError, IndexError):
        return True


def nearest(path: Path) -> Path:
    """Return the path, or the nearest of its parents that exists."""
    while not os.path.lexists(path) and path.parent != path:
        path = path.parent
    return path


def parse_mountinfo(lines: Iterable[str]) -> dict[int, Mount]:
    """Return the mounts of Linux's ``mountinfo`` by their numbers."""
    found = {}
    for line in lines:
        before, _separator, after = line.rstrip("\n").partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        own, whole = fields[5].split(","), rest[2].split(",") if len(rest) > 2 else []
        # The mount is read-only, its file system, or both.
        options = tuple(dict.fromkeys(["ro" if "ro" in (*own, *whole) else "rw", *(each for each in own if each not in ("ro", "rw"))]))
        found[int(fields[0])] = Mount(_unescaped(fields[4]), rest[0], options, bind="ro" in own and "ro" not in whole)
    return found


def parse_listed_mount(text: str) -> Mount:
    """Return a mount out of ``point|type|options``, as the shell scripts of the controller list it."""
    point, _separator, rest = text.partition("|")
    kind, _separator, options = rest.partition("|")
    # Those with a value are the file system's own: layers of a container, sizes.
    return Mount(_unescaped(point), kind, tuple(each for each in options.split(",") if each and "=" not in each))


def parse_macos_mounts(text: str) -> list[Mount]:
    """Return the mounts as the program ``mount`` of macOS lists them."""
    matches = [match for match in map(_MACOS_LINE.match, text.splitlines()) if match]
    return [
        Mount(match[1], match[2], tuple("ro" if each == "read-only" else each for each in (match[3] or "").split(", ") if each))
        for match in matches
    ]


def holder(place: str, mounts: Iterable[Mount]) -> Mount | None:
    """Return the mount that a resolved path is on, by the longest mount point above it; of two with one point, the later."""
    above = [mount for mount in mounts if f"{place.rstrip('/')}/".startswith(f"{mount.point.rstrip('/')}/")]
    longest = max((len(mount.point) for mount in above), default=0)
    return next((mount for mount in reversed(above) if len(mount.point) == longest), None)


def _by_number(place: str) -> Mount | None:
    """Return the mount of a path by the number that the kernel gives it, which holds where one mount hides another."""
    descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)  # type: ignore[attr-defined, unused-ignore]
    try:
        with open(f"/proc/self/fdinfo/{descriptor}", "rb") as facts:
            number = next(int(line.split()[1]) for line in facts if line.startswith(b"mnt_id:"))
    except StopIteration:
        raise ValueError("the kernel does not give the number of the mount") from None
    finally:
        os.close(descriptor)
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        return parse_mountinfo(lines).get(number)


def _macos_mounts() -> list[Mount]:
    import subprocess

    try:
        done = subprocess.run(["/sbin/mount"], capture_output=True, text=True, errors="surrogateescape", timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return parse_macos_mounts(done.stdout)


def _flags(place: Path | str) -> int:
    asked = getattr(os, "statvfs", None)
    if asked is None:
        return 0
    try:
        return int(asked(place).f_flag)
    except OSError:
        return 0


def _ismount_point(place: str) -> Path:
    found = Path(place)
    while not os.path.ismount(found) and found.parent != found:
        found = found.parent
    return found


def _unescaped(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
