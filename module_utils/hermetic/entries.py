# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the entries of an archive, by name and kind alone, before any of them is written."""

from __future__ import annotations

import re

from .spelling import folded

DIRECTORY, FILE, LINK, HARD_LINK = "directory", "file", "link", "hard link"

_DRIVE = re.compile(r"^[A-Za-z]:")
_WINDOWS_DEVICE = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?$", re.IGNORECASE)
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_CHAIN = 40
LONGEST_PATH = 4096
LONGEST_NAME = 255
"""Bytes of UTF-8 for nearly every POSIX file system, units of UTF-16 for those of Windows."""


def fault_of_windows_name(part: str) -> str | None:
    """Return why Windows does not take a name as it is, or None where it does."""
    if _WINDOWS_DEVICE.match(part):
        return f"{part!r} is no file name on Windows, which takes it for a device"
    if ":" in part:
        return f"{part!r} is no file name on Windows, where a ':' names an alternate data stream of a file"
    if found := _WINDOWS_FORBIDDEN.search(part):
        return f"{part!r} is no file name on Windows, because it holds {found[0]!r}"
    if part[-1:] in ("", ".", " "):
        return f"{part!r} is no file name on Windows, which would cut off the dot or blank at its end"
    return None


def is_windows_name(part: str) -> bool:
    """Tell whether Windows takes a name as it is: no device, no stream, nothing that it would cut off."""
    return fault_of_windows_name(part) is None


def is_too_long(part: str, *, windows: bool) -> bool:
    """Tell whether a single name is longer than the target's file systems take."""
    # Counted without the codec of UTF-16, which a small bundle need not have.
    length = len(part) + sum(character > "\uffff" for character in part) if windows else len(part.encode("utf-8", "replace"))
    return length > LONGEST_NAME


def has_drive(name: str) -> bool:
    """Tell whether a path begins as those with a drive do on Windows."""
    return _DRIVE.match(name) is not None


def has_control_character(name: str) -> bool:
    """Tell whether a name would steer a terminal, or break a list of one name to a line."""
    return _CONTROL.search(name) is not None


def fault_of_path(name: str, *, windows: bool) -> str | None:
    """Return why a relative path, with '/' between its parts, must not be written on a host; None where it may.

    ``windows``: the host's naming rules are those of Windows; on other systems a ':' is a character like any other.
    """
    if "\0" in name:
        return "the name holds a NUL"
    if "\\" in name:
        return "the name holds a backslash, and the parts of a path are separated by '/' in every archive"
    if name.startswith("/"):
        return "the path is absolute, so it would lie outside its tree"
    if windows and has_drive(name) and name[2:3] == "/":
        return "the path begins with a drive letter, so it would lie outside its tree"
    if len(name) > LONGEST_PATH:
        return f"the path has more than {LONGEST_PATH} characters"
    parts = name.split("/")
    if ".." in parts:
        return "the path holds '..', so it could lie outside its tree"
    if "" in parts or "." in parts:
        return "the path holds an empty part"
    for part in parts:
        if windows and (fault := fault_of_windows_name(part)) is not None:
            return fault
        if is_too_long(part, windows=windows):
            return f"{part[:40]!r}… is a name of more than {LONGEST_NAME} {'characters' if windows else 'bytes'}"
    return None


class Entries:
    """Collects the entries of one archive and every reason why one of them must not be written.

    A hard link may name nothing but a regular file of the same archive, under the very name that this was admitted by: no link is
    followed on the way to it. ``fold_case``: the target cannot tell names apart that differ in case or Unicode form. ``windows``: its naming rules hold.
    """

    def __init__(self, *, fold_case: bool, windows: bool) -> None:
        self.problems: list[str] = []
        self.links: dict[str, str] = {}
        self._fold_case = fold_case
        self._windows = windows
        self._kinds: dict[str, str] = {}
        self._implied: set[str] = set()
        self.implied = 0
        """How many directories no entry names, but the paths of others: they take room as well."""

    def admit(self, name: str, kind: str, target: str = "") -> str | None:
        """Return the clean relative path of an entry that may be written, or None after noting what is wrong with it."""
        clean = name.removeprefix("./")
        if kind == DIRECTORY:
            clean = clean.removesuffix("/")
            if clean in ("", ".") and name in (".", "./"):
                return ""
        # A bundle's archive is for one system and may be unpacked on another, so that a drive is refused everywhere.
        reason = "the path begins with a drive letter" if has_drive(clean) else fault_of_path(clean, windows=self._windows)
        reason = reason or self._fault_of_place(clean, kind) or self._fault_of_aim(kind, target)
        if reason is not None:
            self.problems.append(f"{name!r}: {reason}")
            return None
        parts = clean.split("/")
        for length in range(1, len(parts)):
            parent = self._key("/".join(parts[:length]))
            if parent not in self._kinds:
                self._kinds[parent] = DIRECTORY
                self._implied.add(parent)
                self.implied += 1
        key = self._key(clean)
        self._implied.discard(key)
        # A hard link to a file of the tree is that file.
        self._kinds[key] = FILE if kind == HARD_LINK else kind
        if kind == LINK:
            self.links[clean] = target
        return clean

    def is_directory(self, name: str) -> bool:
        """Tell whether a directory of this name has been admitted, or lies above what has been."""
        return self._kinds.get(self._key(name.removeprefix("./").removesuffix("/"))) == DIRECTORY

    def refuse(self, name: str, reason: str) -> None:
        """Note an entry that is wrong for a reason that only the reader of the archive knows."""
        self.problems.append(f"{name!r}: {reason}")

    def judge_links(self) -> None:
        """Note every link that leaves the tree, be it through other links: known only when all entries are."""
        targets = {self._key(name): target for name, target in self.links.items()}
        for name, target in self.links.items():
            reason = self._fault_of_way(name.split("/")[:-1], target, targets)
            if reason is not None:
                self.problems.append(f"{name!r}: link to {target!r} {reason}")

    def _fault_of_place(self, name: str, kind: str) -> str | None:
        parts = name.split("/")
        for length in range(1, len(parts)):
            parent = "/".join(parts[:length])
            above = self._kinds.get(self._key(parent), DIRECTORY)
            if above == LINK:
                return f"it lies behind the link {parent!r}"
            if above == FILE:
                return f"it lies below the file {parent!r}"
        key = self._key(name)
        if key in self._kinds and not (key in self._implied and kind == DIRECTORY):
            return "the name is there twice" + (" (this file system does not tell upper and lower case apart)" if self._fold_case else "")
        return None

    def _fault_of_aim(self, kind: str, target: str) -> str | None:
        if kind == LINK:
            return _fault_of_target(target)
        if kind == HARD_LINK and self._kinds.get(self._key(target.removeprefix("./"))) != FILE:
            return f"it is a hard link to {target!r}, which is no regular file that came before it in the archive"
        return None

    def _fault_of_way(self, start: list[str], target: str, targets: dict[str, str]) -> str | None:
        place = list(start)
        todo = target.split("/")[::-1]
        followed = 0
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not place:
                    return "leaves the tree"
                place.pop()
                continue
            place.append(part)
            further = targets.get(self._key("/".join(place)))
            if further is not None:
                followed += 1
                if followed > _LONGEST_CHAIN:
                    return "runs in a circle"
                place.pop()
                todo.extend(further.split("/")[::-1])
        return None

    def _key(self, name: str) -> str:
        return folded(name) if self._fold_case else name


def _fault_of_target(target: str) -> str | None:
    if not target:
        return "the link has no target"
    if "\0" in target or "\\" in target:
        return f"the link target {target!r} holds a NUL or a backslash"
    if target.startswith("/") or _DRIVE.match(target):
        return f"the link target {target!r} is absolute"
    return None
