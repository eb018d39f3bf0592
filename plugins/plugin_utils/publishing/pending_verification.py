# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a pending publication still follows what is published, and is nothing but what it shows to those who sign it; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from securesystemslib.formats import encode_canonical
from securesystemslib.signer import Key
from tuf.api.metadata import Delegations, Metadata, Root, Targets

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import shown
from ..repository.index_document import parse_index
from ..repository.index_parts import same_but_for_time, whole_index
from ..trust.layout import FLAG, TARGETS, TUF, delegated_name_problem
from .index_difference import keys_of
from .listed_files import targets_of
from .metadata import InForce, named_role
from .metadata_signing import Draft
from .role_status import ONLINE


def pending_problems(draft: Draft, now: InForce | None, published: Mapping[str, bytes], *, serial: int, moment: datetime) -> list[str]:
    """Return why a draft can never be published: what overtook it, and what was changed in it.

    ``published`` has the parts of the index in force, and ``serial`` is the serial of the whole.
    """
    if now is None and not {"root", TARGETS} <= draft.metadata.keys():
        return ["the repository has no metadata, and it lacks that of root or targets"]
    problems = [problem for role, metadata in draft.metadata.items() for problem in _overtaken(role, metadata, now, moment)]
    try:
        problems += [problem for role, metadata in draft.metadata.items() for problem in _signature_problems(draft, role, metadata, now)]
        problems += _root_problems(draft, now)
        problems += _delegation_problems(draft.targets(now).delegations)
        problems += [problem for role, part in draft.parts.items() for problem in _part_problems(draft, role, part)]
        if not problems:
            problems += _index_problems(draft, now, published, serial)
    except HermeticError as error:
        problems += error.problems or [error.message]
    return problems


def is_published(draft: Draft, now: InForce | None) -> bool:
    """Return whether all of a draft is in force: its publisher was interrupted before it was removed."""
    return now is not None and not now.behind and all(_is_in_force(role, metadata, now) for role, metadata in draft.metadata.items())


def whole(draft: Draft, now: InForce | None, published: Mapping[str, bytes]) -> bytes:
    """Return the index that is in force once a draft is published."""
    parts = {**published, **draft.parts}
    delegations = draft.targets(now).delegations
    roles = (delegations.roles if delegations is not None else None) or {}
    delegated = {name: tuple(role.paths or ()) for name, role in roles.items() if name in parts}
    return whole_index({role: parts[role] for role in (TARGETS, *delegated)}, delegated, subject="The index of the pending publication")


def same_content(one: Draft, other: Draft) -> bool:
    """Return whether two drafts publish the same, whenever they were made."""
    if one.metadata.keys() != other.metadata.keys():
        return False
    for role, metadata in one.metadata.items():
        first, second = metadata.signed, other.metadata[role].signed
        if first.version != second.version:
            return False
        if isinstance(first, Root) and isinstance(second, Root) and (first.roles, first.keys) != (second.roles, second.keys):
            return False
        if isinstance(first, Targets) and isinstance(second, Targets) and first.delegations != second.delegations:
            return False
    parts = [(parse_index(part, subject=role), parse_index(other.parts[role], subject=role)) for role, part in one.parts.items()]
    return all(same_but_for_time(first, second) for first, second in parts)


def online_due(draft: Draft, now: InForce | None) -> frozenset[str]:
    """Return which of snapshot and timestamp must be signed when a draft is published."""
    if now is None or now.behind:
        return frozenset(ONLINE)
    root, before = draft.root(now), now.root.signed
    changed = {role for role in ONLINE if keys_of(root, role) != keys_of(before, role)}
    if changed & {"snapshot"} or draft.metadata.keys() - {"root"}:
        return frozenset(ONLINE)
    return frozenset(changed)


def _overtaken(role: str, metadata: Metadata, now: InForce | None, moment: datetime) -> Iterator[str]:
    version, before = metadata.signed.version, _published_version(role, now)
    if version <= before and not (now is not None and _is_in_force(role, metadata, now)):
        yield f"it is stale: it has version {version} of the role {role}, and another publication has version {before} of it meanwhile"
    elif version > before + 1:
        yield f"it has version {version} of the role {role}, which does not follow version {before}, which is published"
    if metadata.signed.expires <= moment:
        yield f"it is stale: its metadata of the role {role} expired on {metadata.signed.expires:%Y-%m-%d}"


def _published_version(role: str, now: InForce | None) -> int:
    if now is None:
        return 0
    metadata = now.by_role.get(role)
    if metadata is not None:
        return int(metadata.signed.version)
    named = now.snapshot.signed.meta.get(f"{role}.json")
    return named.version if named is not None else 0


def _is_in_force(role: str, metadata: Metadata, now: InForce) -> bool:
    published = now.by_role.get(role)
    return published is not None and published.signed_bytes == metadata.signed_bytes


def _signature_problems(draft: Draft, role: str, metadata: Metadata, now: InForce | None) -> Iterator[str]:
    for judge in draft.judges(role, now):
        try:
            needed = named_role(judge, role)
        except ValueError:
            yield f"it has the role {role}, which the targets do not delegate to"
            return
        valid = judge.get_verification_result(role, metadata.signed_bytes, metadata.signatures).signed
        for keyid in needed.keyids:
            if keyid in metadata.signatures and keyid not in valid:
                yield f"the signature of the key {keyid[:16]} is over other bytes than its metadata of the role {role}: it was changed"


def _root_problems(draft: Draft, now: InForce | None) -> Iterator[str]:
    root, before = draft.root(now), now.root.signed if now is not None else None
    if not root.consistent_snapshot or (before is not None and root.unrecognized_fields != before.unrecognized_fields):
        yield "its root is one of another repository: it differs in more than keys, thresholds and expiry"
    delegations = draft.targets(now).delegations
    known = before.keys if before is not None else {}
    for keyid, key in {**(delegations.keys if delegations is not None else {}), **root.keys}.items():
        # Signers see identifiers, so that they must stand for what they name.
        if known.get(keyid) != key and keyid != _identifier(key):
            yield f"the identifier {shown(keyid)} of a key is not the digest of that key, as those of this collection are"
    for keys in (root.keys, delegations.keys if delegations is not None else {}):
        values = [str(key.keyval.get("public")).strip() for key in keys.values()]
        if len({*values}) != len(values):
            yield "it names one key under two identifiers, with which one person would count twice"


def _delegation_problems(delegations: Delegations | None) -> Iterator[str]:
    """Yield what signers would not be shown of delegations: this collection makes only such that name their paths."""
    if delegations is None:
        return
    if delegations.roles is None or delegations.succinct_roles is not None:
        yield "its targets delegate to succinct roles, which are none of this collection's"
    for name, role in (delegations.roles or {}).items():
        if problem := delegated_name_problem(name):
            yield f"its targets delegate to the role {shown(name)}; {problem}"
        elif not role.paths or role.path_hash_prefixes is not None or not role.terminating or role.unrecognized_fields:
            yield f"its targets delegate to the role {name} by more than paths, which is not how this collection delegates"


def _identifier(key: Key) -> str:
    text = encode_canonical({"keytype": key.keytype, "scheme": key.scheme, "keyval": key.keyval})
    return hashlib.sha256(str(text).encode()).hexdigest()


def _index_problems(draft: Draft, now: InForce | None, published: Mapping[str, bytes], serial: int) -> Iterator[str]:
    content = whole(draft, now, published)
    index = parse_index(content, subject="Its index")
    # Readers take an index with a known serial for what they know, or for an attack.
    unchanged = now is not None and content == whole(Draft(), now, published)
    if index["serial"] != (serial if unchanged else serial + 1):
        yield f"it is stale: its index has serial {index['serial']}, and serial {serial} is published"


def _part_problems(draft: Draft, role: str, part: bytes) -> Iterator[str]:
    metadata = draft.metadata.get(role)
    if metadata is None or not isinstance(metadata.signed, Targets):
        yield f"it has an index of the role {role} and no metadata that names it"
        return
    index: dict[str, Any] = parse_index(part, subject=f"Its index of the role {role}")
    if metadata.signed.targets != targets_of(index, part, role=role):
        yield f"its metadata of the role {role} does not name what its index shows"
    if index.get(FLAG) != TUF:
        yield f"its index of the role {role} does not say that there is metadata"
