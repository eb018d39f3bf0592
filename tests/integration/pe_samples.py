# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small programs for Windows, put together by hand for tests."""

from __future__ import annotations

import struct
from collections.abc import Sequence

MACHINES = {"x86_64": 0x8664, "arm64": 0xAA64, "x86": 0x014C}
_SECTION_AT, _FILE_ALIGNMENT = 0x1000, 0x200
_BY_ORDINAL = 1


def pe(*, machine: str = "x86_64", needed: Sequence[str] = ("KERNEL32.dll",), content: bytes = b"") -> bytes:
    """Return a DLL that does nothing and imports one function of each of these DLLs."""
    wide = machine != "x86"
    section = _imports(needed, wide=wide) + content
    aligned = -(-len(section) // _FILE_ALIGNMENT) * _FILE_ALIGNMENT
    in_memory = -(-len(section) // _SECTION_AT) * _SECTION_AT
    directories = [(0, 0)] * 16
    directories[1] = (_SECTION_AT, 20 * (len(needed) + 1))
    optional = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, 0, len(section), 0, 0, _SECTION_AT)
    optional += struct.pack("<Q", 0x180000000) if wide else struct.pack("<II", _SECTION_AT, 0x10000000)
    optional += struct.pack(
        "<IIHHHHHHIIIIHH", _SECTION_AT, _FILE_ALIGNMENT, 6, 0, 0, 0, 6, 0, 0, _SECTION_AT + in_memory, 0x200, 0, 3, 0x160
    )
    optional += struct.pack("<QQQQ" if wide else "<IIII", 0x100000, 0x1000, 0x100000, 0x1000)
    optional += struct.pack("<II", 0, 16) + b"".join(struct.pack("<II", *each) for each in directories)
    header = struct.pack("<HHIIIHH", MACHINES[machine], 1, 0, 0, 0, len(optional), 0x2022)
    table = struct.pack("<8sIIIIIIHHI", b".rdata", len(section), _SECTION_AT, aligned, _FILE_ALIGNMENT, 0, 0, 0, 0, 0x40000040)
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + header + optional + table
    return head.ljust(_FILE_ALIGNMENT, b"\0") + section.ljust(aligned, b"\0")


def _imports(needed: Sequence[str], *, wide: bool) -> bytes:
    size = 8 if wide else 4
    thunks = struct.pack("<QQ" if wide else "<II", 1 << (size * 8 - 1) | _BY_ORDINAL, 0)
    thunks_at = _SECTION_AT + 20 * (len(needed) + 1)
    names_at = thunks_at + len(thunks) * len(needed)
    descriptors, names = b"", b""
    for number, name in enumerate(needed):
        here = thunks_at + number * len(thunks)
        descriptors += struct.pack("<IIIII", here, 0, 0, names_at + len(names), here)
        names += name.encode() + b"\0"
    return descriptors + bytes(20) + thunks * len(needed) + names
