# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program or library for Windows says of itself; read on any system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pefile

from ....module_utils.hermetic.errors import BrokenArtifact
from .architecture import PE_MACHINES

_DIRECTORIES = [pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_IMPORT"], pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT"]]


@dataclass(frozen=True)
class Pe:
    """A portable executable: its processor, and the DLLs that must be found before it starts or when it first calls them."""

    machine: str
    needed: tuple[str, ...]
    needed_later: tuple[str, ...]


def is_pe(path: Path) -> bool:
    """Say whether a file begins as the programs and libraries of Windows do."""
    with path.open("rb") as stream:
        return stream.read(2) == b"MZ"


def read_pe(path: Path) -> Pe:
    """Read the header and the tables of imported DLLs."""
    try:
        with pefile.PE(str(path), fast_load=True) as program:
            end = max((section.PointerToRawData + section.SizeOfRawData for section in program.sections), default=0)
            if end > (size := path.stat().st_size):
                raise BrokenArtifact(f"{path.name} is cut off: its header speaks of {end} bytes, and it has {size}")
            program.parse_data_directories(_DIRECTORIES)
            return Pe(
                machine=PE_MACHINES.get(program.FILE_HEADER.Machine, "unknown"),
                needed=_names(program, "DIRECTORY_ENTRY_IMPORT"),
                needed_later=_names(program, "DIRECTORY_ENTRY_DELAY_IMPORT"),
            )
    except pefile.PEFormatError as error:
        raise BrokenArtifact(f"{path.name} is no program of Windows that can be read: {error}") from error


def _names(program: pefile.PE, table: str) -> tuple[str, ...]:
    return tuple(entry.dll.decode("ascii", "replace") for entry in getattr(program, table, ()) if entry.dll)
