# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A publication that waits for signatures: kept beside what is published, where no reader looks, until enough keys have signed it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization.json import JSONSerializer

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.text.grammar import is_number, shown
from ...module_utils.hermetic.text.json_text import parse_json
from ..net.local_file import UNFINISHED, replacing
from ..trust.layout import TARGETS, delegated_name_problem
from ..trust.metadata_source import TARGETS_LIMIT
from .change import Placement
from .durable import make_durable
from .listed_files import listed_files
from .metadata_signing import Draft
from .placing import place

PENDING = ".pending"
NEW_PENDING = ".pending.new"
_FORMAT = 1
_ABOUT, _METADATA, _PARTS, _BYTES, _FILES = "pending.json", "metadata", "index", "bytes", "files"
_REMEDY = "Remove it with state: discarded, and publish again"


@dataclass(frozen=True)
class Pending:
    """A publication that waits for signatures."""

    prepared: str
    draft: Draft


@dataclass(frozen=True)
class PendingDirectory:
    """Where a repository has its pending publication; only its owner can read it, so that no web server shows it."""

    repository: Path

    @property
    def place(self) -> Path:
        """The directory of the pending publication."""
        return self.repository / PENDING

    @property
    def is_there(self) -> bool:
        """Return whether there is anything to remove."""
        return os.path.lexists(self.place) or os.path.lexists(self.repository / NEW_PENDING)

    def read(self) -> Pending | None:
        """Return the pending publication, or None; one that cannot be read is an error."""
        if not os.path.lexists(self.place):
            return None
        try:
            about = parse_json(self._content(_ABOUT))
            if not isinstance(about, Mapping) or not is_number(about.get("format"), least=_FORMAT, most=_FORMAT):
                raise ValueError(f"{_ABOUT} is of another format")
            if not isinstance(prepared := about.get("prepared"), str) or not prepared.isprintable() or len(prepared) > 40:
                raise ValueError(f"{_ABOUT} does not say when it was prepared")
            metadata = {role: self._metadata(role) for role in self._roles(_METADATA)}
            parts = {role: self._content(f"{_PARTS}/{role}.json") for role in metadata if role != "root"}
            if not metadata or {*self._roles(_PARTS)} - {*parts}:
                raise ValueError("it has parts of the index that no metadata names, or no metadata")
        except (RepositoryError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BrokenArtifact(f"The pending publication of {self.repository} cannot be read: {error}. {_REMEDY}") from error
        return Pending(prepared, Draft(metadata, parts))

    def store(self, pending: Pending, placements: Iterable[Placement]) -> None:
        """Store a new pending publication, with the files that the repository does not have yet."""
        new = self.repository / NEW_PENDING
        with self._written():
            _delete(new)
            new.mkdir(mode=0o700)
            try:
                self._fill(new, pending, placements)
                # Nothing is there: who prepares another one has removed this one first.
                os.rename(new, self.place)
            except BaseException:
                _delete(new)
                raise
            make_durable(self.repository)

    def _fill(self, new: Path, pending: Pending, placements: Iterable[Placement]) -> None:
        for name in (_METADATA, _PARTS, _BYTES, _FILES):
            (new / name).mkdir(mode=0o700)
        for placement in placements:
            place(new / _FILES, placement)
        for role, part in pending.draft.parts.items():
            _write(new / _PARTS / f"{role}.json", part)
        for role, metadata in pending.draft.metadata.items():
            _write(new / _METADATA / f"{role}.json", _serialized(metadata))
            # For a machine that is not connected; nothing is ever read from there.
            _write(new / _BYTES / role, metadata.signed_bytes)
        _write(new / _ABOUT, json.dumps({"format": _FORMAT, "prepared": pending.prepared}).encode() + b"\n")
        for name in (_METADATA, _PARTS, _BYTES, "."):
            make_durable(new / name)

    def replace(self, draft: Draft, roles: Iterable[str]) -> None:
        """Write the metadata of roles again, with the signatures that were added."""
        with self._written():
            for role in roles:
                _write(self.place / _METADATA / f"{role}.json", _serialized(draft.metadata[role]))
            make_durable(self.place / _METADATA)

    def remove(self) -> None:
        """Remove the pending publication, and what a publisher left who was killed while preparing one."""
        old = self.repository / NEW_PENDING
        with self._written():
            _delete(old)
            if os.path.lexists(self.place):
                # In one step, so that nobody finds half of it.
                os.rename(self.place, old)
                make_durable(self.repository)
                _delete(old)

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise HermeticError(
                f"The pending publication of {self.repository} cannot be written: {error}; what is published is untouched"
            ) from error

    def placements(self, index: Mapping[str, Any], *, present: Callable[[str, int], bool]) -> list[Placement]:
        """Return the files that an index names and the repository does not have yet; what is nowhere is an error."""
        found, lost = [], []
        for path, size, sha256, _unused in listed_files(index):
            own = self.place / _FILES / path
            if own.is_file():
                found.append(Placement(own, path, sha256))
            elif not present(path, size):
                lost.append(f"{path}: is neither in the repository nor in the pending publication")
        if lost:
            raise HermeticError(f"The pending publication of {self.repository} is incomplete; nothing was signed. {_REMEDY}", lost)
        return found

    def _roles(self, directory: str) -> Sequence[str]:
        """Return the roles that have a file, in the order of trust."""
        names = sorted(name for name in os.listdir(self.place / directory) if not name.startswith(UNFINISHED))
        found = [name.removesuffix(".json") for name in names]
        for name, role in zip(names, found, strict=True):
            if not name.endswith(".json") or (role not in ("root", TARGETS) and delegated_name_problem(role) is not None):
                raise ValueError(f"{shown(name)} is the file of no role that names files")
        return sorted(found, key=lambda role: (role != "root", role != TARGETS, role))

    def _metadata(self, role: str) -> Metadata:
        metadata = Metadata.from_bytes(self._content(f"{_METADATA}/{role}.json"))
        if not isinstance(metadata.signed, Root if role == "root" else Targets):
            raise ValueError(f"{role}.json is of the role {metadata.signed.type}")
        # What is signed is not the file, but the canonical form of its content, which a fraction has none of.
        if not metadata.signed_bytes:
            raise ValueError(f"{role}.json has no content to sign")
        return metadata

    def _content(self, name: str) -> bytes:
        with open(os.open(self.place / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            content = stream.read(TARGETS_LIMIT + 1)
        if len(content) > TARGETS_LIMIT:
            raise ValueError(f"{name} has more than {TARGETS_LIMIT} bytes")
        return content


def _delete(path: Path) -> None:
    """Delete a directory, or what somebody put in its place; no link is followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _serialized(metadata: Metadata) -> bytes:
    return metadata.to_bytes(JSONSerializer(compact=False))


def _write(path: Path, content: bytes) -> None:
    with replacing(path, mode=0o600, durable=True) as stream:
        stream.write(content)
