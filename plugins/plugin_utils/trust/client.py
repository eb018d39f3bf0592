# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a repository by TUF: the workflow of the reference client, with a state that outlives the run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tuf.api import exceptions
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp
from tuf.ngclient import Updater, UpdaterConfig

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.text.redaction import shown
from .anchor import Anchor
from .fetcher import ORIGIN, SourceFetcher
from .layout import METADATA, delegated_name_problem, part_of, versioned
from .metadata_source import ROOT_LIMIT, SNAPSHOT_LIMIT, TARGETS_LIMIT, TIMESTAMP_LIMIT, MetadataSource
from .refusals import refusal

Answer = TypeVar("Answer")
_MOST_ROOTS = 256
_TRIES = 3
_PAUSE = 0.2
_CONFIG = UpdaterConfig(
    max_root_rotations=_MOST_ROOTS,
    root_max_length=ROOT_LIMIT,
    timestamp_max_length=TIMESTAMP_LIMIT,
    snapshot_max_length=SNAPSHOT_LIMIT,
    targets_max_length=TARGETS_LIMIT,
)
# A publisher may have been between two files.
_PASSING = (exceptions.UnsignedMetadataError, exceptions.LengthOrHashMismatchError, exceptions.DownloadHTTPError)


@dataclass(frozen=True)
class Verified:
    """The parts of the index as the metadata names them, which paths are delegated to whom, and when each role's metadata expires."""

    parts: Mapping[str, bytes]
    delegated: Mapping[str, tuple[str, ...]]
    expires: Mapping[str, datetime]


def verified_index(
    source: MetadataSource, *, root: bytes, state: Path, repository: str, known: Mapping[str, bytes] | None = None
) -> Verified:
    """Bring a reader's state up to date and return the index, or raise an error that says which attack was refused.

    ``state`` is a private directory that one process at a time uses; ``known`` has files that were read just now.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)

    def attempt(fetcher: SourceFetcher) -> Verified:
        with tempfile.TemporaryDirectory(dir=state) as place:
            updater = Updater(str(state), f"{ORIGIN}{METADATA}/", place, ORIGIN, fetcher, _CONFIG, bootstrap=root)
            updater.refresh()
            delegated = _delegated(state, repository)
            parts = {}
            for role in (Targets.type, *delegated):
                target = updater.get_targetinfo(part_of(role))
                if target is None:
                    raise BrokenArtifact(f"The metadata of the repository {shown(repository)} names no {part_of(role)}; publish it again")
                parts[role] = Path(updater.download_target(target)).read_bytes()
        return Verified(parts, delegated, _expiries(state, delegated))

    return _tried(attempt, source, repository=repository, known=known)


def _tried(
    attempt: Callable[[SourceFetcher], Verified], source: MetadataSource, *, repository: str, known: Mapping[str, bytes] | None
) -> Verified:
    for number in range(_TRIES):
        fetcher = SourceFetcher(source, known=known if number == 0 else None)
        try:
            return attempt(fetcher)
        except (exceptions.RepositoryError, exceptions.DownloadError, ValueError) as error:
            if number + 1 < _TRIES and isinstance(error, _PASSING):
                time.sleep(_PAUSE)
                continue
            raise refusal(
                error,
                repository=repository,
                path=fetcher.last,
                received=fetcher.received,
                snapshot_version=_named_snapshot(fetcher),
            ) from error
        except OSError as error:
            raise HermeticError(
                f"What this controller remembers of the repository {shown(repository)} cannot be written: {error}"
            ) from error
    raise AssertionError("the last try returns or raises")


def first_root(source: MetadataSource, anchor: Anchor, *, repository: str) -> bytes | None:
    """Return the oldest root that is signed by a key and names it as a key of its own role, or None where there is no metadata at all."""
    from securesystemslib.signer import SSlibKey

    if anchor.key is None:
        raise AssertionError("asked for with a key only")
    wanted = SSlibKey.from_crypto(anchor.key).keyval
    for version in range(1, _MOST_ROOTS):
        path = versioned(Root.type, version)
        content = source.read(path, limit=ROOT_LIMIT).content
        if content is None:
            if version == 1:
                return None
            break
        try:
            root = Metadata[Root].from_bytes(content)
            if not isinstance(root.signed, Root):
                raise exceptions.RepositoryError("it is of another role")
            root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
            result = root.signed.get_verification_result(Root.type, root.signed_bytes, root.signatures)
        except (exceptions.RepositoryError, ValueError) as error:
            raise refusal(error, repository=repository, path=path, received={path: content}) from error
        if any(key.keyval == wanted for key in result.signed.values()):
            return content
    raise BrokenArtifact(
        f"No root of the repository {shown(repository)} is signed by the key {anchor.named} and names it; expected a root with its signature. "
        "Nothing of it is used: give the key that its root is signed by, or a root.json of it"
    )


def _named_snapshot(fetcher: SourceFetcher) -> int | None:
    content = fetcher.received.get(f"{METADATA}/{Timestamp.type}.json")
    try:
        signed = Metadata.from_bytes(content).signed if content is not None else None
    except exceptions.RepositoryError:
        return None
    return signed.snapshot_meta.version if isinstance(signed, Timestamp) else None


def _delegated(state: Path, repository: str) -> dict[str, tuple[str, ...]]:
    """Return the paths of each role that the targets delegate to, of those that have published."""
    targets = Metadata[Targets].from_bytes((state / f"{Targets.type}.json").read_bytes()).signed
    named = Metadata[Snapshot].from_bytes((state / f"{Snapshot.type}.json").read_bytes()).signed.meta
    roles = (targets.delegations.roles if targets.delegations is not None else None) or {}
    for name in roles:
        if problem := delegated_name_problem(name):
            raise BrokenArtifact(
                f"The targets of the repository {shown(repository)} delegate to a role whose name cannot be used; {problem}"
            )
    return {name: tuple(role.paths or ()) for name, role in roles.items() if f"{name}.json" in named}


def _expiries(state: Path, delegated: Iterable[str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for role in (Root.type, Timestamp.type, Snapshot.type, Targets.type, *delegated):
        signed = Metadata.from_bytes((state / f"{role}.json").read_bytes()).signed
        found[role] = signed.expires.replace(tzinfo=UTC)
    return found
