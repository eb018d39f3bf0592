# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle archive says about itself, read without unpacking it."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.model.bundle_json import ENGINE_DIGEST, FORMAT, bundle_problems, metadata_problems
from ...module_utils.hermetic.model.confinement import CONFINED
from ...module_utils.hermetic.text.grammar import shown
from ...module_utils.hermetic.text.json_text import parse_json
from ...module_utils.hermetic.unpack.gzip_members import member_offsets
from ...module_utils.hermetic.unpack.unpack_budget import UnpackBudget
from ..platforms import Target, platform_named

METADATA = "bundle.json"
_LARGEST = 64 << 20
# What the standard library raises for archives that are damaged, or made to be.
_UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    RuntimeError,
    NotImplementedError,
    IndexError,
)
# What the repository's index repeats of a bundle's metadata.
INDEXED = ("python", "libc", "macos", "hermetic", "engine", "packages", CONFINED, ENGINE_DIGEST)
# An index that was published before says nothing of these.
INDEXED_LATER = (CONFINED, ENGINE_DIGEST)
# What the index holds since it vouches for what is on hosts: the SHA-256 of bundle.json, which lists every other file.
MANIFEST = "manifest"
# How many bytes the files of a bundle have, so that a host is asked for room before anything is copied to it.
UNPACKED = "unpacked"
# Where the members of a .tar.gz begin, so that hosts decompress them side by side; empty where it is one stream, or a .zip.
MEMBERS = "members"
# What an index that an older release wrote lacks; publishing again adds it.
DESCRIBED = (MANIFEST, UNPACKED, MEMBERS)


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the checked ``bundle.json`` of an archive, and what an index says of the archive beside that.

    That is the SHA-256 of bundle.json as ``manifest``, the bytes of its files as ``unpacked``, and where it can be entered as ``members``.
    """
    members: list[int] = []
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as bundle:
                if bundle.getinfo(METADATA).file_size > _LARGEST:
                    raise BrokenArtifact(f"Bundle {path}: its {METADATA} is larger than {_LARGEST} bytes")
                content = bundle.read(METADATA)
        else:
            content = _from_tar(path)
            members = _members(path)
    except KeyError as error:
        raise BrokenArtifact(f"Bundle {path}: has no {METADATA}; it was not made by bundle_build") from error
    except _UNREADABLE as error:
        raise BrokenArtifact(f"Bundle {path}: is not a readable .tar.gz or .zip archive: {error}") from error
    try:
        metadata = parse_json(content)
    except ValueError as error:
        raise BrokenArtifact(f"Bundle {path}: its {METADATA} is not JSON: {error}") from error
    check_metadata(metadata, subject=f"Bundle {path}")
    unpacked = sum(entry.get("size", 0) for entry in metadata["files"].values())
    return {**metadata, MANIFEST: hashlib.sha256(content).hexdigest(), UNPACKED: unpacked, MEMBERS: members}


def check_metadata(metadata: Any, *, subject: str) -> None:
    """Raise one error with everything that is wrong with a bundle.json."""
    if not isinstance(metadata, Mapping):
        raise HermeticError(f"{subject}: its {METADATA} is not an object")
    if metadata.get("format") != FORMAT:
        raise HermeticError(f"{subject}: has format {shown(metadata.get('format'))}; this version of the collection reads format {FORMAT}")
    problems = bundle_problems(metadata)
    if problems:
        raise HermeticError(f"{subject}: its metadata is not that of a bundle; build it again", problems)
    _target_of(metadata)


def is_metadata(value: object) -> bool:
    """Return whether a value is what a bundle.json says beside its list of files."""
    if not isinstance(value, Mapping) or metadata_problems(value):
        return False
    try:
        _target_of(value)
    except HermeticError:
        return False
    return True


def _target_of(metadata: Mapping[str, Any]) -> Target:
    return Target.of(metadata["platform"], python=metadata["python"], libc=metadata.get("libc"), macos=metadata.get("macos"))


def archive_name(*, name: str, release: str, platform: str) -> str:
    """Return the file name of a bundle's archive, where it is built and in a repository."""
    suffix = "zip" if platform_named(platform).system == "windows" else "tar.gz"
    return f"{name}-{release}-{platform}.{suffix}"


def _from_tar(path: Path) -> bytes:
    # Entries are sorted, so that this stops long before the end of the archive.
    # Not "r|gz": that reads the first member of gzip only.
    with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as bundle:
        for entry in bundle:
            if entry.name == METADATA and entry.isfile():
                if entry.size > _LARGEST:
                    raise BrokenArtifact(f"Bundle {path}: its {METADATA} is larger than {_LARGEST} bytes")
                content = bundle.extractfile(entry)
                return content.read() if content else b""
    raise KeyError(METADATA)


def _members(path: Path) -> list[int]:
    with path.open("rb") as archive:
        budget = UnpackBudget(f"Bundle {path}", archive_size=path.stat().st_size)
        offsets = member_offsets(archive.read, budget)
    return offsets if len(offsets) > 1 else []
