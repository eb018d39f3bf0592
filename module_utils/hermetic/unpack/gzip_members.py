# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decompress a .tar.gz: as one stream, or the members that it consists of side by side, where it is known where they begin.

Both ways give the same bytes. A place that is stated for a member is not believed: what lies between two of them must be exactly one member,
which gzip itself tells, and where it is not, everything from there on is decompressed as one stream.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Callable

from ..process.crew import Crew, Task
from .archive_source import ArchiveSource
from .read_ahead import ReadAhead
from .unpack_budget import UnpackBudget

BLOCK = 1 << 20
MEMBER = 1 << 20
"""How much of the tar one member of a bundle's archive holds."""
# What is decompressed at once is held in memory at once, by each thread. Archives of other makers may have longer members.
_LONGEST_MEMBER = 4 << 20
_COMPRESSED_BLOCK = 1 << 18
_GZIP = 31


def gunzipped(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield what a gzip stream holds, in blocks; raises EOFError for one that is cut off."""
    for _begin, block in _decompressed(read):
        if block:
            yield block


def member_offsets(read: Callable[[int], bytes], budget: UnpackBudget) -> list[int]:
    """Return where in a gzip file its members begin; reads all of it, within the budget of what it may unpack to."""
    begins: list[int] = []
    length = 0
    for begin, block in _decompressed(read):
        if not begins or begin != begins[-1]:
            begins.append(begin)
        length += len(block)
        budget.check_stream(length)
    return begins


def _decompressed(read: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield where the member begins that a block comes from, and the block, which may be empty."""
    member = zlib.decompressobj(wbits=_GZIP)
    begun = False
    begin = place = 0
    while block := read(_COMPRESSED_BLOCK):
        place += len(block)
        while block:
            if not begun:
                block = block.lstrip(b"\0")  # padding to full blocks is allowed, and so is a next member
                begun, begin = bool(block), place - len(block)
                if not begun:
                    break
            yield begin, member.decompress(block, BLOCK)
            if member.eof:
                block = member.unused_data
                member, begun = zlib.decompressobj(wbits=_GZIP), False
            else:
                block = member.unconsumed_tail
    if begun:
        raise EOFError("the compressed data ends too early")


def side_by_side(source: ArchiveSource, members: Sequence[int], crew: Crew) -> Iterator[bytes]:
    """Yield what a gzip file holds; the members that begin at these offsets, the first of them at 0, are decompressed by the crew."""
    if list(members[:1]) != [0]:
        members = [0]
    ends = [*members[1:], source.size]
    waiting: deque[tuple[int, Task[bytes | None]]] = deque()
    number = 0
    place = 0
    while waiting or number < len(members):
        while number < len(members) and len(waiting) <= crew.ahead and (not waiting or source.ready(ends[number])):
            begin = members[number]
            packed = source.read(ends[number] - begin) if 0 < ends[number] - begin <= _LONGEST_MEMBER else b""
            waiting.append((begin, crew.submit(partial(_one_member, packed))))
            number += 1
        place, task = waiting.popleft()
        block = task.result()
        if block is None:
            break
        if block:
            yield block
    else:
        return
    source.seek(place)
    with ReadAhead(gunzipped(source.read)) as ahead:
        yield from ahead


def _one_member(packed: bytes) -> bytes | None:
    """Return what these bytes hold if they are one member of gzip, whole and nothing else, and no longer than it may be; else None."""
    member = zlib.decompressobj(wbits=_GZIP)
    try:
        block = member.decompress(packed, _LONGEST_MEMBER + 1)
    except zlib.error:
        return None
    whole = member.eof and not member.unused_data and len(block) <= _LONGEST_MEMBER
    return block if whole else None
