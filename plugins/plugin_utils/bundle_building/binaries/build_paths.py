# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding and removing paths of the machine that a tree comes from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ..model.tree import Tree
from .elf import is_elf

# Everybody's directories: finding them in a file means nothing.
COMMON = {
    "/",
    "/usr",
    "/usr/local",
    "/opt",
    "/install",
    "/build",
    "/root",
    "/home",
    "/tmp",
    "/var",
    "/usr/lib",
    "/usr/bin",
    "/usr/local/lib",
}
FILLER = b"/nonexistent"


def specific_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the directories whose name in a file would show where it was built, longest first."""
    kept = {path.rstrip("/") for path in paths}
    return tuple(
        sorted(
            (
                p
                for p in kept
                if p.startswith("/") and p not in COMMON and p.count("/") >= 2 and not p.startswith(("/usr/lib/", "/usr/bin/"))
            ),
            key=lambda path: (-len(path), path),
        )
    )


def same_length(path: bytes) -> bytes:
    """Return a path that exists nowhere, as long as the given one and with its last part.

    Linkers let strings share their ends: the version that an interpreter prints may be the tail of the prefix that it was built for.
    """
    head, separator, last = path.rpartition(b"/")
    blank = (FILLER + b"/" * len(head))[: len(head)] if len(head) >= len(FILLER) else b"/" * len(head)
    return blank + separator + last


def blank_in_binaries(tree: Tree) -> None:
    """Overwrite build paths in ELF files, where lengths must stay: the compiled-in prefix would be a fallback of getpath."""
    paths = specific_paths((*tree.source_paths, *tree.build_paths))
    for file in tree.files():
        if not is_elf(file):
            continue
        data = changed = file.read_bytes()
        for path in paths:
            filler = same_length(path.encode())
            for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
                changed = changed.replace(path.encode(encoding), filler.decode().encode(encoding))
        if changed != data:
            mode = file.stat().st_mode
            file.write_bytes(changed)
            file.chmod(mode)


def leaks(tree: Tree, *, also: Iterable[str] = ()) -> list[str]:
    """Return every file of the tree that names a directory of the machine that made it."""
    paths = specific_paths((*tree.source_paths, *tree.build_paths, *also))
    home = os.path.expanduser("~").rstrip("/")
    patterns = [path.encode() for path in paths]
    home_pattern = (
        re.compile(rb"(?<![\w./-])" + re.escape(home.encode()) + rb"/[.\w]") if home.count("/") and home not in ("", "/") else None
    )
    packages = tree.root / tree.site_packages
    found = []
    for file in tree.files():
        data = file.read_bytes()
        inside = file.relative_to(tree.root).as_posix()
        found += [f"{inside} names {path.decode()}" for path in patterns if path in data]
        # What upstream wrote into a package is the package's own affair: its digest is locked.
        if home_pattern and packages not in file.parents and (match := home_pattern.search(data)):
            found.append(f"{inside} names {match[0].decode(errors='replace')}…")
    return found
