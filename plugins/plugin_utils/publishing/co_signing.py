# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publications that several people sign, one after the other: set aside by one, signed by others, and published with the last signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from ...module_utils.hermetic.errors import HermeticError
from ..repository.index_document import parse_index
from ..trust.layout import TARGETS
from .change import Change, Placement
from .index_difference import draft_changes
from .listed_files import listed_files, names_of
from .metadata import InForce
from .metadata_signing import Draft, completed, missing, sign
from .pending import Pending, PendingDirectory
from .pending_verification import is_published, online_due, pending_problems, same_content, whole
from .publication import Publication, named_parts
from .repository_directory import RepositoryDirectory
from .role_status import role_status
from .signing import Signing

_REMEDY = "Remove it with state: discarded, and publish again"


@dataclass(frozen=True)
class Signed:
    """What signing did to a pending publication, or would do in check mode."""

    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    index: Mapping[str, Any] | None = None
    """The index that it leads to; None where nothing was pending."""
    published: bool = False


@dataclass(frozen=True)
class CoSigning:
    """The pending publication of a repository; whoever changes it holds the lock of the repository."""

    place: RepositoryDirectory

    @property
    def directory(self) -> PendingDirectory:
        """Where it is kept."""
        return PendingDirectory(self.place.directory)

    def status(self) -> dict[str, Any] | None:
        """Return what a result says of it, or None where nothing is pending."""
        try:
            pending = self.directory.read()
        except HermeticError as error:
            return {"prepared": None, "usable": False, "problems": [error.message], "missing": [], "roles": []}
        if pending is None:
            return None
        now = self.place.metadata.in_force()
        problems = self._problems(pending.draft, now)
        lacking = [each.of_pending() for each in missing(pending.draft, now, (), signers=())] if not problems else []
        if not problems and not lacking:
            lacking = [f"keys of {' and '.join(sorted(online_due(pending.draft, now))) or 'no role'}: sign it with them to publish it"]
        roles = (
            [] if problems else [role_status(role, each, pending.draft.judges(role, now)) for role, each in pending.draft.metadata.items()]
        )
        return {"prepared": pending.prepared, "usable": not problems, "problems": problems, "missing": lacking, "roles": roles}

    def warnings(self, status: Mapping[str, Any] | None) -> list[str]:
        """Return a warning of a pending publication that can never be published."""
        if status is None or status["usable"]:
            return []
        return [
            f"The pending publication of {self.place.directory} cannot be published any more: {'; '.join(status['problems'])}. {_REMEDY}."
        ]

    def set_aside(self, publication: Publication, placements: Iterable[Placement], *, check: bool) -> list[Change]:
        """Store a publication that lacks signatures, with those of this task."""
        if publication.signing is None:
            raise AssertionError("what is not signed lacks no signature")
        draft, signing = publication.draft, publication.signing
        waits = [each.of_pending() for each in publication.lacking()]
        if not check:
            for role, metadata in draft.metadata.items():
                sign(metadata, draft.signers(role, publication.now), signing)
            self.directory.store(Pending(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", draft), placements)
        return [Change("prepare", "pending", "; ".join(waits))]

    def is_same(self, publication: Publication) -> bool:
        """Return whether what is pending is this publication; another one is an error, and nothing is overwritten."""
        pending = self.directory.read()
        if pending is None or not publication.draft.metadata:
            return False
        problems = self._problems(pending.draft, publication.now)
        if problems:
            raise HermeticError(f"A pending publication of {self.place.directory} cannot be published any more. {_REMEDY}", problems)
        if same_content(pending.draft, publication.draft):
            return True
        raise HermeticError(
            f"Another publication of {self.place.directory}, prepared {pending.prepared}, waits for signatures. Nothing was changed: sign it with "
            "state: signed, or remove it with state: discarded"
        )

    def sign(self, signing: Signing, index_key: Ed25519PrivateKey | None, current: Mapping[str, Any], *, check: bool) -> Signed:
        """Add the signatures of a task, and publish what has enough of them."""
        pending = self.directory.read()
        if pending is None:
            return Signed()
        draft, now = pending.draft, self.place.metadata.in_force()
        if is_published(draft, now):
            # Its publisher was interrupted after the last step that readers see.
            if not check:
                self.directory.remove()
            return Signed((Change("discard", "pending", "all of it is published"),))
        if problems := self._problems(draft, now):
            raise HermeticError(
                f"The pending publication of {self.place.directory} cannot be signed; nothing was changed. {_REMEDY}", problems
            )
        published = self.place.metadata.parts(now) if now is not None else {}
        content = whole(draft, now, published)
        index = parse_index(content, subject="The index of the pending publication")
        placements = self.directory.placements(index, present=self.place.is_present)
        online = online_due(draft, now)
        lacking = missing(draft, now, online, signers=signing.signers)
        able = {role: _able(draft, role, now, signing) for role in draft.metadata}
        changes = draft_changes(draft, now, current, index)
        changes += [
            Change("add_signature", f"role:{role}", f"the key {keyid[:16]} signs version {draft.metadata[role].signed.version}")
            for role, keyids in able.items()
            for keyid in keyids
        ]
        if lacking and not any(able.values()):
            return Signed(index=index)
        if not lacking:
            changes.append(Change("publish_pending", "pending", f"enough keys have signed what was prepared {pending.prepared}"))
        if check:
            return Signed(tuple(changes), index=index, published=not lacking)
        for role, metadata in draft.metadata.items():
            sign(metadata, draft.signers(role, now), signing)
        # Kept first: whoever signed need not sign again if what follows fails.
        self.directory.replace(draft, [role for role, keyids in able.items() if keyids])
        if lacking:
            return Signed(tuple(changes), index=index)
        files = (*named_parts(draft), *completed(now, draft, online, signing, moment=datetime.now(UTC)))
        publication = Publication(self.place.directory, index, signing=signing, now=now, files=files)
        kept = {path for path, *_unused in listed_files(index)}
        dropped = names_of(current, {path for path, *_unused in listed_files(current)} - kept)
        rewritten = content if current["serial"] != index["serial"] or now is None else None
        key = index_key if _speaks_alone(draft, now, index_key) else None
        warnings = self.place.write(rewritten, key, publication, placements, dropped)
        self.directory.remove()
        return Signed(tuple(changes), tuple(warnings), index, published=True)

    def discard(self, *, check: bool) -> list[Change]:
        """Remove what is pending, whatever it is."""
        if not self.directory.is_there:
            return []
        if not check:
            self.directory.remove()
        return [Change("discard", "pending", "the task says so; what is published stays as it is")]

    def _problems(self, draft: Draft, now: InForce | None) -> list[str]:
        published = self.place.metadata.parts(now) if now is not None else {}
        if now is not None:
            serial = parse_index(self.place.metadata.index(now), subject="The index")["serial"]
        else:
            serial = self.place.current(None, None, recover=False)[0]["serial"]
        return pending_problems(draft, now, published, serial=serial, moment=datetime.now(UTC))


def _able(draft: Draft, role: str, now: InForce | None, signing: Signing) -> list[str]:
    signed = draft.metadata[role].signatures
    return sorted(keyid for keyid in draft.signers(role, now) if keyid in signing.signers and keyid not in signed)


def _speaks_alone(draft: Draft, now: InForce | None, key: Ed25519PrivateKey | None) -> bool:
    """Return whether one key may sign the index for readers without metadata: not where the targets need several."""
    if key is None:
        return False
    role = draft.root(now).roles[TARGETS]
    return role.threshold == 1 and CryptoSigner(key).public_key.keyid in role.keyids
