# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run changes for programs that use the stable paths: bundles and VirtualEnvs by name, with versions before and after; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from ..findings.finding import Finding
from ..model.declaration import Bundle
from ..model.layout import STABLE_LINKS
from ..model.receipts import Generation, Records
from ..model.wheel_name import distribution, name_and_version
from .observation import Observation
from .plan import Plan

Change = Literal["added", "replaced", "reinstalled", "relinked", "default", "removed"]


class Sides(TypedDict):
    """What something was, and what it is."""

    before: str | None
    after: str | None


class BundleChange(Sides):
    """What changes of a bundle: its release, and the versions of its packages."""

    change: Change
    packages: dict[str, Sides]


class EnvironmentChange(Sides):
    """What changes of a VirtualEnv: its tree, the release of its bundle, and the versions of its packages."""

    change: Change
    bundle: Sides
    packages: dict[str, Sides]


Versions = Mapping[str, str]


@dataclass(frozen=True)
class Changes:
    """Changed names, each with what it was and is."""

    bundles: dict[str, BundleChange] = field(default_factory=dict)
    virtualenvs: dict[str, EnvironmentChange] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the two keys that results carry."""
        return {"changed_bundles": self.bundles, "changed_virtualenvs": self.virtualenvs}

    def lines(self, side: Literal["before", "after"]) -> list[str]:
        """Return one line for each release, environment and package of a side, ``before`` or ``after``."""
        found: list[str] = []
        entries: list[tuple[str, str, BundleChange | EnvironmentChange]] = [
            *((f"bundle:{name}", f"bundle:{name}", entry) for name, entry in self.bundles.items()),
            *((f"virtualenv:{name}", f"package:{name}", entry) for name, entry in self.virtualenvs.items()),
        ]
        for subject, holder, entry in entries:
            found += [f"{subject} {entry[side]}"] if entry[side] is not None else []
            found += [f"{holder}/{package} {each[side]}" for package, each in entry["packages"].items() if each[side] is not None]
        return found


def of_plan(plan: Plan, observation: Observation, *, file_name: Callable[[str], str]) -> Changes:
    """Return what a plan changes, before it is carried out: afterwards the receipts of what was replaced may be gone."""
    current, records = observation.in_force, observation.records
    bundles = {bundle.id: bundle for bundle in plan.install}
    packages = {each.id: dict(name_and_version(file_name(wheel)) for wheel in each.declared.wheels) for each in plan.environments}
    bundle_of = {each.id: each.bundle_id for each in plan.environments}
    return between(
        current,
        plan.target or observation.current,
        records,
        planned=_Planned(bundles, packages, bundle_of),
        linked_again=relinked(current, plan.findings),
    )


@dataclass(frozen=True)
class _Planned:
    """What a plan installs: bundles by their id; packages and bundle by environment id."""

    bundles: Mapping[str, Bundle] = field(default_factory=dict)
    packages: Mapping[str, Versions] = field(default_factory=dict)
    bundle_of: Versions = field(default_factory=dict)


def between(
    before: Generation | None,
    after: Generation | None,
    records: Records,
    *,
    planned: _Planned = _Planned(),
    linked_again: Collection[str] = (),
) -> Changes:
    """Return what differs between two generations, and what is reinstalled or linked again under an unchanged name."""

    def release(tree_id: str | None) -> str | None:
        known = records.bundles.get(tree_id or "") or planned.bundles.get(tree_id or "")
        return known.release if known is not None else None

    def bundled(tree_id: str | None) -> Versions:
        known = records.bundles.get(tree_id or "")
        if known is not None:
            return {distribution(each["name"]): str(each["version"]) for each in known.info.get("packages") or ()}
        declared = planned.bundles.get(tree_id or "")
        return declared.packages if declared is not None else {}

    def versions(tree_id: str | None) -> Versions:
        known = records.environments.get(tree_id or "")
        if known is None:
            return planned.packages.get(tree_id or "", {})
        return {records.laid[each].name: records.laid[each].version for each in known.laid if each in records.laid}

    def bundle(tree_id: str | None) -> str | None:
        known = records.environments.get(tree_id or "")
        return known.bundle if known is not None else planned.bundle_of.get(tree_id or "")

    found = Changes()
    old_bundles, new_bundles = _names(before, "bundles"), _names(after, "bundles")
    for name in sorted({*old_bundles, *new_bundles}):
        old, new = old_bundles.get(name), new_bundles.get(name)
        change = _change(old, new, reinstalled=new in planned.bundles, relinked=f"bundle:{name}" in linked_again)
        if change is None and after is not None and name == after.default and before is not None and before.default != name:
            change = "default"
        if change is not None:
            found.bundles[name] = {
                "change": change,
                "before": release(old),
                "after": release(new),
                "packages": _differences(bundled(old), bundled(new)),
            }
    old_environments, new_environments = _names(before, "virtualenvs"), _names(after, "virtualenvs")
    for name in sorted({*old_environments, *new_environments}):
        old, new = old_environments.get(name), new_environments.get(name)
        again = new in planned.packages or bundle(new) in planned.bundles
        change = _change(old, new, reinstalled=again, relinked=f"virtualenv:{name}" in linked_again)
        if change is None:
            continue
        found.virtualenvs[name] = {
            "change": change,
            "before": old,
            "after": new,
            "bundle": {"before": release(bundle(old)), "after": release(bundle(new))},
            "packages": _differences(versions(old), versions(new)),
        }
    return found


def _differences(had: Versions, has: Versions) -> dict[str, Sides]:
    return {
        package: {"before": had.get(package), "after": has.get(package)}
        for package in sorted({*had, *has})
        if had.get(package) != has.get(package)
    }


def _names(generation: Generation | None, kind: str) -> Versions:
    return getattr(generation, kind) if generation is not None else {}


def _change(old: str | None, new: str | None, *, reinstalled: bool, relinked: bool) -> Change | None:
    if old != new:
        return "added" if old is None else "removed" if new is None else "replaced"
    return "reinstalled" if reinstalled else "relinked" if relinked else None


def relinked(current: Generation | None, findings: Collection[Finding]) -> set[str]:
    """Return the names whose stable paths lead elsewhere, or nowhere, until their links are restored."""
    if current is None:
        return set()
    everything = {f"bundle:{name}" for name in current.bundles} | {f"virtualenv:{name}" for name in current.virtualenvs}
    found: set[str] = set()
    here = f"generations/{current.number}"
    for path in (finding.path or "" for finding in findings if finding.subject == "generation" and finding.kind != "unexpected"):
        part = path.removeprefix(f"{here}/") if path.startswith(f"{here}/") else path
        if path in ("current", here) or (part in STABLE_LINKS and part == path):
            return everything
        if part == "envs":
            found |= {f"virtualenv:{name}" for name in current.virtualenvs}
        elif part.startswith("envs/"):
            found.add(f"virtualenv:{part.removeprefix('envs/')}")
        elif part.startswith(("bin", "lib")):
            found |= {f"bundle:{name}" for name in current.bundles}
    return found
