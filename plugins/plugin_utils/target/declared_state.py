# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host should hold, as digests, and the names that a declaration may use. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import DEFAULT_BUNDLE
from ...module_utils.hermetic.text.grammar import name_problem, shown
from .prebuilt import PrebuiltWheels
from .request import declare

if TYPE_CHECKING:
    from ..supply import Artifact, BundleArtifact, Index, Wheel


@dataclass(frozen=True)
class DeclaredState:
    """What one host should hold, and the artifacts that it is made of."""

    declaration: Mapping[str, Any]
    bundles: tuple[BundleArtifact, ...] = ()
    """The default one first."""
    wheels: tuple[Wheel, ...] = ()
    prebuilt: PrebuiltWheels = field(default_factory=PrebuiltWheels)
    specifications: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The specifications of the VirtualEnvs that are declared by one: file and SHA-256."""
    index: Index | None = field(default=None, repr=False)
    rollout: str | None = None
    """The staged roll-out that one of the releases is of."""

    @property
    def items(self) -> tuple[Artifact, ...]:
        """Everything that may have to get to the host."""
        return (*self.bundles, *self.wheels, *self.prebuilt.archives.values())

    @property
    def summary(self) -> dict[str, Any]:
        """The declaration for people and reports: releases and versions instead of digests."""
        versions = {wheel.sha256: (wheel.name, wheel.version) for wheel in self.wheels}
        return {
            "bundles": {bundle["name"]: bundle["release"] for bundle in self.declaration["bundles"]},
            "virtualenvs": {
                each["name"]: {
                    "bundle": each["bundle"],
                    "packages": dict(sorted(versions[sha256] for sha256 in each["wheels"])),
                    **({"specification": dict(self.specifications[each["name"]])} if each["name"] in self.specifications else {}),
                }
                for each in self.declaration["virtualenvs"]
            },
        }

    @property
    def engine_bundle(self) -> BundleArtifact | None:
        """The bundle that a host without any is bootstrapped from: the default one if it can run the engine, else the newest that can."""
        capable = [bundle for bundle in self.bundles if bundle.engine]
        if capable and capable[0] is self.bundles[0]:
            return capable[0]
        return max(capable, key=lambda bundle: Version(str(bundle.python["version"])), default=None)


def absent_bundle(name: str) -> DeclaredState:
    """Return the declaration that a bundle is not there."""
    refuse_bad_names("bundle", [name])
    return DeclaredState(declaration=declare(absent_bundles=[name]))


def absent_virtualenv(name: str) -> DeclaredState:
    """Return the declaration that a VirtualEnv is not there."""
    refuse_bad_names("VirtualEnv", [name])
    return DeclaredState(declaration=declare(absent_virtualenvs=[name]))


def default_bundle(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the bundle that is bin/python; raises an error where the declaration leaves it open."""
    chosen = [entry["name"] for entry in entries if entry.get("default")]
    names = [entry["name"] for entry in entries]
    if len(chosen) > 1:
        raise HermeticError(f"The bundles {', '.join(chosen)} are all declared default; one bundle can be bin/python.")
    if chosen:
        return str(chosen[0])
    if len(names) == 1 or DEFAULT_BUNDLE in names:
        return str(names[0]) if len(names) == 1 else DEFAULT_BUNDLE
    raise HermeticError(
        f"None of the bundles {', '.join(names) or '(none)'} is declared default; set default on the one that is to be bin/python."
    )


def refuse_bad_names(what: str, names: Sequence[str]) -> None:
    """Raise one error with every name that cannot be one, or is there twice."""
    problems = [
        f"{shown(name)} is a path; expected a plain name, which becomes a directory below the root"
        if "/" in name or "\\" in name or name in (".", "..")
        else f"{shown(name)} is no name; {problem}"
        for name, problem in ((name, name_problem(name)) for name in names)
        if problem is not None
    ]
    problems += [f"'{name}' is declared {names.count(name)} times; leave one" for name in dict.fromkeys(names) if names.count(name) > 1]
    if problems:
        raise HermeticError(with_single_problem(f"The {what} names cannot be used.", problems), problems)


def with_single_problem(message: str, problems: Sequence[str]) -> str:
    """Return the message of an error, with its problem where there is no more than one."""
    return f"{message} {problems[0]}" if len(problems) == 1 else message
