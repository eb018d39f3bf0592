# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata that is in force, and which of it a publication or a renewal replaces; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Role, Root, Snapshot, TargetFile, Targets, Timestamp

from ...module_utils.hermetic.text.counting import counted
from ..trust.layout import TARGETS, TOP_LEVEL, part_of
from .change import Change
from .signing import DAYS, Signing


@dataclass(frozen=True)
class InForce:
    """The metadata that is published now, verified."""

    root: Metadata[Root]
    timestamp: Metadata[Timestamp]
    snapshot: Metadata[Snapshot]
    targets: Metadata[Targets]
    delegated: Mapping[str, Metadata[Targets]] = field(default_factory=dict)
    behind: bool = False
    """Whether a newer root waits for metadata of its own keys: a publisher was interrupted in a rotation."""

    @property
    def publishing(self) -> dict[str, Metadata[Targets]]:
        """The metadata of the roles that name files."""
        return {TARGETS: self.targets, **self.delegated}

    @property
    def by_role(self) -> dict[str, Metadata]:
        """The metadata of each role."""
        return {"root": self.root, **self.publishing, "snapshot": self.snapshot, "timestamp": self.timestamp}

    @property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """What is delegated to each role that has published."""
        roles = (self.targets.signed.delegations.roles if self.targets.signed.delegations is not None else None) or {}
        return {name: tuple(role.paths or ()) for name, role in roles.items() if name in self.delegated}


def declared_delegations(now: InForce | None, signing: Signing) -> Delegations | None:
    """Return what the targets shall delegate: as the task states, else as it is published."""
    if signing.delegations is None:
        return now.targets.signed.delegations if now is not None else None
    if not signing.delegations:
        return None
    keys = {key.keyid: key for each in signing.delegations for key in each.keys.keys}
    roles = {
        each.name: DelegatedRole(
            each.name, [key.keyid for key in each.keys.keys], each.keys.threshold, terminating=True, paths=[*each.paths, part_of(each.name)]
        )
        for each in signing.delegations
    }
    return Delegations(keys, roles)


def due(
    now: InForce | None, contents: Mapping[str, Mapping[str, TargetFile]], signing: Signing, *, moment: datetime, refresh: bool
) -> dict[str, Change | None]:
    """Return which roles sign again, in the order of trust, and the step that says why; None where another step says it.

    ``contents`` has the targets of each role that publishes.
    """
    order = ("root", *contents, "snapshot", "timestamp")
    if now is None:
        return dict.fromkeys(order)
    reasons: dict[str, Change | None] = {}
    changing = [role for role in TOP_LEVEL if role in signing.roles and not _same(now.root.signed, role, signing)]
    if changing:
        reasons["root"] = Change("rotate_keys", "role:root", f"the keys or the threshold of {', '.join(changing)} change")
    if declared_delegations(now, signing) != now.targets.signed.delegations:
        reasons["targets"] = Change("delegate", "role:targets", "what is delegated, or to whom, changes")
    for role, targets in contents.items():
        published = now.publishing.get(role)
        if published is None or dict(published.signed.targets) != dict(targets):
            reasons.setdefault(role, None)
    for role, metadata in now.by_role.items():
        expires = metadata.signed.expires
        if now.behind and role in TOP_LEVEL[1:]:
            reasons.setdefault(role, Change("sign", f"role:{role}", "a publisher was interrupted while keys were replaced"))
        elif role in changing or (role in now.delegated and _keys_change(now, role, signing)):
            reasons.setdefault(role, None)
        elif refresh and expires - moment < timedelta(days=signing.days_of(role)) / 2 and _able(now, role, signing):
            reasons.setdefault(role, Change("renew", f"role:{role}", f"its metadata expires on {expires:%Y-%m-%d}"))
        elif refresh and _outlasts(expires - moment, role, signing) and _able(now, role, signing):
            reason = f"its metadata expires on {expires:%Y-%m-%d}, later than in the {counted(signing.days_of(role), 'day')} of expiry_days"
            reasons.setdefault(role, Change("renew", f"role:{role}", reason))
    if reasons.keys() - {"root", "timestamp"}:
        reasons.setdefault("snapshot", None)
    if "snapshot" in reasons:
        reasons.setdefault("timestamp", None)
    return {role: reasons[role] for role in order if role in reasons}


def _outlasts(left: timedelta, role: str, signing: Signing) -> bool:
    """Whether metadata counts for longer than the task states; a number that is not below the default need not be one that it states."""
    days = signing.days_of(role)
    # The clocks of two publishers differ.
    return days < DAYS.get(role, DAYS[TARGETS]) and left > timedelta(days=days, hours=1)


def expiring(now: InForce, signing: Signing, *, moment: datetime) -> Iterator[tuple[str, str]]:
    """Yield role and warning for each role that should be renewed, and whose keys this task does not have."""
    for role, metadata in now.by_role.items():
        if metadata.signed.expires - moment < timedelta(days=signing.days_of(role)) / 2 and not _able(now, role, signing):
            yield (
                role,
                (
                    f"The metadata of the role {role} expires on {metadata.signed.expires:%Y-%m-%d}, and this task lacks keys to renew it; "
                    "run it with state: refreshed and the keys of that role before."
                ),
            )


def named_role(judge: Root | Targets, role: str) -> Role:
    """Return keys and threshold of a role, as the root or the targets name them."""
    return judge.get_delegated_role(role)


def _same(root: Root, role: str, signing: Signing) -> bool:
    published = root.roles[role]
    return signing.roles[role].same_as(published.keyids, published.threshold)


def _keys_change(now: InForce, role: str, signing: Signing) -> bool:
    """Return whether a role that is delegated to gets other keys; what it published before, they sign again."""
    declared = declared_delegations(now, signing)
    roles = (declared.roles if declared is not None else None) or {}
    published = named_role(now.targets.signed, role)
    return role in roles and (set(roles[role].keyids), roles[role].threshold) != (set(published.keyids), published.threshold)


def _able(now: InForce, role: str, signing: Signing) -> bool:
    published = named_role(now.targets.signed if role in now.delegated else now.root.signed, role)
    return signing.reaches(published.keyids, published.threshold)
