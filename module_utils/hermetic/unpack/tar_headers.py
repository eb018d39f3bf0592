# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers of a tar of our own making: the bytes that a path, a size and a mode have, and no others; pure.

``tarfile`` writes other bytes from one Python to the next, and an object for each header that it reads. With one spelling for each
entry, the writer puts these bytes and the reader compares them, which is all that it takes to read such a tar.
"""

from __future__ import annotations

import struct

from ..paths import FILE_TIME

BLOCK = 512
END = bytes(2 * BLOCK)
"""What ends every tar."""

_ZEROS = bytes(BLOCK)
_HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s8s32s32s8s8s155s12x")
_LONGEST_NAME, _LONGEST_PREFIX = 100, 155
_LARGEST_OCTAL = 8**11
_USTAR = b"ustar\x0000"
_NUMBER = b"0000000\0"


def padding(size: int) -> bytes:
    """Return the zeros that fill the last block of a content."""
    return _ZEROS[: -size % BLOCK]


def tar_header(path: str, *, size: int, mode: int) -> bytes:
    """Return the header of a regular file: plain ustar where the path fits it, else with a header of the pax form before it."""
    raw = path.encode("utf-8")
    name, prefix = _split(raw)
    if name is not None and path.isascii() and size < _LARGEST_OCTAL:
        return _block(name, prefix, size=size, mode=mode, kind=b"0")
    records = _record("path", raw) + (_record("size", str(size).encode()) if size >= _LARGEST_OCTAL else b"")
    extended = _block(b"pax", b"", size=len(records), mode=0o644, kind=b"x") + records + padding(len(records))
    # Who reads no pax form finds a part of the name; never half of a character.
    return extended + _block(path.encode("ascii", "replace")[-_LONGEST_NAME:], b"", size=size % _LARGEST_OCTAL, mode=mode, kind=b"0")


def content_size(header: bytes | memoryview) -> int:
    """Return the size that one block states as a plain header; raises ValueError where it is none."""
    return int(bytes(header[124:135]), 8)


def _split(raw: bytes) -> tuple[bytes | None, bytes]:
    """Return the name and prefix of ustar, or None and nothing where the path does not fit."""
    if len(raw) <= _LONGEST_NAME:
        return raw, b""
    at = raw.find(b"/", len(raw) - _LONGEST_NAME - 1)
    return (raw[at + 1 :], raw[:at]) if 0 < at <= _LONGEST_PREFIX and at + 1 < len(raw) else (None, b"")


def _record(key: str, value: bytes) -> bytes:
    """Return a record of the pax form, which begins with its own length."""
    rest = b" " + key.encode() + b"=" + value + b"\n"
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def _block(name: bytes, prefix: bytes, *, size: int, mode: int, kind: bytes) -> bytes:
    numbers = (b"%07o\0" % mode, _NUMBER, _NUMBER, b"%011o\0" % size, b"%011o\0" % FILE_TIME)
    block = _HEADER.pack(name, *numbers, b"        ", kind, b"", _USTAR, b"", b"", _NUMBER, _NUMBER, prefix)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]
