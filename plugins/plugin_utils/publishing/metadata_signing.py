# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""New metadata: drafted for the roles whose keys may be in several places, signed by the keys of a task, and completed when enough have signed."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from ...module_utils.hermetic.errors import HermeticError
from ..trust.layout import IDENTITY, TARGETS, TOP_LEVEL, timestamp_path, versioned
from .metadata import InForce, declared_delegations, named_role
from .role_status import ONLINE
from .signing import Signing


@dataclass(frozen=True)
class Draft:
    """What is to be signed: the root, and the metadata of roles that name files, with the parts of the index that they name."""

    metadata: Mapping[str, Metadata] = field(default_factory=dict)
    """By role, in the order of trust, with the signatures that it has so far."""
    parts: Mapping[str, bytes] = field(default_factory=dict)

    def root(self, now: InForce | None) -> Root:
        """Return the root that counts once this is published."""
        root: Root = self.metadata["root"].signed if "root" in self.metadata else known(now).root.signed
        return root

    def targets(self, now: InForce | None) -> Targets:
        """Return the targets that count once this is published."""
        targets: Targets = self.metadata[TARGETS].signed if TARGETS in self.metadata else known(now).targets.signed
        return targets

    def judges(self, role: str, now: InForce | None) -> list[Root | Targets]:
        """Return by whom a role is judged: a new root also by the one before, a delegated role by the targets."""
        if role == "root":
            return [self.root(now), *([now.root.signed] if now is not None else [])]
        return [self.root(now) if role in TOP_LEVEL else self.targets(now)]

    def signers(self, role: str, now: InForce | None) -> set[str]:
        """Return the identifiers of the keys that shall sign a role: those of the root before go on while their readers follow."""
        judges = self.judges(role, now)
        if role in TOP_LEVEL and now is not None:
            judges = [*judges, now.root.signed]
        return {keyid for judge in judges for keyid in named_role(judge, role).keyids}


@dataclass(frozen=True)
class Shortfall:
    """A role with fewer signatures than it needs."""

    role: str
    judge: Root | Targets
    has: int
    threshold: int
    others: tuple[str, ...]
    """Identifiers of the keys that could still sign."""

    def of_task(self) -> str:
        """Return what a task lacks that must sign alone."""
        shared = ", or pending: true to let others sign later" if self.role not in ONLINE else ""
        return (
            f"role {self.role}: {self._which()} {self.threshold} of its {self.has + len(self.others)} keys, and this task has {self.has}; "
            f"give more of them (private_key, keys, delegations, or previous_keys for those that are replaced){shared}"
        )

    def of_pending(self) -> str:
        """Return what a pending publication waits for."""
        return (
            f"role {self.role}: {self._which()} {self.threshold} signatures and has {self.has}; "
            f"keys that have not signed: {', '.join(keyid[:16] for keyid in self.others)}"
        )

    def _which(self) -> str:
        if self.role == "root":
            return f"version {self.judge.version} of the root wants"
        return f"the {self.judge.type} {'wants' if self.judge.type == 'root' else 'want'}"


def drafted(
    now: InForce | None, contents: Mapping[str, Mapping[str, TargetFile]], signing: Signing, roles: Collection[str], *, moment: datetime
) -> dict[str, Metadata]:
    """Return the metadata of those roles, unsigned, of which the snapshot does not depend on signatures.

    ``contents`` has the targets of each role that publishes.
    """
    found: dict[str, Metadata] = {}
    if "root" in roles:
        found["root"] = _root(now, signing, moment)
    meta = now.snapshot.signed.meta if now is not None else {}
    for role in (each for each in contents if each in roles):
        published = now.publishing.get(role) if now is not None else None
        # A role that was removed and comes back goes on where it ended: what it signed once must stay older.
        version = (
            published.signed.version + 1 if published is not None else meta[f"{role}.json"].version + 1 if f"{role}.json" in meta else 1
        )
        own = declared_delegations(now, signing) if role == TARGETS else None
        found[role] = Metadata(Targets(version, None, moment + timedelta(days=signing.days_of(role)), dict(contents[role]), own))
    return found


def sign(metadata: Metadata, keyids: Iterable[str], signing: Signing) -> list[str]:
    """Sign metadata with those of the keys that the task has and that did not sign yet, and return them."""
    able = [keyid for keyid in sorted(set(keyids)) if keyid in signing.signers and keyid not in metadata.signatures]
    for keyid in able:
        try:
            metadata.sign(signing.signers[keyid], append=True)
        except UnsignedMetadataError as error:
            cause = error.__cause__
            reason = cause.message if isinstance(cause, HermeticError) else str(cause)
            raise HermeticError(
                f"The metadata of the role {metadata.signed.type} was not signed, and the repository was not changed. {reason}"
            ) from error
    return able


def completed(now: InForce | None, draft: Draft, online: Collection[str], signing: Signing, *, moment: datetime) -> list[tuple[str, bytes]]:
    """Sign a draft, and the snapshot and timestamp where ``online`` has them, and return their files in the order in which they are written."""
    files: list[tuple[str, bytes]] = []
    meta = dict(now.snapshot.signed.meta) if now is not None else {}

    def finish(role: str, metadata: Metadata, path: str) -> None:
        sign(metadata, draft.signers(role, now), signing)
        if lacking := shortfalls(draft, role, now, signed=metadata):
            raise HermeticError("The metadata cannot be signed; the repository was not changed", [each.of_task() for each in lacking])
        files.append((path, metadata.to_bytes(JSONSerializer(compact=role != "root"))))

    for role, metadata in draft.metadata.items():
        finish(role, metadata, versioned(role, metadata.signed.version))
        if role != "root":
            meta[f"{role}.json"] = MetaFile.from_data(metadata.signed.version, files[-1][1], ["sha256"])
    named = now.timestamp.signed.snapshot_meta if now is not None else MetaFile()
    if "snapshot" in online:
        version = now.snapshot.signed.version + 1 if now is not None else 1
        expires = moment + timedelta(days=signing.days_of("snapshot"))
        finish("snapshot", Metadata(Snapshot(version, None, expires, meta)), versioned("snapshot", version))
        named = MetaFile.from_data(version, files[-1][1], ["sha256"])
    if "timestamp" in online:
        version = now.timestamp.signed.version + 1 if now is not None else 1
        expires = moment + timedelta(days=signing.days_of("timestamp"))
        finish("timestamp", Metadata(Timestamp(version, None, expires, named)), timestamp_path())
    return _ordered(files, now)


def missing(draft: Draft, now: InForce | None, online: Collection[str], *, signers: Collection[str]) -> list[Shortfall]:
    """Return what a draft lacks to be published, if those with ``signers`` sign it."""
    found = [each for role, metadata in draft.metadata.items() for each in shortfalls(draft, role, now, signed=metadata, signers=signers)]
    return found + [each for role in ONLINE if role in online for each in shortfalls(draft, role, now, signers=signers)]


def _ordered(files: list[tuple[str, bytes]], now: InForce | None) -> list[tuple[str, bytes]]:
    """Put the root last if readers of the root before accept the new timestamp: no reader then sees a root without metadata of its keys."""
    stamp = next((content for path, content in files if path == timestamp_path()), None)
    if now is None or stamp is None or not files[0][0].endswith(".root.json"):
        return files
    names: dict[str, Metadata] = {"timestamp": Metadata[Timestamp].from_bytes(stamp)}
    names |= {path.rpartition("/")[2].split(".")[1]: Metadata.from_bytes(content) for path, content in files[1:-1]}
    before = Draft()
    accepted = not [
        each for role, metadata in names.items() if role in TOP_LEVEL for each in shortfalls(before, role, now, signed=metadata)
    ]
    return [*files[1:], files[0]] if accepted else files


def _root(now: InForce | None, signing: Signing, moment: datetime) -> Metadata[Root]:
    expires = moment + timedelta(days=signing.days["root"])
    if now is None:
        if keyless := [role for role in TOP_LEVEL if role not in signing.roles]:
            raise HermeticError(
                f"The roles {', '.join(keyless)} have no keys; give private_key for all roles, or keys for each",
                [f"role {role}: no key" for role in keyless],
            )
        root = Root(1, None, expires, consistent_snapshot=True, unrecognized_fields={IDENTITY: uuid.uuid4().hex})
    else:
        root = copy.deepcopy(now.root.signed)
        root.version += 1
        root.expires = expires
    for role, asked in signing.roles.items():
        for keyid in list(root.roles[role].keyids):
            root.revoke_key(keyid, role)
        for key in asked.keys:
            root.add_key(key, role)
        root.roles[role].threshold = asked.threshold
    return Metadata(root)


def shortfalls(
    draft: Draft, role: str, now: InForce | None, *, signed: Metadata | None = None, signers: Collection[str] = ()
) -> list[Shortfall]:
    """Return by how many signatures a role is short, of those that its metadata has, and those that ``signers`` would add."""
    found = []
    for judge in draft.judges(role, now):
        needed = named_role(judge, role)
        valid = judge.get_verification_result(role, signed.signed_bytes, signed.signatures).signed if signed is not None else {}
        has = {*valid, *(keyid for keyid in needed.keyids if keyid in signers)}
        if len(has) < needed.threshold:
            found.append(Shortfall(role, judge, len(has), needed.threshold, tuple(keyid for keyid in needed.keyids if keyid not in has)))
    return found


def known(now: InForce | None) -> InForce:
    """Return the metadata in force of a repository that is not new."""
    if now is None:
        raise AssertionError("a new repository has a new root")
    return now
