# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories that an OpenSSL was compiled to read its configuration, engines and providers from: whoever can make one runs code."""

from __future__ import annotations

import re
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact
from ..model.tree import Tree
from .build_paths import same_length
from .elf import is_elf

_COMPILED_IN = re.compile(rb'(?:OPENSSLDIR|ENGINESDIR|MODULESDIR): "([^"\0\n]+)"')
# /usr/local is left to others than root by some systems.
_OF_THE_SYSTEM = re.compile(r"/(?:etc|private/etc|usr/(?!local(?:/|\Z))[^/]+|lib|lib64|System|nonexistent)(?:/|\Z)|/+[^/]*\Z")
_OF_WINDOWS = re.compile(r"C:[\\/](?:Program Files(?: \(x86\))?|Windows)[\\/]", re.IGNORECASE)


def compiled_in(program: bytes) -> tuple[str, ...]:
    """Return the directories that the OpenSSL in a program looks into, without asking anybody; longest first."""
    found = {match[1].decode(errors="replace") for match in _COMPILED_IN.finditer(program)}
    return tuple(sorted(found, key=lambda path: (-len(path), path)))


def belongs_to_system(path: str, *, system: str) -> bool:
    """Return whether only the administrator of a host can make a directory, on every host of a system."""
    if ".." in re.split(r"[\\/]", path):
        return False
    return (_OF_WINDOWS if system == "windows" else _OF_THE_SYSTEM).match(path) is not None


def confine_openssl(tree: Tree) -> None:
    """Overwrite such directories in ELF files; refuse a tree whose programs are signed, or have another form, and name some."""
    problems = []
    for file in tree.files():
        if file.suffix in (".py", ".pyc", ".pem", ".txt"):
            continue
        data = file.read_bytes()
        foreign = [path for path in compiled_in(data) if not belongs_to_system(path, system=tree.platform.system)]
        if foreign and is_elf(file):
            _overwrite(file, data, foreign)
        elif foreign:
            problems.append(f"{file.relative_to(tree.root).as_posix()} reads {', '.join(foreign)}")
    if problems:
        raise BrokenArtifact(
            "the OpenSSL of the archive reads its configuration from a directory that others than the administrator may be able to make; "
            "take an archive whose OpenSSL was built for a directory of the system, such as /etc/ssl or C:\\Program Files\\Common Files\\SSL",
            problems,
        )


def _overwrite(file: Path, data: bytes, foreign: list[str]) -> None:
    for path in foreign:
        # Longer names of other directories that begin alike are theirs.
        data = re.sub(re.escape(path.encode()) + rb"(?![\w.-])", same_length(path.encode()).replace(b"\\", b"\\\\"), data)
    mode = file.stat().st_mode
    file.write_bytes(data)
    file.chmod(mode)
