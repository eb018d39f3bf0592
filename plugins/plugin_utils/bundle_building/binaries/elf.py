# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ELF file says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from ....module_utils.hermetic.errors import BrokenArtifact
from ..model.host import version_key

_GLIBC = re.compile(r"GLIBC_([0-9]+(?:\.[0-9]+)+)\Z")


@dataclass(frozen=True)
class Elf:
    """A dynamic ELF file: what it needs and where it looks."""

    machine: str
    bits: int
    needed: tuple[str, ...]
    search: tuple[str, ...]
    search_texts: tuple[str, ...]
    """The same as it is written, with what a loader takes for the current directory."""
    soname: str | None
    glibc: str | None
    private: bool
    """Whether it needs symbols that only the very same build of glibc has."""


def is_elf(path: Path) -> bool:
    """Say whether a file begins as ELF files do."""
    with path.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"


def read_elf(path: Path) -> Elf:
    """Read the dynamic section and the needed symbol versions of an ELF file."""
    needed: list[str] = []
    texts: list[str] = []
    soname = None
    versions: set[str] = set()
    private = False
    try:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            for section in elf.iter_sections():
                if isinstance(section, DynamicSection):
                    for tag in section.iter_tags():
                        if tag.entry.d_tag == "DT_NEEDED":
                            needed.append(tag.needed)
                        elif tag.entry.d_tag == "DT_SONAME":
                            soname = tag.soname
                        elif tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
                            texts.append(tag.rpath if tag.entry.d_tag == "DT_RPATH" else tag.runpath)
                elif isinstance(section, GNUVerNeedSection):
                    for _library, wanted in section.iter_versions():
                        for version in wanted:
                            private = private or version.name == "GLIBC_PRIVATE"
                            if match := _GLIBC.match(version.name):
                                versions.add(match[1])
            return Elf(
                machine=elf["e_machine"],
                bits=elf.elfclass,
                needed=tuple(needed),
                search=tuple(entry for text in texts for entry in text.split(":") if entry),
                search_texts=tuple(texts),
                soname=soname,
                glibc=max(versions, key=version_key, default=None),
                private=private,
            )
    except ELFError as error:
        raise BrokenArtifact(f"{path.name} is no readable ELF file: {error}") from error
