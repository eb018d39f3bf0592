# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata of a repository directory: read and verified before it is signed again, and written so that readers see before or after."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from ...module_utils.hermetic.errors import BrokenArtifact
from ..net.local_file import replacing
from ..repository.index_parts import whole_index
from ..trust.layout import METADATA, TARGETS, by_digest, part_of, timestamp_path, versioned
from .durable import make_durable
from .metadata import InForce

_VERSION = re.compile(r"([1-9][0-9]{0,17})\.([a-z][a-z0-9-]*)\.json")
_INDEX = re.compile(r"[0-9a-f]{64}\.index\.json|index/[0-9a-f]{64}\.[a-z][a-z0-9-]*\.json")
_READ_ON = 24 * 3600.0
"""Seconds for which readers may still be on their way through what a newer publication replaced."""


@dataclass(frozen=True)
class MetadataDirectory:
    """The metadata of a repository, as its publisher sees it."""

    repository: Path

    @property
    def is_there(self) -> bool:
        """Return whether a publication with metadata was completed here."""
        return os.path.lexists(self.repository / timestamp_path())

    def in_force(self) -> InForce | None:
        """Return the metadata that is published, or None; what its own root does not sign is an error, and nothing is signed after it."""
        if not self.is_there:
            return None
        try:
            version = max((number for number, role in self._versions() if role == "root"), default=1)
            roots = [self._load(Root, versioned("root", number)) for number in range(version, max(0, version - 2), -1)]
            stamp = self._load(Timestamp, timestamp_path())
            roots[0].signed.verify_delegate("root", roots[0].signed_bytes, roots[0].signatures)
            if len(roots) == 2:
                roots[1].signed.verify_delegate("root", roots[0].signed_bytes, roots[0].signatures)
            snapshot = self._load(Snapshot, versioned("snapshot", stamp.signed.snapshot_meta.version))
            targets = self._load(Targets, versioned("targets", snapshot.signed.meta["targets.json"].version))
            delegated = self._delegated(snapshot.signed, targets.signed)
            named: dict[str, Metadata] = {"timestamp": stamp, "snapshot": snapshot, "targets": targets}
            # Killed in a rotation, a publisher leaves a root whose keys have not signed the rest yet.
            for root in roots[1:]:
                if not _signs(roots[0].signed, named) and _signs(root.signed, named):
                    return InForce(roots[0], stamp, snapshot, targets, delegated, behind=True)
            for role, metadata in named.items():
                roots[0].signed.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        except (RepositoryError, OSError, KeyError, ValueError) as error:
            raise BrokenArtifact(
                f"The metadata of {self.repository} is incomplete, or is not what its keys signed: {error}. Nothing was signed: restore "
                f"{METADATA} from a copy, or remove that directory to start again with a root that readers must be given"
            ) from error
        return InForce(roots[0], stamp, snapshot, targets, delegated)

    def parts(self, now: InForce) -> dict[str, bytes]:
        """Return the parts of the index that the metadata names."""
        found = {}
        for role, metadata in ((TARGETS, now.targets), *now.delegated.items()):
            target = metadata.signed.targets.get(part_of(role))
            try:
                if target is None:
                    raise ValueError(f"it names no {part_of(role)}")
                content = (self.repository / by_digest(target.path, target.hashes["sha256"])).read_bytes()
                target.verify_length_and_hashes(content)
            except (RepositoryError, OSError, KeyError, ValueError) as error:
                raise BrokenArtifact(
                    f"The index that the metadata of {self.repository} names is missing or was changed: {error}. "
                    "Nothing was signed: restore it from a copy"
                ) from error
            found[role] = content
        return found

    def index(self, now: InForce) -> bytes:
        """Return the index that the metadata names."""
        return whole_index(self.parts(now), now.paths, subject=f"The index of {self.repository}")

    def _delegated(self, snapshot: Snapshot, targets: Targets) -> dict[str, Metadata[Targets]]:
        found = {}
        for role in (targets.delegations.roles if targets.delegations is not None else None) or {}:
            if (named := snapshot.meta.get(f"{role}.json")) is not None:
                metadata = self._load(Targets, versioned(role, named.version))
                targets.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
                found[role] = metadata
        return found

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files in their order, each complete and on the disk before the next."""
        for path, content in files:
            target = self.repository / path
            if not target.parent.is_dir():
                target.parent.mkdir(mode=0o755)
                target.parent.chmod(0o755)
            with replacing(target, mode=0o644, durable=True) as stream:
                stream.write(content)
            make_durable(target.parent)

    def note_replaced(self, now: InForce) -> None:
        """Note that what is in force is replaced now, however old it is: readers may be on their way through it for a while."""
        for path in _files_of(now):
            try:
                os.utime(self.repository / path)
            except FileNotFoundError:
                continue

    def outdated(self, now: InForce, *, moment: float | None = None) -> list[str]:
        """Return the files of earlier publications that no reader is on its way to any more; roots stay, since they lead to each other."""
        current = _files_of(now)
        found = [versioned(role, number) for number, role in self._versions() if role != "root"]
        names = [*os.listdir(self.repository), *(f"index/{path.name}" for path in (self.repository / "index").glob("*"))]
        found += [name for name in names if _INDEX.fullmatch(name)]
        before = (time.time() if moment is None else moment) - _READ_ON
        return sorted(path for path in found if path not in current and self._changed(path) < before)

    def is_own(self, path: str) -> bool:
        """Return whether a file in the repository is one that this class writes."""
        directory, _slash, name = path.rpartition("/")
        if directory == METADATA:
            return path == timestamp_path() or _VERSION.fullmatch(name) is not None
        return _INDEX.fullmatch(path) is not None

    def _changed(self, path: str) -> float:
        try:
            return (self.repository / path).stat().st_mtime
        except FileNotFoundError:
            return time.time()

    def _versions(self) -> list[tuple[int, str]]:
        try:
            names = os.listdir(self.repository / METADATA)
        except FileNotFoundError:
            return []
        found = [match for name in names if (match := _VERSION.fullmatch(name))]
        return sorted((int(match[1]), match[2]) for match in found)

    def _load(self, role: type[Root | Timestamp | Snapshot | Targets], path: str) -> Metadata:
        # Not from_file, which has errors of its own for a file that cannot be read.
        metadata = Metadata.from_bytes((self.repository / path).read_bytes())
        if not isinstance(metadata.signed, role):
            raise ValueError(f"{path} is of the role {metadata.signed.type}")
        return metadata


def _files_of(now: InForce) -> set[str]:
    """Return the files that readers of metadata request by a version or a digest, but for the roots."""
    found = {versioned("snapshot", now.snapshot.signed.version)}
    for role, metadata in now.publishing.items():
        found.add(versioned(role, metadata.signed.version))
        found.add(by_digest(part_of(role), metadata.signed.targets[part_of(role)].hashes["sha256"]))
    return found


def _signs(root: Root, named: dict[str, Metadata]) -> bool:
    try:
        for role, metadata in named.items():
            root.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except RepositoryError:
        return False
    return True
