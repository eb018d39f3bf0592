# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing a local repository directory: what a task wants becomes one publication, or one that waits for more signatures."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from ...module_utils.hermetic.errors import HermeticError
from ..repository import signature as signatures
from ..repository.index_document import parse_index
from ..repository.index_parts import index_bytes
from ..repository.reader import INDEX, SIGNATURE
from ..trust.anchor import Anchor
from ..trust.layout import FLAG, TARGETS, TUF
from .change import Change
from .co_signing import CoSigning
from .file_verification import file_problems
from .listed_files import listed_files, names_of
from .metadata import InForce
from .metadata_verification import metadata_problems
from .plan import Update, described, plan_update
from .publication import Publication, prepare
from .repository_directory import RepositoryDirectory
from .role_status import expiry_warnings, role_statuses
from .signing import DAYS, Signing
from .target_links import without_digest


@dataclass(frozen=True)
class Outcome:
    """What an update did, or would do in check mode."""

    changed: bool
    serial: int
    plan: tuple[Change, ...]
    warnings: tuple[str, ...]
    before: str
    after: str
    index: Mapping[str, Any]
    """What readers read: after the update, or in check mode as it would be; what is pending is not in it."""
    metadata: tuple[dict[str, Any], ...] = ()
    """The status of each role: after the update, or in check mode before it."""
    pending: dict[str, Any] | None = None
    """The publication that waits for signatures: after the update, or in check mode before it."""


@dataclass(frozen=True)
class RepositoryStore:
    """A repository directory, as its publisher sees it."""

    directory: Path
    private_key: Ed25519PrivateKey | None = None
    """Signs the index itself, for readers that know no metadata."""
    lock_timeout: float = 300.0
    signing: Signing | None = None
    """Signs the metadata of TUF."""
    form: str | None = None
    """``tuf`` or ``index``; None leaves a repository as it is, and makes a new one by TUF if it can be signed."""

    def is_present(self, path: str, size: int) -> bool:
        """Return whether a file of that path and size is in the repository."""
        return self._place.is_present(path, size)

    def preview(self, update: Update) -> dict[str, Any]:
        """Return the index that an update would lead to; nobody has to be able to sign it yet."""
        now = self._place.metadata.in_force()
        key = self._index_key(now, self._signing(now))
        current, _unused = self._place.current(now, key.public_key() if key is not None else None, recover=False)
        return plan_update(current, update, present=self._place.is_present).index

    def update(self, update: Update, *, check: bool = False) -> Outcome:
        """Apply an update as one step: readers see the index before it or after it, and every file that their index names."""
        with contextlib.nullcontext() if check else self._place.locked():
            now = self._place.metadata.in_force()
            signing = self._signing(now)
            key = self._index_key(now, signing)
            current, signed = self._place.current(now, key.public_key() if key is not None else None, recover=not check)
            planned = plan_update(current, update, present=self._place.is_present)
            unlisted = self._place.unlisted(planned.index) if update.keep is not None else []
            changes = [*planned.changes]
            changes += [
                Change("remove_file", f"file:{path}", "the index does not name it")
                for path in unlisted
                if without_digest(path) not in planned.dropped
            ]
            index = planned.index if signing is None else {**planned.index, FLAG: TUF}
            resign = key is not None and not signed and (current["serial"] > 0 or index != current)
            if resign and index == current:
                changes.append(Change("sign", "index", "the index is not signed yet"))
            elif signing is not None and now is None and current["serial"] > 0:
                changes.append(Change("sign", "metadata", "the repository has no TUF metadata yet"))
            begins = update.begin and current["serial"] == 0 and not (self.directory / INDEX).exists()
            changed = index != current or begins
            if begins and not changes:
                changes.append(Change("create", "index", "the directory has no index yet"))
            self._demand_key(changed=changed, signing=signing)
            if changed:
                generated = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                index = {**index, "serial": current["serial"] + 1, "generated": generated}
            content = index_bytes(index) if changed or now is None else self._place.metadata.index(now)
            publication = Publication(self.directory, index)
            if signing is not None and (changed or now is not None):
                publication = prepare(self.directory, now, signing, index=index, content=content, refresh=update.refresh, check=check)
            changes += publication.changes
            warnings = [*planned.warnings, *publication.warnings, *self._expiry_warnings(now, signing, publication)]
            aside, published = False, True
            if changes and (lacking := publication.lacking()):
                aside = update.pending and bool(publication.draft.metadata)
                if not aside:
                    raise HermeticError(
                        "The metadata cannot be signed; the repository was not changed", [each.of_task() for each in lacking]
                    )
            if update.pending and signing is not None and self._co_signing.is_same(publication):
                signed_now = self._co_signing.sign(signing, key, current, check=check)
                changes, warnings, published = [*signed_now.changes], [*warnings, *signed_now.warnings], signed_now.published
            elif aside:
                published = False
                changes += self._co_signing.set_aside(publication, planned.placements, check=check)
            elif changes and not check:
                rewrite = content if changed or resign else None
                dropped = [*names_of(current, planned.dropped), *unlisted]
                warnings += self._place.write(rewrite, key, publication.signed(), planned.placements, dropped)
            return self._outcome(changes, warnings, current, index, serial=(index if published else current)["serial"])

    def sign(self, *, check: bool = False) -> Outcome:
        """Add signatures to what is pending, and publish it if they are enough."""
        with contextlib.nullcontext() if check else self._place.locked():
            now = self._place.metadata.in_force()
            current, _unused = self._place.current(now, None, recover=not check)
            signed = self._co_signing.sign(self.signing or Signing(), self.private_key, current, check=check)
            serial = signed.index["serial"] if signed.index is not None and signed.published else current["serial"]
            return self._outcome(signed.changes, signed.warnings, current, signed.index or current, serial=serial)

    def discard(self, *, check: bool = False) -> Outcome:
        """Remove what is pending."""
        with contextlib.nullcontext() if check else self._place.locked():
            current, _unused = self._place.current(self._place.metadata.in_force(), None, recover=not check)
            return self._outcome(self._co_signing.discard(check=check), [], current, current, serial=current["serial"])

    def _outcome(
        self, changes: Sequence[Change], warnings: Sequence[str], current: dict[str, Any], index: Mapping[str, Any], *, serial: int
    ) -> Outcome:
        now = self._place.metadata.in_force()
        pending = self._co_signing.status()
        return Outcome(
            bool(changes),
            serial,
            tuple(changes),
            (*warnings, *self._co_signing.warnings(pending)),
            described(current),
            described(index),
            index if index["serial"] == serial else current,
            tuple(role_statuses(now)),
            pending,
        )

    def status(self) -> tuple[list[dict[str, Any]], dict[str, Any] | None, list[str]]:
        """Return the status of each role and of what is pending, and warnings of both; metadata that cannot be read is an error."""
        now = self._place.metadata.in_force()
        pending = self._co_signing.status()
        warnings = [*self._expiry_warnings(now, self.signing, None), *self._co_signing.warnings(pending)]
        return role_statuses(now), pending, warnings

    def _expiry_warnings(self, now: InForce | None, signing: Signing | None, publication: Publication | None) -> list[str]:
        if now is None:
            return []
        done = publication.warned_or_renewed if publication is not None else ()
        days = signing.days if signing is not None else DAYS
        return [warning for _role, warning in expiry_warnings(now, days, moment=datetime.datetime.now(datetime.UTC), renewed=done)]

    def verify(self, *, anchor: Anchor | None = None) -> list[str]:
        """Return every way in which the directory is not what its index says, or the index not what the key signed."""
        try:
            content = (self.directory / INDEX).read_bytes()
        except OSError as error:
            return [f"{INDEX}: {error.strerror or error}"]
        if anchor is None and self.private_key is not None:
            anchor = Anchor("private_key", key=self.private_key.public_key())
        problems = []
        signed = self._place.read(SIGNATURE)
        if (
            anchor is not None
            and anchor.key is not None
            and not self._place.metadata.is_there
            and not signatures.is_signed_by(content, signed, key=anchor.key)
        ):
            found = "is missing" if signed is None else "is not this key's signature of the index"
            problems.append(f"{SIGNATURE}: {found}; expected key {signatures.fingerprint(anchor.key)}")
        try:
            index = parse_index(content, subject=INDEX)
        except HermeticError as error:
            return [*problems, error.message, *error.problems]
        with ThreadPoolExecutor() as pool:
            problems += [
                problem for found in pool.map(lambda entry: file_problems(self.directory, *entry), listed_files(index)) for problem in found
            ]
        problems += metadata_problems(self.directory, index, content, signed, anchor=anchor)
        problems += [f"{path}: the index does not name this file" for path in self._place.unlisted(index)]
        return problems

    @property
    def _place(self) -> RepositoryDirectory:
        return RepositoryDirectory(self.directory, self.lock_timeout)

    @property
    def _co_signing(self) -> CoSigning:
        return CoSigning(self._place)

    def _signing(self, now: InForce | None) -> Signing | None:
        """Return what signs metadata here, or None where there is to be none."""
        if now is None and self.form == "index":
            return None
        if self.form == "index":
            raise HermeticError(
                f"The repository {self.directory} has TUF metadata, which its readers rely on; signing: index would take it away. Leave the option out"
            )
        if self.form is None and now is None and os.path.lexists(self.directory / INDEX):
            return None
        return self.signing

    def _index_key(self, now: InForce | None, signing: Signing | None) -> Ed25519PrivateKey | None:
        """Return the key that signs the index for readers without metadata: one of a delegated role, or of several, does not speak for all of it."""
        stated = signing.roles.get(TARGETS) if signing is not None else None
        threshold = stated.threshold if stated is not None else now.root.signed.roles[TARGETS].threshold if now is not None else 1
        if self.private_key is None or threshold > 1:
            return None
        if now is None or (self.signing is not None and self.signing.previous):
            return self.private_key
        return self.private_key if CryptoSigner(self.private_key).public_key.keyid in now.root.signed.keys else None

    def _demand_key(self, *, changed: bool, signing: Signing | None) -> None:
        if not changed or signing is not None:
            return
        if self._place.metadata.is_there or (self.private_key is None and self._place.read(SIGNATURE) is not None):
            raise HermeticError(f"The repository {self.directory} is signed and would change; give the private key that signs it")
