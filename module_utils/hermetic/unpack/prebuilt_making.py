# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the archive of a prebuilt wheel: the wheel is unpacked and compiled as on a host, and the tree packed behind what it says of itself.

Equal wheels, compiled by equal Pythons, give equal bytes: nothing of the file system, the time or the user is in them. The compressor is
zlib, and another release of it may compress otherwise; what is compressed is the same all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import BrokenArtifact
from ..fs.hashed_copy import copy_hashed
from ..fs.own_files import open_regular
from ..model.manifest import FileRecord
from ..model.prebuilt import MANIFEST, Prebuilt
from ..paths import inside
from .prebuilt_wheel import own_byte_code
from .tar_headers import END, padding, tar_header
from .unpack_budget import MIB
from .wheel import unpack_wheel
from .wheel_contents import HostRules

# Level 9 takes three times as long for 0.7 % less; measured on the wheels of the benchmark.
_LEVEL = 6
# No name, no time, made on Unix: what gzip writes without being told anything.
_GZIP = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"


def prebuild_wheel(wheel: Path, archive: Path, *, sha256: str, windows: bool, workplace: Path, unpack_limit: int = 0) -> dict[str, Any]:
    """Unpack and compile a wheel, pack it, and return what there is to know of the archive; raises BrokenArtifact for one of another digest.

    ``windows``: the wheel is for Windows alone, whose rules for names hold. ``workplace`` is a directory that is made for it and removed.
    """
    workplace.mkdir(mode=0o700)
    try:
        # A copy that nobody else writes to: what is unpacked is what was hashed, and the publisher answers for it with his signature.
        own, tree = workplace / wheel.name, workplace / "tree"
        found = copy_hashed(wheel, own)
        if found != sha256:
            raise BrokenArtifact(f"{wheel} has SHA-256 {found}; expected {sha256}. Publish the right file.")
        tree.mkdir()
        return _packed(own, archive, sha256=sha256, windows=windows, tree=tree, unpack_limit=unpack_limit)
    finally:
        shutil.rmtree(workplace)


def _packed(wheel: Path, archive: Path, *, sha256: str, windows: bool, tree: Path, unpack_limit: int) -> dict[str, Any]:
    found = unpack_wheel(wheel, tree, compiles=True, unpack_limit=unpack_limit, rules=HostRules(windows=windows))
    prebuilt = Prebuilt(
        wheel=sha256,
        filename=wheel.name,
        byte_code=own_byte_code(),
        python=".".join(map(str, sys.version_info[:3])),
        name=found["name"],
        version=found["version"],
        dist_info=found["dist_info"],
        entry_points=found["entry_points"],
        warnings=found["warnings"],
        files=found["files"],
    )
    digest, size = hashlib.sha256(), 0
    with open(archive, "xb") as target:
        for block in _compressed(_tar(prebuilt, tree)):
            digest.update(block)
            size += len(block)
            target.write(block)
    return {
        "id": prebuilt.id,
        "sha256": digest.hexdigest(),
        "size": size,
        "unpacked": sum(record.size for record in prebuilt.files.values()),
        "python": prebuilt.python,
        "byte_code": prebuilt.byte_code.digest,
        "laid": {key: found[key] for key in ("name", "version", "dist_info", "entry_points", "files")},
    }


def _tar(prebuilt: Prebuilt, tree: Path) -> Iterator[bytes]:
    content = prebuilt.document()
    yield tar_header(MANIFEST, size=len(content), mode=0o644) + content + padding(len(content))
    at = inside(tree)
    for path, record in prebuilt.files.items():
        yield tar_header(path, size=record.size, mode=record.mode)
        yield from _content(at(path), record)
        yield padding(record.size)
    yield END


def _content(path: str, record: FileRecord) -> Iterator[bytes]:
    left = record.size
    with contextlib.closing(open(open_regular(Path(path)), "rb", buffering=0)) as source:
        while left:
            block = source.read(min(left, MIB))
            if not block:
                raise EOFError(f"{path} became shorter while it was packed")
            left -= len(block)
            yield block


def _compressed(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Compress as gzip does, with a header that no release of Python or zlib chooses."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    checksum = length = 0
    yield _GZIP
    for block in blocks:
        checksum = zlib.crc32(block, checksum)
        length += len(block)
        yield packer.compress(block)
    yield packer.flush() + struct.pack("<2L", checksum, length & 0xFFFFFFFF)
