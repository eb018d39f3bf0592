# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mach-O file says of itself, and whether its code signature still fits it; read on any system."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact

_THIN, _UNIVERSAL = b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"
_CPU_NAMES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
# Java's class files begin as a universal binary does, with a version where the number of programs would be.
_MOST_ARCHITECTURES = 20

_LC_LOAD = {0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023}
_LC_ID, _LC_RPATH, _LC_SIGNATURE = 0xD, 0x8000001C, 0x1D
_LC_VERSION_MIN, _LC_BUILD_VERSION = 0x24, 0x32
_MAGIC_SUPER, _MAGIC_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
_HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}
_AD_HOC = 0x2


@dataclass(frozen=True)
class Signature:
    """A code signature: who it names, whether it is ad hoc, and every page of the file that it does not fit."""

    identifier: str
    ad_hoc: bool
    broken_pages: tuple[int, ...]


@dataclass(frozen=True)
class MachO:
    """One program of a Mach-O file."""

    machine: str
    needed: tuple[str, ...]
    identity: str | None
    search: tuple[str, ...]
    minimum: str | None
    signature: Signature | None = field(default=None)


def is_mach_o(path: Path) -> bool:
    """Say whether a file is a Mach-O program, library or module."""
    with path.open("rb") as stream:
        head = stream.read(8)
    return head[:4] == _THIN or (head[:4] == _UNIVERSAL and struct.unpack(">I", head[4:8])[0] <= _MOST_ARCHITECTURES)


def read_mach_o(path: Path) -> list[MachO]:
    """Return every program that a Mach-O file holds, one unless it is universal."""
    data = path.read_bytes()
    try:
        return [_read(part) for part in _parts(data)]
    except (struct.error, IndexError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise BrokenArtifact(f"{path.name} is no Mach-O file that can be read: {error}") from error


def _parts(data: bytes) -> list[bytes]:
    if data[:4] == _THIN:
        return [data]
    count = struct.unpack_from(">I", data, 4)[0]
    found = []
    for number in range(count):
        offset, size = struct.unpack_from(">II", data, 8 + 20 * number + 8)
        found.append(data[offset : offset + size])
    return found


def _read(data: bytes) -> MachO:
    if data[:4] != _THIN:
        raise ValueError("it is not for a 64-bit processor with the low byte first")
    machine = _CPU_NAMES.get(struct.unpack_from("<I", data, 4)[0], "unknown")
    count = struct.unpack_from("<I", data, 16)[0]
    needed, search, identity, minimum, signature = [], [], None, None, None
    offset = 32
    for _number in range(count):
        command, size = struct.unpack_from("<II", data, offset)
        if size < 8:
            raise ValueError("a load command has no size")
        if command in _LC_LOAD:
            needed.append(_text(data, offset, size))
        elif command == _LC_ID:
            identity = _text(data, offset, size)
        elif command == _LC_RPATH:
            search.append(_text(data, offset, size))
        elif command == _LC_VERSION_MIN:
            minimum = _version(struct.unpack_from("<I", data, offset + 8)[0])
        elif command == _LC_BUILD_VERSION:
            minimum = _version(struct.unpack_from("<I", data, offset + 12)[0])
        elif command == _LC_SIGNATURE:
            start, length = struct.unpack_from("<II", data, offset + 8)
            signature = _signature(data, start, length)
        offset += size
    return MachO(machine, tuple(needed), identity, tuple(search), minimum, signature)


def _text(data: bytes, offset: int, size: int) -> str:
    begin = struct.unpack_from("<I", data, offset + 8)[0]
    return data[offset + begin : offset + size].split(b"\0", 1)[0].decode()


def _version(number: int) -> str:
    patch = number & 0xFF
    return f"{number >> 16}.{number >> 8 & 0xFF}" + (f".{patch}" if patch else "")


def _signature(data: bytes, start: int, length: int) -> Signature | None:
    """Read the strongest code directory and hold its hashes against the pages of the file."""
    blob = data[start : start + length]
    magic, _length, count = struct.unpack_from(">III", blob, 0)
    if magic != _MAGIC_SUPER:
        raise ValueError("the code signature is no collection of blobs")
    directories = []
    for number in range(count):
        offset = struct.unpack_from(">I", blob, 12 + 8 * number + 4)[0]
        if struct.unpack_from(">I", blob, offset)[0] == _MAGIC_DIRECTORY:
            directories.append(offset)
    if not directories:
        return None
    best = max(directories, key=lambda offset: blob[offset + 37])
    flags, hashes, identifier, _special, code_slots, limit = struct.unpack_from(">IIIIII", blob, best + 12)
    digest_size, digest_kind, page_bits = blob[best + 36], blob[best + 37], blob[best + 39]
    name, wanted_size = _HASHES[digest_kind]
    if digest_size != wanted_size:
        raise ValueError("the code signature states another size of its hashes")
    page = 1 << page_bits
    broken = [
        number
        for number in range(code_slots)
        if hashlib.new(name, data[number * page : min((number + 1) * page, limit)]).digest()[:digest_size]
        != blob[best + hashes + number * digest_size : best + hashes + (number + 1) * digest_size]
    ]
    # What lies between the last page that is signed and the signature could hold anything.
    if code_slots != -(-limit // page) or limit != start:
        broken.append(code_slots)
    signed_name = blob[best + identifier :].split(b"\0", 1)[0].decode()
    return Signature(signed_name, bool(flags & _AD_HOC), tuple(broken))
