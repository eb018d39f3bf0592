# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result says of each role: its version, when it expires, and which of its keys signed it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tuf.api.metadata import Metadata, Root, Targets

from .metadata import InForce

ONLINE = ("snapshot", "timestamp")
"""Roles that a server renews; the keys of all others are kept away, and somebody must fetch them in time."""
NOTICE = timedelta(days=30)
"""How long before its end a role is warned of whose keys are kept away."""


def role_statuses(now: InForce | None) -> list[dict[str, Any]]:
    """Return the status of each role that is in force, in the order of trust."""
    if now is None:
        return []
    return [
        role_status(role, metadata, [now.targets.signed if role in now.delegated else now.root.signed])
        for role, metadata in now.by_role.items()
    ]


def role_status(role: str, metadata: Metadata, judges: Iterable[Root | Targets]) -> dict[str, Any]:
    """Return the status of one role; a root that follows another one needs the signatures that both ask for."""
    results = [judge.get_verification_result(role, metadata.signed_bytes, metadata.signatures) for judge in judges]
    least = min(results, key=lambda result: len(result.signed) - result.threshold)
    return {
        "role": role,
        "version": metadata.signed.version,
        "expires": f"{metadata.signed.expires:%Y-%m-%dT%H:%M:%SZ}",
        "threshold": least.threshold,
        "signatures": len(least.signed),
        "signed_by": sorted({keyid for result in results for keyid in result.signed}),
        "not_signed_by": sorted({keyid for result in results for keyid in result.unsigned}),
    }


def expiry_warnings(now: InForce, days: Mapping[str, int], *, moment: datetime, renewed: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield role and warning for each role that ends soon, unless it was renewed, and whose keys are kept away."""
    for role, metadata in now.by_role.items():
        if role in ONLINE or role in renewed:
            continue
        left = metadata.signed.expires - moment
        # One that never counts for longer than that is not warned of all the time.
        if left > min(NOTICE, timedelta(days=days.get(role, days["targets"])) / 2):
            continue
        when = f"{metadata.signed.expires:%Y-%m-%d}"
        if left <= timedelta():
            yield (
                role,
                f"The metadata of the role {role} expired on {when}, and readers refuse the repository. Run state: refreshed with its keys.",
            )
        else:
            yield (
                role,
                f"The metadata of the role {role} expires on {when}. Run state: refreshed with its keys before, or readers refuse the repository.",
            )
