# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a junction where the volume has none: a marked directory with the programs of what it shows, by hard link.

Only programs and the libraries beside them are there. The ``._pth`` file leads them to the tree for everything else, and the
start of a bundle's Python reads the mark and gives every path as that of the tree. FAT, some network shares and Wine need this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..paths import extended
from .atomic import write_text
from .record_files import read_text
from .tree_files import hard_link

MARK = ".hermetic-stand-in"

# Where programs lie: in a bundle's bin and its Scripts, in a whole bundle, and in an environment.
_PLACES = ("", "Scripts", "bin", "bin\\Scripts")
_PROGRAMS = (".exe", ".dll")
_IMPORT = "import "
# A mark that somebody changed may lead to itself.
_LONGEST_CHAIN = 40


def make(directory: Path, target: str) -> None:
    """Make a fallback directory for a junction to the target.

    The mark comes last: the target, what it leads to in the end, and the names of all files that are here for it.
    """
    shown = resolved(target)
    os.mkdir(extended(directory))
    names = []
    for path, source in programs(shown):
        names.append(path)
        place = directory / path
        os.makedirs(extended(place.parent), exist_ok=True)
        if source.suffix == "._pth":
            write_text(place, absolute_pth(source))
        else:
            hard_link(extended(source), extended(place), 0o755)
    for name in _inner(shown):
        make(directory / name, str(shown / name))
    write_text(directory / MARK, "".join(f"{line}\n" for line in (target, shown, *names)))


def target(directory: Path) -> str | None:
    """Return the target of a fallback directory, None where there is none."""
    lines = _lines(directory)
    return lines[0] if lines else None


def is_one(directory: Path) -> bool:
    """Return whether the directory is a fallback directory."""
    # Whatever the mark has become: no other program makes a file of this name.
    return os.path.lexists(extended(directory / MARK))


def is_stale(directory: Path) -> bool:
    """Return whether a fallback directory shows something else than its target leads to now, or other programs than are there."""
    lines = _lines(directory)
    if len(lines) < 2 or os.path.normcase(lines[1]) != os.path.normcase(str(resolved(lines[0]))):
        return True
    shown, names = Path(lines[1]), lines[2:]
    inner = _inner(shown)
    if set(_files(directory, skip=inner)) != {*map(os.path.normcase, names), MARK}:
        return True
    # What the tree itself lacks, or has too much, is reported of the tree.
    return any(_differs(directory / name, shown / name) for name in names) or any(is_stale(directory / name) for name in inner)


def resolved(path: str, *, followed: int = 0) -> Path:
    """Return the path with every fallback directory on the way replaced by what it leads to, as far as they do not lead in a circle."""
    whole = Path(path)
    found = Path(whole.anchor)
    for part in whole.parts[1:]:
        found = found / part
        lines = _lines(found)
        if lines and followed < _LONGEST_CHAIN:
            found = resolved(lines[0], followed=followed + 1)
    return found


def absolute_pth(source: Path) -> str:
    """Return the lines of a ``._pth`` file as they must be in another directory."""
    lines = source.read_text(encoding="utf-8").splitlines()
    return "".join(
        f"{line if line.startswith((_IMPORT, '#')) or not line else os.path.normpath(os.path.join(source.parent, line))}\n"
        for line in lines
    )


def _lines(directory: Path) -> list[str]:
    try:
        lines = read_text(directory / MARK).splitlines()
    except (FileNotFoundError, ValueError):
        return []
    return [] if any("\0" in line for line in lines) else lines


def programs(shown: Path) -> Iterator[tuple[str, Path]]:
    """Yield what a fallback directory for a tree holds of it: paths in the fallback directory, and the files that they show."""
    for place in _PLACES:
        directory = shown / place if place else shown
        if not os.path.isdir(directory) or (directory / MARK).exists():
            continue
        for name in sorted(os.listdir(directory)):
            source = directory / name
            if source.suffix.lower() in (*_PROGRAMS, "._pth") and source.is_file():
                yield (os.path.join(place, name), source)


def _inner(shown: Path) -> list[str]:
    """Return the names in a directory of nothing but fallback directories: the environments of a generation."""
    names = sorted(os.listdir(shown)) if os.path.isdir(shown) else []
    return names if names and all(is_one(shown / name) for name in names) else []


def _files(directory: Path, *, skip: list[str]) -> Iterator[str]:
    left_out = {os.path.normcase(name) for name in skip}
    for above, directories, names in os.walk(extended(directory)):
        inside = os.path.relpath(above, extended(directory))
        if inside == ".":
            directories[:] = [name for name in directories if os.path.normcase(name) not in left_out]
        yield from (os.path.normcase(os.path.normpath(os.path.join(inside, name))) for name in names)


def _differs(path: Path, source: Path) -> bool:
    if not os.path.isfile(extended(source)):
        return False
    if source.suffix == "._pth":
        try:
            return read_text(path) != absolute_pth(source)
        except ValueError:
            return True
    ours, theirs = os.lstat(extended(path)), os.lstat(extended(source))
    if ours.st_nlink > 1 or os.path.samestat(ours, theirs):
        return not os.path.samestat(ours, theirs)
    return (ours.st_size, ours.st_mtime_ns) != (theirs.st_size, theirs.st_mtime_ns)
