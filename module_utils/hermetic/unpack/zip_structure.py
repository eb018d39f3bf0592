# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a zip by its directory alone, before anything of it is decompressed: how many entries, how large, and whether they overlap."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Sequence
from typing import BinaryIO

from .unpack_budget import UnpackBudget

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_END_64_SIGNATURE = b"PK\x06\x06"
_LONGEST_COMMENT = 0xFFFF
_HEADER_SIGNATURE = b"PK\x01\x02"
_HEADER_SIZE = 46
_LOCAL_HEADER_SIZE = 30
# zipfile decompresses the others (bzip2, LZMA) without a bound on what a block of them becomes in memory.
_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}


def check_entry_count(source: BinaryIO, budget: UnpackBudget) -> None:
    """Raise UnsafeArchive where the directory of a zip lists more entries than the budget allows.

    Counted in the directory itself and not taken from its end record, which may lie: reading a directory of millions of entries
    takes a gigabyte of memory before the first of them can be read. What is no zip is left to ``zipfile``.
    """
    source.seek(0, os.SEEK_END)
    length = source.tell()
    tail_at = max(0, length - _LONGEST_COMMENT - _END.size - 76)
    source.seek(tail_at)
    tail = source.read()
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) < at + _END.size:
        return
    size = _END.unpack_from(tail, at)[5]
    end_at = tail_at + at
    at_64 = tail.rfind(_END_64_SIGNATURE, 0, at)
    if at_64 >= 0 and len(tail) >= at_64 + 56:
        size, end_at = struct.unpack_from("<Q", tail, at_64 + 40)[0], tail_at + at_64
    source.seek(max(0, end_at - size))
    directory = source.read(min(size, length))
    position = count = 0
    while directory[position : position + 4] == _HEADER_SIGNATURE and len(directory) >= position + _HEADER_SIZE:
        position += _HEADER_SIZE + sum(struct.unpack_from("<3H", directory, position + 28))
        count += 1
        budget.check_count(count)


def judge_zip(items: Sequence[zipfile.ZipInfo], budget: UnpackBudget) -> list[str]:
    """Return what is wrong with the entries of a zip as its directory lists them, and charge the budget with their sizes."""
    problems = []
    end, before = 0, ""
    budget.take(*(item.file_size for item in items))
    for item in sorted(items, key=lambda item: item.header_offset):
        if item.flag_bits & 1:
            problems.append(f"{item.filename!r}: it is encrypted")
        elif item.compress_type not in _METHODS:
            name = zipfile.compressor_names.get(item.compress_type, item.compress_type)  # type: ignore[attr-defined]
            problems.append(f"{item.filename!r}: it is compressed by {name}, and only stored and deflated entries are read")
        elif item.compress_type == zipfile.ZIP_STORED and item.compress_size != item.file_size:
            problems.append(f"{item.filename!r}: its header states two sizes, {item.compress_size} and {item.file_size}")
        if item.header_offset < end:
            problems.append(f"{item.filename!r}: it overlaps {before!r} in the archive, as only a zip bomb does")
        end = item.header_offset + _LOCAL_HEADER_SIZE + _length_of_name(item) + item.compress_size
        before = item.filename
    return problems


def distinct(items: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the entries without those that the directory lists twice for one and the same place in the archive."""
    return list({(item.filename, item.header_offset): item for item in items}.values())


def _length_of_name(item: zipfile.ZipInfo) -> int:
    # Without the flag for UTF-8 a name has one byte for each character, of the code page of DOS.
    return len(item.orig_filename.encode("utf-8", "replace")) if item.flag_bits & 0x800 else len(item.orig_filename)
