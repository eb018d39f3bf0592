# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving the libraries that a bundle brings along names of their own, so that no library of the host is mistaken for one of them.

The dynamic loader finds a library by its name alone, and the bundle's search path holds for every library of the process: one of the
host's that a program loads, such as libldap, would be given the bundle's libcrypto.so.3 instead of the one that it was linked with.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact
from ...net.local_file import sha256_of
from ..model.tree import Tree
from .elf import is_elf, read_elf
from .shared_libraries import patchelf_command

# Programs that embed Python ask for it by this name, and no host has another library of this very version in the way.
_KEEPS_ITS_NAME = re.compile(r"libpython[0-9.]+[a-z]*\.so(\.|\Z)")
_DIGITS = 8
_OWN_NAME = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}\.so(\.|\Z)")


def give_own_names(tree: Tree) -> None:
    """Rename every library in ``lib/``, and what needs it, as ``auditwheel`` does: ``libcrypto-1a2b3c4d.so.3``."""
    names = {path.name: own_name(path) for path in plain_names(tree.root)}
    links = {path: path.resolve().name for path in (tree.root / "lib").glob("*.so*") if path.is_symlink()}
    known = names | {link.name: names[target] for link, target in links.items() if target in names}
    for path in [path for path in tree.files() if is_elf(path)]:
        arguments = [part for name in read_elf(path).needed if name in known for part in ("--replace-needed", name, known[name])]
        if path.parent == tree.root / "lib" and path.name in names:
            arguments += ["--set-soname", names[path.name]]
        if arguments:
            _patch(path, arguments, tree=tree)
    for link, target in links.items():
        if target in names:
            link.unlink()
    for name, own in names.items():
        (tree.root / "lib" / name).rename(tree.root / "lib" / own)


def plain_names(root: Path) -> list[Path]:
    """Return the libraries in ``lib/`` of a bundle that a library of a host could be given by mistake."""
    return [path for path in sorted((root / "lib").glob("*.so*")) if path.is_file() and not _stays(path)]


def own_name(library: Path) -> str:
    """Return the name of a library with a part of its digest in it."""
    stem, dot, rest = library.name.partition(".so")
    return f"{stem}-{sha256_of(library)[:_DIGITS]}{dot}{rest}"


def _stays(path: Path) -> bool:
    return path.is_symlink() or _KEEPS_ITS_NAME.match(path.name) is not None or _OWN_NAME.search(path.name) is not None or not is_elf(path)


def _patch(path: Path, arguments: list[str], *, tree: Tree) -> None:
    done = subprocess.run([patchelf_command(), *arguments, str(path)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BrokenArtifact(f"patchelf cannot rename the libraries of {path.relative_to(tree.root)}: {done.stderr.strip()}")
