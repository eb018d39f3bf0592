# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive from which a host takes playbooks, inventory and locks: nothing of it is read before its signature, digest or metadata is right."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import secrets
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.fs.removal import remove_tree, try_to_remove
from ...module_utils.hermetic.text.redaction import shown
from ..net.http_source import HttpSource
from ..net.size_limits import TooLarge
from ..repository.signature import fingerprint, is_signed_by, read_public_key
from .published_archive import announced
from .settings import ArchiveSource, PublishedSource

LARGEST = 64 << 20
"""Bytes of an archive."""
LARGEST_UNPACKED = 512 << 20
MOST_ENTRIES = 50_000
SIGNATURE = ".sig"
_TREE, _SIGNED = "tree", "signature"
_TRIES = 2


def checked_out(source: ArchiveSource | PublishedSource, directory: Path, *, cache: Path) -> Path:
    """Return the tree of the archive below a directory, fetched and unpacked where it is not there yet; others there are removed."""
    if isinstance(source, PublishedSource):
        place = _published(source, directory, cache)
    else:
        # Ed25519 gives one signature for one content: where it is known, the archive need not be fetched again.
        signature = _read(source.url + SIGNATURE, source) if source.public_key else b""
        place = _known(directory, source.sha256, signature) or _unpacked(source, directory, signature)
    for other in directory.iterdir():
        if other != place:
            remove_tree(other)
    return place / _TREE


def _published(source: PublishedSource, directory: Path, cache: Path) -> Path:
    for attempt in range(_TRIES):
        found = announced(source, cache)
        if found.size > LARGEST:
            raise HermeticError(
                f"The file {found.name} of the repository {shown(source.repository)} has {found.size} bytes; expected an archive of playbooks, "
                f"inventory and locks, which has at most {LARGEST}."
            )
        place = _known(directory, found.sha256, b"")
        if place is not None:
            return place
        try:
            return _unpacked(ArchiveSource(found.location, "", found.sha256, source.ca_path), directory, b"", limit=found.size)
        except _Absent:
            # Another publication may have replaced it since its metadata was read.
            if attempt + 1 == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


def _known(directory: Path, sha256: str, signature: bytes) -> Path | None:
    for place in sorted(directory.iterdir()):
        stored = place / _SIGNED
        if stored.is_file() and (not sha256 or place.name == sha256) and stored.read_bytes() == signature:
            return place
    return None


def _unpacked(source: ArchiveSource, directory: Path, signature: bytes, *, limit: int = LARGEST) -> Path:
    content = _read(source.url, source, limit=limit)
    digest = hashlib.sha256(content).hexdigest()
    _require_trusted(source, content, digest, signature)
    new = directory / f"new-{secrets.token_hex(8)}"
    new.mkdir(mode=0o700)
    try:
        _unpack(content, new / _TREE, source.url)
        # Last: a tree without it was cut off.
        (new / _SIGNED).write_bytes(signature)
        place = directory / digest
        if place.exists():
            remove_tree(place)
        os.rename(new, place)
    except BaseException:
        try_to_remove(new)
        raise
    return place


def _require_trusted(source: ArchiveSource, content: bytes, digest: str, signature: bytes) -> None:
    problems = []
    if source.sha256 and digest != source.sha256:
        problems.append(f"{shown(source.url)} has the SHA-256 {digest}, expected {source.sha256}")
    if source.public_key:
        key = read_public_key(source.public_key)
        if not is_signed_by(content, signature, key=key):
            problems.append(
                f"{shown(source.url)} is not what {shown(source.url)}{SIGNATURE} signs with the key {source.public_key} ({fingerprint(key)})"
            )
    if problems:
        raise HermeticError(
            "The archive of the fleet is not trusted, and nothing of it was read. Publish it and its signature again.", problems
        )


class _Absent(HermeticError):
    """There is no such file."""


def _read(url: str, source: ArchiveSource, *, limit: int = LARGEST) -> bytes:
    if url.startswith("/"):
        try:
            with open(url, "rb") as stream:
                content = stream.read(limit + 1)
        except FileNotFoundError as error:
            raise _Absent(f"{url} is not there.") from error
        except OSError as error:
            raise HermeticError(f"{url} cannot be read: {error.strerror}.") from error
        if len(content) > limit:
            raise HermeticError(_too_large(url, limit))
        return content
    try:
        answer = HttpSource(ca_path=source.ca_path or None, page_limit=LARGEST).get(url, limit=limit, absent=(403, 404))
    except TooLarge as error:
        raise HermeticError(_too_large(url, limit)) from error
    if answer.status != 200:
        raise _Absent(f"{shown(url)} is not there (HTTP {answer.status}).")
    return answer.content


def _too_large(url: str, limit: int) -> str:
    if limit < LARGEST:
        return (
            f"{shown(url)} has more than the {limit} bytes that its metadata says (endless data). Nothing of it was read: publish it again."
        )
    return f"{shown(url)} has more than {limit} bytes, which is more than playbooks, inventory and locks have."


def _unpack(content: bytes, tree: Path, url: str) -> None:
    tree.mkdir(mode=0o700)
    try:
        with _opened(content) as archive:
            for count, entry in enumerate(archive, 1):
                if count > MOST_ENTRIES:
                    raise HermeticError(f"{shown(url)} has more than {MOST_ENTRIES} entries.")
                if not (entry.isreg() or entry.isdir() or entry.issym()):
                    raise HermeticError(f"{shown(url)} has {shown(entry.name)}, which is neither a file, a directory nor a symbolic link.")
                archive.extract(entry, tree, filter="data")
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError, OSError, OverflowError, RecursionError) as error:
        # The last two: a time that no clock has, and directories within each other without an end.
        raise HermeticError(f"{shown(url)} cannot be unpacked: {error}. Expected a .tar.gz of the directory of the fleet.") from error


@contextmanager
def _opened(content: bytes) -> Iterator[tarfile.TarFile]:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed, tarfile.open(fileobj=_Bounded(packed), mode="r|") as archive:
        yield archive


class _Bounded(io.RawIOBase):
    """Gives no more than an archive may hold."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream, self._left = stream, LARGEST_UNPACKED

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(block)
        if self._left < 0:
            raise HermeticError(f"The archive of the fleet unpacks to more than {LARGEST_UNPACKED} bytes.")
        return block
