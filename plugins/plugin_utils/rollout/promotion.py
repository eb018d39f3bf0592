# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release that a channel is moved to after a roll-out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.counting import counted
from .outcome import BAD


def promoted_release(outcomes: Mapping[str, Mapping[str, Any] | None], *, bundle: str) -> str:
    """Return the release of a bundle that every host of a roll-out has now; the channel is moved to it."""
    return _the_one((outcome["bundles"] for outcome in outcomes.values() if outcome and outcome["state"] not in BAD), bundle)


def planned_release(results: Mapping[str, Mapping[str, Any] | None], *, bundle: str) -> str | None:
    """Return the release of a bundle that every host would have after a plan, or None where no host has planned anything."""
    summaries = (result.get("declared") for result in results.values() if result and not result.get("failed"))
    declared = [each["bundles"] for each in summaries if isinstance(each, Mapping) and isinstance(each.get("bundles"), Mapping)]
    return _the_one(declared, bundle) if declared else None


def _the_one(bundles: Iterable[Mapping[str, str]], bundle: str) -> str:
    releases = [each.get(bundle) for each in bundles]
    found = set(releases)
    if len(found) != 1 or None in found:
        there = ", ".join(sorted(str(each or "none") for each in found)) or "none"
        raise HermeticError(
            f"No channel was moved: {counted(len(releases), 'host')} of the roll-out have these releases of bundle {bundle!r}: {there}; "
            "expected one and the same. Move the channel yourself, or name the bundle that the roll-out is about."
        )
    (release,) = found
    return str(release)
