# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of a few entries, good and bad, and what unpacking makes of them."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.arrival import Arrival
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack

TIME = 1_000_000_000
BIG = os.urandom(3_000_000)


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = "", content: bytes = b"", mode: int = 0o644
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode, info.mtime = kind, target, len(content), mode, TIME
    return info, content


Mode = Literal["w:", "w:gz"]


def tar(path: Path, *entries: tuple[tarfile.TarInfo, bytes], mode: Mode = "w:gz", form: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, mode, format=form) as file:
        for info, content in entries:
            file.addfile(info, io.BytesIO(content))
    return path


def in_members(archive: Path, *, size: int = 100_000) -> list[int]:
    """Write a .tar.gz again, in members that each hold so much of the tar, and return where they begin."""
    whole = gzip.decompress(archive.read_bytes())
    offsets, packed = [], b""
    for begin in range(0, len(whole), size):
        offsets.append(len(packed))
        packed += gzip.compress(whole[begin : begin + size], 1, mtime=0)
    archive.write_bytes(packed)
    return offsets


WAYS = ("ordinary", "one thread", "members", "members by one thread", "while it arrives", "members while they arrive")


def unpack_by(way: str, archive: Path, into: Path) -> dict[str, tuple[int, str]]:
    """Unpack an archive in one of the ways, of which all shall come to the same."""
    members: Sequence[int] = ()
    if "members" in way and archive.read_bytes()[:2] == b"\x1f\x8b":
        members = in_members(archive)
    jobs = 1 if "one thread" in way else 3
    if "arrive" not in way:
        return unpack(archive, into, members=members, jobs=jobs)
    content = archive.read_bytes()
    arrival = Arrival(len(content))
    thread = threading.Thread(target=arrive, args=(arrival, archive, content))
    thread.start()
    try:
        return unpack(archive, into, members=members, jobs=jobs, arrival=arrival)
    finally:
        arrival.close()
        thread.join()


def arrive(arrival: Arrival, place: Path, content: bytes, *, portion: int = 50_000) -> None:
    """Write a file portion by portion, as a fetch does."""
    with open(place, "w+b", buffering=0) as file:
        arrival.begin(file.fileno(), 0)
        write = arrival.reporting(file.write)
        for begin in range(0, len(content), portion):
            write(content[begin : begin + portion])
        arrival.end(whole=True)


GOOD = [
    entry("bin", tarfile.DIRTYPE, mode=0o777),
    entry("bin/python3.12", content=b"\x7fELF", mode=0o6775),
    entry("bin/python3", tarfile.SYMTYPE, "python3.12"),
    entry("bin/python", tarfile.SYMTYPE, "python3"),
    entry("lib", tarfile.DIRTYPE, mode=0o700),
    entry("lib/" + "deep/" * 40 + "long-name-" + "x" * 150, content=b"long"),
    entry("lib/big", content=BIG, mode=0o600),
    entry("lib/empty", mode=0o666),
    entry("lib/ü ☃ \udcff", content=b"name"),
    entry("lib/up", tarfile.SYMTYPE, "../bin/./python"),
    entry("lib/..hidden", content=b"dots"),
    entry("lib/dangling", tarfile.SYMTYPE, "nowhere"),
]
