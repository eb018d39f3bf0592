# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the entries of an archive, by name and kind alone, before any of them is written."""

from __future__ import annotations

from ..text.grammar import path_problem, target_problem
from ..text.letter_case import folded

DIRECTORY, FILE, LINK, HARD_LINK = "directory", "file", "link", "hard link"

_LONGEST_CHAIN = 40


class Entries:
    """Collects the entries of one archive and every reason why one of them must not be written.

    A hard link may name nothing but a regular file of the same archive, under the very name that this was admitted by: no link is
    followed on the way to it. ``fold_case``: the target does not distinguish names by case or Unicode form. ``windows``: its naming rules hold.
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
        reason = path_problem(clean, windows=self._windows)
        reason = reason or self._fault_of_place(clean, kind) or self._fault_of_aim(clean, kind, target)
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
        """Return whether a directory of this name has been admitted, or lies above what has been."""
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
            return "the name is a duplicate" + (" (this file system ignores case and Unicode form)" if self._fold_case else "")
        return None

    def _fault_of_aim(self, name: str, kind: str, target: str) -> str | None:
        if kind == LINK:
            return target_problem(name, target)
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
