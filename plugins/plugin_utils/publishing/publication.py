# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update changes of the metadata: drafted and signed before anything is written, so that a key that fails leaves the repository as it was."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..repository.index_document import parse_index
from ..repository.index_parts import index_bytes, is_empty, same_but_for_time, split_index
from ..trust.layout import TARGETS, by_digest, part_of
from .change import Change
from .listed_files import listed_files, targets_of
from .metadata import InForce, declared_delegations, due, expiring
from .metadata_directory import MetadataDirectory
from .metadata_signing import Draft, Shortfall, completed, drafted, missing
from .role_status import ONLINE
from .signing import Signing
from .target_links import add_links, lacking_links


@dataclass(frozen=True)
class Publication:
    """The metadata of one update; without ``signing``, there is none."""

    directory: Path
    index: Mapping[str, Any]
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    signing: Signing | None = None
    now: InForce | None = None
    draft: Draft = field(default_factory=Draft)
    online: frozenset[str] = frozenset()
    """Which of snapshot and timestamp are signed again as well."""
    moment: datetime | None = None
    warned_or_renewed: tuple[str, ...] = ()
    """Roles about whose expiry nothing more need be said."""
    files: tuple[tuple[str, bytes], ...] = ()

    def lacking(self) -> list[Shortfall]:
        """Return which signatures are missing, with the keys of this task."""
        if self.signing is None or not (self.draft.metadata or self.now):
            return []
        return missing(self.draft, self.now, self.online, signers=self.signing.signers)

    def signed(self) -> Publication:
        """Return the same with signed files."""
        if self.signing is None or self.moment is None or not (self.draft.metadata or self.online):
            return self
        files = completed(self.now, self.draft, self.online, self.signing, moment=self.moment)
        return dataclasses.replace(self, files=(*named_parts(self.draft), *files))

    def write(self) -> list[str]:
        """Write second names and metadata, the timestamp after all that it leads to, and return warnings."""
        if self.signing is None:
            return []
        warnings = add_links(self.directory, lacking_links(self.directory, _digests(self.index)))
        metadata = MetadataDirectory(self.directory)
        if self.now is not None and self.files:
            metadata.note_replaced(self.now)
        metadata.write(self.files)
        return warnings

    def outdated(self) -> list[str]:
        """Return the files that earlier publications left and that no reader requests any more."""
        metadata = MetadataDirectory(self.directory)
        now = metadata.in_force() if self.signing is not None and self.files else None
        return metadata.outdated(now) if now is not None else []


def prepare(
    directory: Path, now: InForce | None, signing: Signing, *, index: Mapping[str, Any], content: bytes, refresh: bool, check: bool
) -> Publication:
    """Return what of metadata is due, as a draft; nobody signs yet."""
    moment = datetime.now(UTC)
    signing = signing.resolved(now.root.signed if now is not None else None)
    parts = _parts(directory, now, signing, index, content)
    contents = {role: targets_of(part, own, role=role) for role, (part, own) in parts.items()}
    steps = due(now, contents, signing, moment=moment, refresh=refresh)
    changes = [step for step in steps.values() if step is not None]
    if now is not None and (lacking := lacking_links(directory, _digests(index))):
        changes.append(Change("link", "files", f"{len(lacking)} lack the second name by which clients of TUF request them"))
    warnings = {} if now is None else {role: warning for role, warning in expiring(now, signing, moment=moment) if role not in steps}
    # In check mode, a key that is to be generated cannot be named yet.
    unknown = check and now is None and not (signing.signers or signing.roles)
    metadata = drafted(now, contents, signing, steps, moment=moment) if not unknown else {}
    draft = Draft(metadata, {role: own for role, (_part, own) in parts.items() if role in metadata})
    online = frozenset(role for role in ONLINE if role in steps)
    return Publication(directory, index, tuple(changes), tuple(warnings.values()), signing, now, draft, online, moment, (*warnings, *steps))


def named_parts(draft: Draft) -> list[tuple[str, bytes]]:
    """Return the parts of the index under the names by which the metadata of a draft leads to them."""
    return [(by_digest(part_of(role), hashlib.sha256(own).hexdigest()), own) for role, own in draft.parts.items()]


def _parts(
    directory: Path, now: InForce | None, signing: Signing, index: Mapping[str, Any], content: bytes
) -> dict[str, tuple[Mapping[str, Any], bytes]]:
    """Return the part of the index of each role and its bytes; what did not change stays as its role signed it."""
    wanted = declared_delegations(now, signing)
    roles = (wanted.roles if wanted is not None else None) or {}
    if not roles:
        return {TARGETS: (index, content)}
    published = MetadataDirectory(directory).parts(now) if now is not None else {}
    found: dict[str, tuple[Mapping[str, Any], bytes]] = {}
    for role, part in split_index(index, {name: role.paths or () for name, role in roles.items()}).items():
        before = parse_index(published[role], subject=f"The index of {directory}, role {role}") if role in published else None
        if before is not None and same_but_for_time(before, part):
            found[role] = (before, published[role])
        elif before is not None or role == TARGETS or not is_empty(part) or signing.reaches(roles[role].keyids, roles[role].threshold):
            # A role that nothing belongs to yet begins when its keys first sign.
            found[role] = (part, index_bytes(part))
    return found


def _digests(index: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(path, sha256) for path, _size, sha256, _unused in listed_files(index)]
