# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a user wrote (channels, locks) to what a host should hold (digests), proven for every platform of the play."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import DEFAULT_BUNDLE
from ..repository.staged_release import Staged
from ..supply import BundleArtifact, DeclaredLock, Index, Supply, Target, Wheel
from .declared_checks import declared_checks
from .declared_specification import DeclaredSpecification
from .declared_state import DeclaredState, default_bundle, refuse_bad_names, with_single_problem
from .host_probe import HostFacts
from .prebuilt import byte_code_of, prebuilt_of
from .request import declare

FindFile = Callable[[str], str]


class Resolver:
    """Resolves the options of one task for one host."""

    def __init__(
        self, options: Mapping[str, Any], *, supply: Supply, facts: HostFacts, platforms: Iterable[str], find_file: FindFile, host: str = ""
    ) -> None:
        self._options = options
        self._supply = supply
        self._facts = facts
        self._platforms = tuple(dict.fromkeys([facts.platform, *platforms]))
        self._find_file = find_file
        self._host = host
        self._index: Index | None = None
        self._staged: list[Staged] = []

    def state(self, bundles: Sequence[Mapping[str, Any]], virtualenvs: Sequence[Mapping[str, Any]]) -> DeclaredState:
        """Resolve bundles and the VirtualEnvs on them, or raise one error with every problem."""
        refuse_bad_names("bundle", [entry["name"] for entry in bundles])
        refuse_bad_names("VirtualEnv", [entry["name"] for entry in virtualenvs])
        default = default_bundle(bundles)
        resolved = self._bundles(bundles)
        own = {name: platforms[self._facts.platform] for name, platforms in resolved.items()}
        refuse_old_libc(own.values(), self._facts)
        targets = {name: tuple(bundle.target for bundle in platforms.values()) for name, platforms in resolved.items()}
        wheels, declared, specifications = self._virtualenvs(virtualenvs, targets, default)
        ordered = sorted(own.values(), key=lambda bundle: bundle.name != default)
        return DeclaredState(
            declaration=declare(
                bundles=[
                    {**declared_bundle(own[entry["name"]], default=entry["name"] == default), **declared_checks(entry)} for entry in bundles
                ],
                virtualenvs=declared,
            ),
            bundles=tuple(ordered),
            wheels=wheels,
            prebuilt=prebuilt_of(self._index, [(own[each["bundle"]].byte_code, each["wheels"]) for each in declared]),
            specifications=specifications,
            index=self._index,
            rollout=max(self._staged, key=lambda each: each.since).rollout if self._staged else None,
        )

    def bundle(self, entry: Mapping[str, Any]) -> DeclaredState:
        """Resolve one bundle that is installed beside what the host has."""
        refuse_bad_names("bundle", [entry["name"]])
        bundle = self._bundles([entry])[entry["name"]][self._facts.platform]
        refuse_old_libc([bundle], self._facts)
        return DeclaredState(
            declaration=declare(bundles=[{**declared_bundle(bundle, default=bool(entry.get("default"))), **declared_checks(entry)}]),
            bundles=(bundle,),
            index=self._index,
        )

    def virtualenv(self, entry: Mapping[str, Any], *, info: Mapping[str, Any]) -> DeclaredState:
        """Resolve one VirtualEnv for the bundle that the host has now, as the module system_info reports it."""
        refuse_bad_names("VirtualEnv", [entry["name"]])
        installed = installed_bundle(info, entry.get("bundle"))
        target = Target.of(installed["platform"], python=installed["python"], libc=installed.get("libc"), macos=installed.get("macos"))
        if self._options.get("repository"):
            self._load_index()
        wheels, declared, specifications = self._virtualenvs(
            [{**entry, "bundle": installed["name"]}], {installed["name"]: (target,)}, installed["name"]
        )
        prebuilt = prebuilt_of(self._index, [(byte_code_of(installed), each["wheels"]) for each in declared])
        return DeclaredState(
            declaration=declare(virtualenvs=declared), wheels=wheels, prebuilt=prebuilt, specifications=specifications, index=self._index
        )

    def _load_index(self) -> Index:
        if self._index is None:
            repository = self._options.get("repository")
            if not repository:
                raise HermeticError(
                    "No repository is given to take the bundles from; set the option repository, or archive and sha256 of each bundle."
                )
            self._index = self._supply.index(repository, public_key=self._options.get("public_key"))
        return self._index

    def _bundles(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, BundleArtifact]]:
        """Return each bundle for each platform of the play; an archive is for one platform, so only for the host's own."""
        found: dict[str, dict[str, BundleArtifact]] = {}
        problems: list[str] = []
        for entry in entries:
            try:
                found[entry["name"]] = self._archived(entry) if entry.get("archive") else self._published(entry)
            except HermeticError as error:
                problems += [f"{error.message} {problem}" for problem in error.problems] or [error.message]
        if problems:
            raise HermeticError(with_single_problem("The declared bundles cannot be installed; no host was changed.", problems), problems)
        for platforms in found.values():
            self._warn_of_open(platforms[self._facts.platform])
        return found

    def _warn_of_open(self, bundle: BundleArtifact) -> None:
        """Warn of a bundle that was built before its interpreter was kept from looking above its tree; it works as it did."""
        if bundle.looks_above:
            warning = (
                f"The Python of the bundle '{bundle.name}' {bundle.release} for {bundle.platform} looks for its parts in every directory above "
                "the bundle as well: whoever may write one of them decides what it runs. Rebuild it with bundle_build and publish a new release."
            )
            self._supply.warnings += [warning] if warning not in self._supply.warnings else []

    def _archived(self, entry: Mapping[str, Any]) -> dict[str, BundleArtifact]:
        location = entry["archive"] if "://" in entry["archive"] else self._find_file(entry["archive"])
        bundle = self._supply.archive(location, sha256=entry.get("sha256"))
        problems = []
        if bundle.platform != self._facts.platform:
            problems.append(f"it is for {bundle.platform}, and the host is {self._facts.platform}; name the archive of that platform")
        if bundle.name != entry["name"]:
            problems.append(f"it holds the bundle '{bundle.name}', and '{entry['name']}' was declared; make the names one")
        if problems:
            raise HermeticError(f"Bundle archive {bundle.location} cannot be used:", problems)
        return {self._facts.platform: bundle}

    def _published(self, entry: Mapping[str, Any]) -> dict[str, BundleArtifact]:
        index = self._load_index()
        release = entry.get("release")
        if release is None and self._host and (staged := index.staged(entry["name"], channel=entry["channel"], host=self._host)):
            release = staged.release
            self._staged.append(staged)
        return {
            platform: index.resolve(entry["name"], platform=platform, release=release, channel=entry["channel"])
            for platform in self._platforms
        }

    def _virtualenvs(
        self, entries: Sequence[Mapping[str, Any]], targets: Mapping[str, tuple[Target, ...]], default: str
    ) -> tuple[tuple[Wheel, ...], list[dict[str, Any]], dict[str, dict[str, str]]]:
        problems: list[str] = []
        locks: list[DeclaredLock] = []
        specifications: dict[str, dict[str, str]] = {}
        for entry in entries:
            bundle = entry.get("bundle") or default
            if bundle not in targets:
                known = ", ".join(sorted(targets)) or "none"
                problems.append(
                    f"The VirtualEnv '{entry['name']}' is declared on the bundle '{bundle}', which is not declared; there are: {known}."
                )
                continue
            try:
                if entry.get("spec"):
                    found = DeclaredSpecification.read(self._find_file(entry["spec"]), targets[bundle])
                    lock, specifications[entry["name"]] = found.lock, {**found.summary, "file": entry["spec"]}
                else:
                    lock = self._supply.lock(self._find_file(entry["lock"]))
            except HermeticError as error:
                problems += [f"The VirtualEnv '{entry['name']}': {problem}" for problem in (error.problems or [error.message])]
                continue
            groups = None if entry.get("groups") is None else tuple(entry["groups"])
            locks.append(DeclaredLock(entry["name"], lock, extras=tuple(entry.get("extras") or ()), groups=groups, targets=targets[bundle]))
        if problems:
            raise HermeticError(
                with_single_problem("The declared VirtualEnvs cannot be installed; no host was changed.", problems), problems
            )
        selections = self._supply.prove(locks, (), index=self._index)
        wheels: dict[str, Wheel] = {}
        declared: list[dict[str, Any]] = []
        own = {name: next(target for target in each if target.platform.name == self._facts.platform) for name, each in targets.items()}
        for entry in entries:
            bundle = entry.get("bundle") or default
            selected = selections[entry["name"], own[bundle].label].wheels
            wheels.update({wheel.sha256: wheel for wheel in selected})
            declared.append(
                {
                    "name": entry["name"],
                    "bundle": bundle,
                    "wheels": [wheel.sha256 for wheel in selected],
                    "system_site_packages": bool(entry.get("system_site_packages")),
                    **({"pythonpath": True} if entry.get("pythonpath") else {}),
                    **declared_checks(entry),
                }
            )
        return tuple(wheels.values()), declared, specifications


def declared_bundle(bundle: BundleArtifact, *, default: bool) -> dict[str, Any]:
    """Return a bundle as the request declares it."""
    byte_code = {"byte_code": bundle.byte_code} if bundle.byte_code is not None else {}
    packages = {"packages": {each["name"]: each["version"] for each in bundle.packages}} if bundle.packages else {}
    return {"name": bundle.name, "release": bundle.release, "sha256": bundle.sha256, "default": default, **byte_code, **packages}


def installed_bundle(info: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    """Return what the host reports of the bundle that a VirtualEnv is to stand on."""
    current = next((each for each in info["generations"] if each["number"] == info["generation"]), None)
    bundles: Mapping[str, str] = current["bundles"] if current else {}
    known = ", ".join(sorted(bundles)) or "none"
    if name is None:
        name = (current or {}).get("default") or (next(iter(bundles)) if len(bundles) == 1 else DEFAULT_BUNDLE)
    found = next((bundle for bundle in info["bundles"] if bundle["id"] == bundles.get(name)), None)
    if found is None:
        raise HermeticError(
            f"The bundle '{name}' is not in the current generation of the host; there are: {known}. "
            "Install it first with hermetic.python.bundle, or declare both with hermetic.python.system."
        )
    return dataclasses.asdict(found) if dataclasses.is_dataclass(found) and not isinstance(found, type) else found


def refuse_old_libc(bundles: Iterable[BundleArtifact], facts: HostFacts) -> None:
    """Raise an error when the host's C library is older than a bundle requires."""
    problems = [
        f"{bundle.name} {bundle.release} requires {facts.libc} {bundle.target.libc_minimum[0]}.{bundle.target.libc_minimum[1]} or newer, "
        f"and the host has {facts.libc_version[0]}.{facts.libc_version[1]}; publish a release built for it, or declare an older one"
        for bundle in bundles
        if bundle.target.libc_minimum and facts.libc_version and facts.libc_version < bundle.target.libc_minimum
    ]
    if problems:
        raise HermeticError(with_single_problem("The host's C library is too old.", problems), problems)
