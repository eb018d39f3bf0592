# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a repository, as its publisher reads and replaces them: one publisher at a time, every file in place before the index names it."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from filelock import FileLock, Timeout

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError, LockTimeout
from ...module_utils.hermetic.os_errors import explain
from ..net.local_file import replacing
from ..repository import signature as signatures
from ..repository.index_document import parse_index
from ..repository.reader import INDEX, SIGNATURE
from ..trust.layout import by_digest
from .change import Placement
from .durable import make_durable
from .listed_files import listed_files
from .metadata import InForce
from .metadata_directory import MetadataDirectory
from .pending import NEW_PENDING, PENDING
from .placing import place
from .publication import Publication

_NEXT = f".{INDEX}.next"
_LOCK = ".lock"
_KEPT_FILES = (INDEX, SIGNATURE, _LOCK)


@dataclass(frozen=True)
class RepositoryDirectory:
    """A repository directory."""

    directory: Path
    lock_timeout: float = 300.0

    @property
    def metadata(self) -> MetadataDirectory:
        """The metadata in it."""
        return MetadataDirectory(self.directory)

    def current(self, now: InForce | None, key: Ed25519PublicKey | None, *, recover: bool) -> tuple[dict[str, Any], bool]:
        """Return the index as it is, and whether it carries the signature of our key."""
        following = self.directory / _NEXT
        content, signed = self.read(INDEX), self.read(SIGNATURE)
        trusted = self.metadata.index(now) if now is not None else None
        valid = _is_signed(trusted or content or b"", signed, key)
        if content == trusted if trusted is not None else signed is None or key is None or valid:
            if recover:
                following.unlink(missing_ok=True)
        else:
            # A publisher that was killed before it replaced the index left the one that was signed; a missing one is no contradiction.
            left = self.read(_NEXT)
            named = left == trusted if trusted is not None else _is_signed(left, signed, key)
            if not named and not (trusted is not None and content is None):
                by = f"key {signatures.fingerprint(key)} signed" if trusted is None and key is not None else "the metadata names"
                raise BrokenArtifact(
                    f"The index of {self.directory} is not what {by}: it was changed, or another key signed it. "
                    f"Nothing was signed; look at it (state: verified), and remove "
                    + (f"{SIGNATURE} if what is there is right" if trusted is None else f"{INDEX} to restore the one that is signed")
                )
            content, valid = trusted if trusted is not None else left, valid or trusted is None
            if recover and left is not None and named:
                os.replace(following, self.directory / INDEX)
            elif recover and content is not None:
                with replacing(self.directory / INDEX, mode=0o644, durable=True) as stream:
                    stream.write(content)
        if content is None:
            return {"format": 1, "serial": 0, "generated": None, "bundles": {}, "wheels": {}}, False
        return parse_index(content, subject=f"The index of {self.directory}"), valid

    def write(
        self,
        content: bytes | None,
        key: Ed25519PrivateKey | None,
        publication: Publication,
        placements: Sequence[Placement],
        drop: Sequence[str],
    ) -> list[str]:
        """Put files in place, replace metadata and index, remove what is dropped, and return warnings; without ``content``, the index stays."""
        try:
            for placement in placements:
                place(self.directory, placement)
            if content is not None:
                with replacing(self.directory / _NEXT, mode=0o644, durable=True) as stream:
                    stream.write(content)
            warnings = publication.write()
            if content is not None:
                if key is not None:
                    signed = signatures.sign(content, key=key)
                    with replacing(self.directory / SIGNATURE, mode=0o644, durable=True) as stream:
                        stream.write(signed)
                else:
                    # One of an index before would make readers without metadata suspect an attack.
                    (self.directory / SIGNATURE).unlink(missing_ok=True)
                os.replace(self.directory / _NEXT, self.directory / INDEX)
                make_durable(self.directory)
            for path in [*drop, *publication.outdated()]:
                self._drop(path)
        except OSError as error:
            if error.errno == errno.EROFS:
                raise self._read_only(error) from error
            raise HermeticError(
                f"The repository {self.directory} cannot be written: {error}; what it published before is untouched"
            ) from error
        return warnings

    def _read_only(self, error: OSError) -> HermeticError:
        return explain(OSError(error.errno, error.strerror, str(self.directory)), f"The repository {self.directory}")

    def _drop(self, path: str) -> None:
        file = self.directory / path
        file.unlink(missing_ok=True)
        for parent in file.parents:
            if parent == self.directory:
                break
            try:
                parent.rmdir()
            except OSError:  # not empty, so that it stays
                break

    def is_present(self, path: str, size: int) -> bool:
        """Return whether a file of that path and size is in the repository."""
        try:
            return (self.directory / path).stat().st_size == size
        except OSError:
            return False

    def unlisted(self, index: dict[str, Any]) -> list[str]:
        """Return the files in the directory that neither the index, nor the metadata, nor what is pending needs."""
        named = {name for path, _size, sha256, _unused in listed_files(index) for name in (path, by_digest(path, sha256))}
        found = []
        for directory, _unused, files in os.walk(self.directory):
            for file in files:
                path = (Path(directory) / file).relative_to(self.directory).as_posix()
                if path.split("/")[0] in (PENDING, NEW_PENDING):
                    continue
                if path not in named and path not in _KEPT_FILES and not self.metadata.is_own(path):
                    found.append(path)
        return sorted(found)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None where there is none."""
        try:
            return (self.directory / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HermeticError(f"The repository {self.directory} cannot be read: {name}: {error.strerror or error}") from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other publishers out, or raise an error after the time to wait for them."""
        try:
            self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            lock = FileLock(self.directory / _LOCK, timeout=self.lock_timeout, mode=0o644, fallback_to_soft=False)
            lock.acquire()
        except Timeout as error:
            raise LockTimeout(
                f"Another publisher holds {self.directory} for more than {self.lock_timeout:g} s. Wait until it has finished and run this again."
            ) from error
        except OSError as error:
            if error.errno == errno.EROFS:
                raise self._read_only(error) from error
            raise HermeticError(
                f"The repository {self.directory} cannot be written: {error.strerror or error}; name a directory of yours"
            ) from error
        try:
            yield
        finally:
            lock.release()


def _is_signed(content: bytes | None, signed: bytes | None, key: Ed25519PublicKey | None) -> bool:
    return content is not None and key is not None and signatures.is_signed_by(content, signed, key=key)
