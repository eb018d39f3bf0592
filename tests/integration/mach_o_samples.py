# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mach-O files for tests, put together by hand."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

PAGE = 4096
ARM64, X86_64 = 0x0100000C, 0x01000007


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 8)


def _command(kind: int, body: bytes) -> bytes:
    body = _padded(body)
    return struct.pack("<II", kind, 8 + len(body)) + body


def mach_o(
    *,
    cpu: int = ARM64,
    needed: Sequence[str] = ("/usr/lib/libSystem.B.dylib",),
    search: Sequence[str] = (),
    minimum: tuple[int, int] | None = (11, 0),
    signed: bool = True,
    content: bytes = b"",
) -> bytes:
    """Return a small Mach-O file with these load commands, ad-hoc signed as a linker signs."""
    commands = [_command(0xC, struct.pack("<IIII", 24, 0, 0, 0) + name.encode() + b"\0") for name in needed]
    commands += [_command(0x8000001C, struct.pack("<I", 12) + place.encode() + b"\0") for place in search]
    if minimum is not None:
        commands.append(_command(0x32, struct.pack("<IIII", 1, minimum[0] << 16 | minimum[1] << 8, 0, 0)))
    size = 32 + sum(map(len, commands)) + (16 if signed else 0)
    limit = size + len(_padded(content))
    slots = -(-limit // PAGE)
    identifier = b"sample\0"
    directory_size = 44 + len(identifier) + 32 * slots
    blob_size = 20 + directory_size
    if signed:
        commands.append(_command(0x1D, struct.pack("<II", limit, blob_size)))
    head = struct.pack("<4sIIIIIII", b"\xcf\xfa\xed\xfe", cpu, 0, 2, len(commands), sum(map(len, commands)), 0, 0)
    signed_part = head + b"".join(commands) + _padded(content)
    if not signed:
        return signed_part
    hashes = b"".join(hashlib.sha256(signed_part[n * PAGE : (n + 1) * PAGE]).digest() for n in range(slots))
    directory = struct.pack(
        ">IIIIIIIIIBBBBI", 0xFADE0C02, directory_size, 0x20400, 0x20002, 44 + len(identifier), 44, 0, slots, limit, 32, 2, 0, 12, 0
    )
    return signed_part + struct.pack(">IIIII", 0xFADE0CC0, blob_size, 1, 0, 20) + directory + identifier + hashes
