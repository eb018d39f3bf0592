# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts a staged roll-out has reached: always the same ones for a percentage, and with a greater one these and more; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .rollout_record import HALTED, ROLLOUTS, RUNNING


@dataclass(frozen=True)
class Staged:
    """A release that a host takes before its channel names it, and the roll-out that says so."""

    rollout: str
    release: str
    since: str = ""


def share_of(rollout: str, host: str) -> float:
    """Return where a host stands among all, from 0 to below 100; in another roll-out it stands elsewhere."""
    digest = hashlib.sha256(f"{rollout}\0{host}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") * 100 / (1 << 48)


def is_reached(rollout: str, percent: int, host: str) -> bool:
    """Return whether a roll-out of this percentage has reached a host."""
    return share_of(rollout, host) < percent


def staged_release(bundle: Mapping[str, Any], *, channel: str, host: str) -> Staged | None:
    """Return what a host takes instead of what a channel of a bundle names, or None; of several, the roll-out that changed last."""
    found = [
        Staged(name, record["release"], record["since"])
        for name, record in bundle.get(ROLLOUTS, {}).items()
        if record["state"] == RUNNING and record.get("channel") == channel and is_reached(name, record["percent"], host)
    ]
    return max(found, key=lambda each: (each.since, each.rollout), default=None)


def halted_rollouts(bundle: Mapping[str, Any]) -> list[str]:
    """Return the names of the staged roll-outs that hosts have to go back from."""
    return sorted(name for name, record in bundle.get(ROLLOUTS, {}).items() if record["state"] == HALTED and "percent" in record)
