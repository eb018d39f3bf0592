# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle archive says about itself, read without unpacking it."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils.hermetic.errors import BrokenArtifact, HermeticError
from .platforms import PLATFORMS, Target

METADATA = "bundle.json"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
RELEASE = re.compile(r"[0-9][0-9A-Za-z.+_-]*")
_LARGEST = 64 << 20
# What the repository's index repeats of a bundle's metadata.
INDEXED = ("python", "libc", "macos", "hermetic", "engine", "packages")
# What the index holds since it vouches for what is on hosts: the SHA-256 of bundle.json, which lists every other file.
MANIFEST = "manifest"


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the checked ``bundle.json`` of an archive, and its own SHA-256 as ``manifest``."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as bundle:
                if bundle.getinfo(METADATA).file_size > _LARGEST:
                    raise BrokenArtifact(f"Bundle {path}: its {METADATA} is larger than {_LARGEST} bytes")
                content = bundle.read(METADATA)
        else:
            content = _from_tar(path)
    except KeyError as error:
        raise BrokenArtifact(f"Bundle {path}: has no {METADATA}; it was not made by bundle_build") from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise BrokenArtifact(f"Bundle {path}: is not a readable .tar.gz or .zip archive: {error}") from error
    try:
        metadata = json.loads(content)
    except ValueError as error:
        raise BrokenArtifact(f"Bundle {path}: its {METADATA} is not JSON: {error}") from error
    check_metadata(metadata, subject=f"Bundle {path}")
    return {**metadata, MANIFEST: hashlib.sha256(content).hexdigest()}


def check_metadata(metadata: Any, *, subject: str) -> None:
    """Raise one error with everything that is wrong with a bundle's metadata."""
    if not isinstance(metadata, Mapping):
        raise HermeticError(f"{subject}: its {METADATA} is not an object")
    if metadata.get("format") != 1:
        raise HermeticError(f"{subject}: has format {metadata.get('format')!r}; this version of the collection reads format 1")
    problems = []
    for key, pattern in (("name", NAME), ("release", RELEASE)):
        if not isinstance(metadata.get(key), str) or not pattern.fullmatch(metadata[key]) or ".." in metadata[key]:
            problems.append(f"{key} is {metadata.get(key)!r}; wanted {pattern.pattern}")
    if metadata.get("platform") not in PLATFORMS:
        problems.append(f"platform is {metadata.get('platform')!r}; wanted one of {', '.join(sorted(PLATFORMS))}")
    if not isinstance(metadata.get("python"), Mapping):
        problems.append("python is missing")
    if not isinstance(metadata.get("engine"), bool):
        problems.append("engine is missing")
    if not isinstance(metadata.get("hermetic"), str):
        problems.append("hermetic is missing")
    if problems:
        raise HermeticError(f"{subject}: its metadata is not that of a bundle", problems)
    Target.of(metadata["platform"], python=metadata["python"], libc=metadata.get("libc"), macos=metadata.get("macos"))


def archive_name(metadata: Mapping[str, Any]) -> str:
    """Return the file name that an archive with this metadata has in a repository."""
    suffix = "zip" if PLATFORMS[metadata["platform"]].system == "windows" else "tar.gz"
    return f"{metadata['name']}-{metadata['release']}-{metadata['platform']}.{suffix}"


def _from_tar(path: Path) -> bytes:
    # Entries are sorted, so that this stops long before the end of the archive.
    with tarfile.open(path, "r|gz") as bundle:
        for entry in bundle:
            if entry.name == METADATA and entry.isfile():
                if entry.size > _LARGEST:
                    raise BrokenArtifact(f"Bundle {path}: its {METADATA} is larger than {_LARGEST} bytes")
                stream = bundle.extractfile(entry)
                return stream.read() if stream else b""
    raise KeyError(METADATA)
