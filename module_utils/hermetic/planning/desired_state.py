# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is to hold: what is declared, and what stays of the current generation; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import InvalidRequest
from ..model.declaration import Bundle, Declaration, PlannedEnvironment, VirtualEnv
from .observation import Observation


def _kept_bundle(tree_id: str, name: str, observation: Observation, *, default: bool, unrepairable: list[str], declared: bool) -> Bundle:
    """Return a bundle of the current generation; without its receipt, what the name of its directory still says."""
    receipt = observation.records.bundles.get(tree_id)
    if receipt is not None:
        byte_code = observation.records.byte_codes.get(tree_id)
        return Bundle(name=name, release=receipt.release, sha256=receipt.sha256, default=default, byte_code=byte_code)
    if not declared:
        unrepairable.append(
            f"The bundle '{name}' of the current generation has lost its receipt, so its archive is not known on this host. "
            "Declare it again (module system or bundle), or remove it (state absent)."
        )
    release, _unused, digest = tree_id[len(name) + 1 :].rpartition("-")
    return Bundle(name=name, release=release, sha256=digest, default=default)


def desired_bundles(declaration: Declaration, observation: Observation, unrepairable: list[str]) -> dict[str, Bundle]:
    """Return the bundles to hold by name, one of them the default; ``unrepairable`` gets what cannot be repaired."""
    current = observation.current
    desired: dict[str, Bundle] = {}
    if current is not None and not declaration.complete:
        for name, tree_id in current.bundles.items():
            if name not in declaration.absent_bundles:
                desired[name] = _kept_bundle(
                    tree_id,
                    name,
                    observation,
                    default=name == current.default,
                    unrepairable=unrepairable,
                    declared=any(bundle.name == name for bundle in declaration.bundles),
                )
    new_default = next((bundle.name for bundle in declaration.bundles if bundle.default), None)
    for bundle in declaration.bundles:
        before = desired.get(bundle.name)
        is_default = bundle.name == new_default or (new_default is None and before is not None and before.default)
        # What is installed shows its byte code itself; an index that an older release wrote does not name it.
        byte_code = observation.records.byte_codes.get(bundle.id, bundle.byte_code)
        desired[bundle.name] = replace(bundle, default=is_default, byte_code=byte_code)
    if new_default is not None:
        desired = {name: replace(each, default=name == new_default) for name, each in desired.items()}
    if desired and not any(bundle.default for bundle in desired.values()):
        first = "python" if "python" in desired else min(desired)
        desired[first] = replace(desired[first], default=True)
    return desired


@dataclass(frozen=True)
class DesiredEnvironment:
    """An environment that the host shall hold: built from a declaration, or kept as the current generation has it."""

    name: str
    id: str
    bundle: str
    planned: PlannedEnvironment | None
    declared: bool


def desired_environments(
    declaration: Declaration, observation: Observation, bundles: Mapping[str, Bundle], unrepairable: list[str]
) -> dict[str, DesiredEnvironment]:
    """Return the environments to hold by name; raises InvalidRequest with all that cannot be."""
    found: dict[str, DesiredEnvironment] = {}
    problems = []
    current = observation.current
    if current is not None and not declaration.complete:
        for name, tree_id in current.virtualenvs.items():
            if name in declaration.absent_virtualenvs or any(each.name == name for each in declaration.virtualenvs):
                continue
            if tree_id not in observation.records.environments:
                unrepairable.append(
                    f"The VirtualEnv '{name}' of the current generation has lost its receipt, so what it shall hold is not known on this host. "
                    "Declare it again (module system or virtualenv), or remove it (state absent)."
                )
                found[name] = DesiredEnvironment(name, tree_id, "", None, declared=False)
                continue
            kept = _kept_environment(name, tree_id, observation, bundles)
            if isinstance(kept, str):
                problems.append(kept)
            else:
                found[name] = kept
    default = next((bundle.name for bundle in bundles.values() if bundle.default), None)
    for declared in declaration.virtualenvs:
        bundle = bundles.get(declared.bundle or default or "")
        if bundle is None:
            known = ", ".join(sorted(bundles)) or "none"
            problems.append(
                f"The VirtualEnv '{declared.name}' is declared on the bundle '{declared.bundle or 'default'}', which is neither declared nor installed; "
                f"there are: {known}. Declare that bundle as well."
            )
            continue
        key = declared.key(bundle)
        tree_id = declared.id(bundle)
        found[declared.name] = DesiredEnvironment(
            declared.name, tree_id, bundle.id, PlannedEnvironment(tree_id, key, declared, bundle.id), declared=True
        )
    if problems:
        raise InvalidRequest("The declaration cannot be carried out on this host.", problems)
    return found


def _kept_environment(name: str, tree_id: str, observation: Observation, bundles: Mapping[str, Bundle]) -> DesiredEnvironment | str:
    """Return an environment of the current generation that stays; when its bundle moves on, it is planned on the new one."""
    receipt = observation.records.environments[tree_id]
    bundle_receipt = observation.records.bundles.get(receipt.bundle)
    same = next((bundle.name for bundle in bundles.values() if bundle.id == receipt.bundle), "")
    bundle_name = bundle_receipt.name if bundle_receipt is not None else same
    bundle = bundles.get(bundle_name)
    if bundle is None:
        return (
            f"The VirtualEnv '{name}' of the current generation needs the bundle '{bundle_name or receipt.bundle}', which is no longer declared. "
            "Declare the VirtualEnv on another bundle, or remove it first (state absent)."
        )
    declared = VirtualEnv(
        name=name,
        bundle=bundle_name,
        wheels=tuple(receipt.wheels),
        system_site_packages=receipt.system_site_packages,
        pythonpath=receipt.pythonpath,
    )
    if bundle.id == receipt.bundle:
        return DesiredEnvironment(
            name, tree_id, receipt.bundle, PlannedEnvironment(tree_id, receipt.key, declared, receipt.bundle), declared=False
        )
    if bundle_receipt is not None and _same_python(bundle_receipt.id, bundle, observation):
        planned = PlannedEnvironment(declared.id(bundle), declared.key(bundle), declared, bundle.id)
        return DesiredEnvironment(name, planned.id, bundle.id, planned, declared=True)
    return (
        f"The VirtualEnv '{name}' of the current generation was made for {bundle_name} {bundle_receipt.release if bundle_receipt else 'unknown'}; "
        f"its wheels may not fit {bundle.release}. Declare it in the same run (module system), so that its wheels are selected again."
    )


def _same_python(tree_id: str, bundle: Bundle, observation: Observation) -> bool:
    """Return whether two releases of a bundle take the same wheels, as far as their upstream versions show: X.Y is equal."""
    before = observation.records.bundles[tree_id].release.split("+")[0].split(".")[:2]
    return before == bundle.release.split("+")[0].split(".")[:2]
