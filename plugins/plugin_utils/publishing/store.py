# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing a local repository directory: one publisher at a time, every file in place before the index names it."""

from __future__ import annotations

import contextlib
import datetime
import errno
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from filelock import FileLock, Timeout

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError, LockTimeout
from ...module_utils.hermetic.os_errors import explain
from ..net.local_file import replacing, sha256_of
from ..repository import signature as signatures
from ..repository.bundle_archive import DESCRIBED, INDEXED, INDEXED_LATER, read_metadata
from ..repository.index import parse_index
from ..repository.prebuilt_artifact import PREBUILT
from ..repository.reader import INDEX, SIGNATURE
from .change import Change, Placement
from .plan import Update, described, plan_update

_NEXT = f".{INDEX}.next"
_LOCK = ".lock"
_KEPT_FILES = (INDEX, SIGNATURE, _LOCK)


@dataclass(frozen=True)
class Outcome:
    """What an update did, or would do in check mode."""

    changed: bool
    serial: int
    plan: tuple[Change, ...]
    warnings: tuple[str, ...]
    before: str
    after: str
    index: dict[str, Any]


@dataclass(frozen=True)
class RepositoryStore:
    """A repository directory, as its publisher sees it."""

    directory: Path
    private_key: Ed25519PrivateKey | None = None
    lock_timeout: float = 300.0

    def preview(self, update: Update) -> dict[str, Any]:
        """Return the index that an update would lead to."""
        return self.update(update, check=True).index

    def update(self, update: Update, *, check: bool = False) -> Outcome:
        """Apply an update as one step: readers see the index before it or after it, and every file that their index names."""
        with contextlib.nullcontext() if check else self._locked():
            current, signed = self._current(recover=not check)
            planned = plan_update(current, update, present=self.is_present)
            unlisted = self._unlisted(planned.index) if update.keep is not None else []
            changes = [*planned.changes]
            changes += [
                Change("remove_file", f"file:{path}", "the index does not name it") for path in unlisted if path not in planned.dropped
            ]
            resign = self.private_key is not None and not signed and (current["serial"] > 0 or planned.index != current)
            if resign and planned.index == current:
                changes.append(Change("sign", "index", "the index is not signed yet"))
            self._demand_key(changed=planned.index != current)
            index = planned.index
            if index != current:
                now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                index = {**index, "serial": current["serial"] + 1, "generated": now}
            if changes and not check:
                self._write(index if index != current or resign else None, planned.placements, [*planned.dropped, *unlisted])
            return Outcome(
                bool(changes), index["serial"], tuple(changes), planned.warnings, described(current), described(planned.index), index
            )

    def verify(self, *, public_key: Ed25519PublicKey | None = None) -> list[str]:
        """Return every way in which the directory is not what its index says, or the index not what the key signed."""
        try:
            content = (self.directory / INDEX).read_bytes()
        except OSError as error:
            return [f"{INDEX}: {error.strerror or error}"]
        key = public_key or (self.private_key.public_key() if self.private_key else None)
        signed = self._signature()
        problems = []
        if key is not None and not signatures.is_signed_by(content, signed, key=key):
            found = "is missing" if signed is None else "is not this key's signature of the index"
            problems.append(f"{SIGNATURE}: {found}; expected key {signatures.fingerprint(key)}")
        try:
            index = parse_index(content, subject=INDEX)
        except HermeticError as error:
            return [*problems, error.message, *error.problems]
        with ThreadPoolExecutor() as pool:
            problems += [
                problem for found in pool.map(lambda entry: self._file_problems(*entry), _listed_files(index)) for problem in found
            ]
        problems += [f"{path}: the index does not name this file" for path in self._unlisted(index)]
        return problems

    def _current(self, *, recover: bool) -> tuple[dict[str, Any], bool]:
        """Return the index as it is, and whether it carries the signature of our key."""
        following = self.directory / _NEXT
        content, signed = self._read(INDEX), self._signature()
        key = self.private_key.public_key() if self.private_key else None
        if key is not None and signed is not None and not signatures.is_signed_by(content or b"", signed, key=key):
            # A publisher that was killed between signature and index left the index that the signature is for.
            interrupted = self._read(_NEXT)
            if interrupted is None or not signatures.is_signed_by(interrupted, signed, key=key):
                raise BrokenArtifact(
                    f"The index of {self.directory} is not what key {signatures.fingerprint(key)} signed: it was changed, or another key signed it. "
                    f"Nothing was signed; look at it (state: verified), and remove {SIGNATURE} if what is there is right"
                )
            content = interrupted
            if recover:
                os.replace(following, self.directory / INDEX)
        elif recover:
            following.unlink(missing_ok=True)
        if content is None:
            return {"format": 1, "serial": 0, "generated": None, "bundles": {}, "wheels": {}}, False
        return parse_index(content, subject=f"The index of {self.directory}"), signed is not None and key is not None

    def _demand_key(self, *, changed: bool) -> None:
        if changed and self.private_key is None and self._signature() is not None:
            raise HermeticError(f"The repository {self.directory} is signed and would change; give the private key that signs it")

    def _write(self, index: dict[str, Any] | None, placements: Sequence[Placement], drop: Sequence[str]) -> None:
        try:
            for placement in placements:
                self._place(placement)
            if index is not None:
                content = json.dumps(index, indent=1, sort_keys=True).encode() + b"\n"
                with replacing(self.directory / _NEXT, mode=0o644, durable=True) as stream:
                    stream.write(content)
                if self.private_key is not None:
                    signed = signatures.sign(content, key=self.private_key)
                    with replacing(self.directory / SIGNATURE, mode=0o644, durable=True) as stream:
                        stream.write(signed)
                os.replace(self.directory / _NEXT, self.directory / INDEX)
                _make_durable(self.directory)
            for path in drop:
                self._drop(path)
        except OSError as error:
            if error.errno == errno.EROFS:
                raise self._read_only(error) from error
            raise HermeticError(
                f"The repository {self.directory} cannot be written: {error}; what it published before is untouched"
            ) from error

    def _read_only(self, error: OSError) -> HermeticError:
        return explain(OSError(error.errno, error.strerror, str(self.directory)), f"The repository {self.directory}")

    def _place(self, placement: Placement) -> None:
        target = self.directory / placement.path
        made = target.parent
        while not made.exists():
            made = made.parent
        target.parent.mkdir(parents=True, exist_ok=True)
        directory = target.parent
        while directory != made:
            directory.chmod(0o755)
            directory = directory.parent
        with replacing(target, mode=0o644, durable=True) as stream, open(placement.source, "rb") as source:
            digest = hashlib.sha256()
            while block := source.read(1 << 20):
                digest.update(block)
                stream.write(block)
            if (found := digest.hexdigest()) != placement.sha256:
                raise BrokenArtifact(
                    f"{placement.source} changed while it was published: SHA-256 {found}, expected {placement.sha256}; try again"
                )
        _make_durable(target.parent)

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

    def _file_problems(self, path: str, size: int, sha256: str, bundle: dict[str, Any] | None) -> list[str]:
        file = self.directory / path
        try:
            found = file.stat().st_size
            if found != size:
                return [f"{path}: has {found} bytes, the index says {size}"]
            if (digest := sha256_of(file)) != sha256:
                return [f"{path}: has SHA-256 {digest}, the index says {sha256}"]
            if bundle is not None:
                metadata = read_metadata(file)
                keys = [key for key in INDEXED if key in bundle or key not in INDEXED_LATER]
                differing = [key for key in keys if metadata.get(key) != bundle.get(key)]
                # Older releases published bundles without it.
                differing += [key for key in DESCRIBED if bundle.get(key) not in (None, metadata[key])]
                return [f"{path}: its {key} differs from what the index says of it" for key in differing]
        except OSError as error:
            return [f"{path}: {error.strerror or error}"]
        except HermeticError as error:
            return [str(error)]
        return []

    def _unlisted(self, index: dict[str, Any]) -> list[str]:
        named = {path for path, *_unused in _listed_files(index)}
        found = []
        for directory, _unused, files in os.walk(self.directory):
            for file in files:
                path = (Path(directory) / file).relative_to(self.directory).as_posix()
                if path not in named and path not in _KEPT_FILES:
                    found.append(path)
        return sorted(found)

    def _signature(self) -> bytes | None:
        return self._read(SIGNATURE)

    def _read(self, name: str) -> bytes | None:
        try:
            return (self.directory / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HermeticError(f"The repository {self.directory} cannot be read: {name}: {error.strerror or error}") from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
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


def _listed_files(index: dict[str, Any]) -> list[tuple[str, int, str, dict[str, Any] | None]]:
    archives = [
        (entry["path"], entry["size"], entry["sha256"], entry)
        for bundle in index["bundles"].values()
        for release in bundle["releases"].values()
        for entry in release["platforms"].values()
    ]
    wheels = [(wheel["path"], wheel["size"], sha256, None) for sha256, wheel in index["wheels"].items()]
    prebuilt = [
        (entry["path"], entry["size"], entry["sha256"], None)
        for archives_of in index.get(PREBUILT, {}).values()
        for entry in archives_of.values()
        # In check mode there is nothing yet behind what is planned.
        if entry
    ]
    return [*archives, *wheels, *prebuilt]


def _make_durable(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
