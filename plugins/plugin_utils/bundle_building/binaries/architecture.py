# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling from its header what system and processor a program is for."""

from __future__ import annotations

import struct
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact
from ...platforms import Platform
from .elf import read_elf

ELF_MACHINES = {62: "x86_64", 183: "aarch64", 3: "x86", 40: "arm"}
MACH_MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
PE_MACHINES = {0x8664: "x86_64", 0xAA64: "arm64", 0x014C: "x86"}
UNIVERSAL = "universal"


def program_for(path: Path) -> str:
    """Return ``system-processor`` of a program, ``macos-universal`` for one that holds several, ``unknown`` for no program at all."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        return f"linux-{ELF_MACHINES.get(struct.unpack_from('<H', head, 18)[0], 'unknown')}"
    if head[:4] == b"\xcf\xfa\xed\xfe" and len(head) >= 8:
        return f"macos-{MACH_MACHINES.get(struct.unpack_from('<I', head, 4)[0], 'unknown')}"
    if head[:4] == b"\xca\xfe\xba\xbe":
        return f"macos-{UNIVERSAL}"
    if head[:2] == b"MZ" and len(head) >= 64:
        offset = struct.unpack_from("<I", head, 60)[0]
        if head[offset : offset + 4] == b"PE\0\0":
            return f"windows-{PE_MACHINES.get(struct.unpack_from('<H', head, offset + 4)[0], 'unknown')}"
    return "unknown"


def check_program(path: Path, *, platform: Platform) -> None:
    """Raise if the interpreter of a tree is not for the platform that the bundle is to be for."""
    system, machine = platform.name.split("-")[:2]
    found = program_for(path)
    if found not in (f"{system}-{machine}", f"{system}-{UNIVERSAL}"):
        raise BrokenArtifact(f"the interpreter in the archive is for {found}, and the bundle is to be for {platform.name}")
    if platform.libc is not None:
        needed = read_elf(path).needed
        musl = any("musl" in name for name in needed)
        if needed and musl != (platform.libc == "musl"):
            raise BrokenArtifact(f"the interpreter in the archive needs {', '.join(needed)}, and the bundle is to be for {platform.name}")
