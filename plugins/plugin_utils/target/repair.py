# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host is repaired: from the artifacts of what it was given last, whatever is declared by now."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.model.declaration import Bundle, VirtualEnv
from ..locks.wheel import Wheel
from .declared_state import DeclaredState
from .nothing_installed import NothingInstalled, is_untouched
from .prebuilt import byte_code_of, prebuilt_of
from .request import Request, compose_request, declare
from .run import TargetRun

if TYPE_CHECKING:
    from ..repository.bundle_artifact import BundleArtifact
    from ..repository.index import Index


def repair_request(run: TargetRun, *, declared: Callable[[], DeclaredState], check: bool) -> Request:
    """Return the request that brings the active generation back to what it was; the declaration is only where artifacts come from."""
    state, index = known_artifacts(run, declared=declared)
    info = run.installed(subject="what it was given", remedy="Install it again (state present).")
    run.state = installed_state(info, declared=state, index=index)
    return compose_request(
        "converge",
        root=run.facts.root,
        check=check,
        options=run.options,
        declaration=run.state.declaration,
        scope="partial",
        artifacts=run.artifacts(),
        prebuilt=run.state.prebuilt.named,
    )


def known_artifacts(run: TargetRun, *, declared: Callable[[], DeclaredState]) -> tuple[DeclaredState | None, Index | None]:
    """Return what is declared, where that can be resolved, and the repository's index, for a task that deploys nothing of either."""
    if is_untouched(run.facts):
        raise NothingInstalled(run.facts.root)
    state = None
    if run.options.get("bundles"):
        try:
            state = declared()
        except HermeticError as error:
            run.warnings.append(f"The declaration cannot be resolved, and the task goes on without it: {error.message}")
    run.state = state or run.state
    repository = run.options.get("repository")
    index = state.index if state is not None else None
    if index is None and repository:
        index = run.supply.index(repository, public_key=run.options.get("public_key"))
        run.state = dataclasses.replace(run.state, index=index)
    return state, index


def installed_state(info: Mapping[str, Any], *, declared: DeclaredState | None, index: Index | None) -> DeclaredState:
    """Return the generation in force on a host as a state whose artifacts are known, as far as index and declaration know them.

    ``info`` is what the engine reports of the host. What is declared exactly as it is installed is declared again, so that a lost
    receipt can be made again as well; nothing else of the declaration is taken.
    """
    current = info["in_force"]
    if current is None and info.get("damaged"):
        raise HermeticError(
            f"The interpreter of {', '.join(info['damaged'])} below {info['root']} is damaged, so the host cannot report what it was given. "
            "Declare a bundle for its platform (bundles, repository), from which a temporary interpreter can be unpacked."
        )
    if current is None:
        raise NothingInstalled(info["root"])
    active = set(current["bundles"].values())
    bundle_digests = {each["sha256"] for each in info["bundles"] if each["id"] in active}
    filenames = {wheel["sha256"]: wheel["filename"] for each in info["virtualenvs"] for wheel in each["wheels"]}
    known = declared or DeclaredState(declaration=declare())
    same = _declared_as_installed(known, current)
    bundle_digests |= {bundle["sha256"] for bundle in same["bundles"]}
    wheel_digests = {*filenames, *(sha256 for each in same["virtualenvs"] for sha256 in each["wheels"])}
    bundles = {bundle.sha256: bundle for bundle in known.bundles if bundle.sha256 in bundle_digests}
    wheels = {wheel.sha256: wheel for wheel in known.wheels if wheel.sha256 in wheel_digests}
    if index is not None:
        bundles |= {bundle.sha256: bundle for bundle in _published(index, bundle_digests - set(bundles))}
        for sha256 in filenames.keys() - wheels.keys():
            location = index.wheel(sha256)
            if location is not None:
                wheels[sha256] = _wheel(sha256, filenames[sha256], location)
    ordered = sorted(bundles.values(), key=lambda bundle: bundle.name != current.get("default"))
    byte_codes = {each["id"]: byte_code_of(each) for each in info["bundles"]}
    pairs = [(byte_codes.get(each["bundle"]), [wheel["sha256"] for wheel in each["wheels"]]) for each in info["virtualenvs"]]
    return DeclaredState(
        declaration=same,
        bundles=tuple(ordered),
        wheels=tuple(wheels.values()),
        prebuilt=prebuilt_of(index, [*pairs, *_declared_pairs(same)]),
        index=index,
    )


def _declared_pairs(declaration: Mapping[str, Any]) -> Iterator[tuple[str | None, Sequence[str]]]:
    """Give the byte code and the wheels of what is declared as it is installed: its receipts may be lost on the host."""
    byte_codes = {bundle["name"]: bundle.get("byte_code") for bundle in declaration["bundles"]}
    for each in declaration["virtualenvs"]:
        yield byte_codes.get(each["bundle"]), each["wheels"]


def _declared_as_installed(known: DeclaredState, current: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a declaration that names the very trees of a generation."""
    bundles = {each["name"]: each for each in known.declaration["bundles"] if _bundle(each).id == current["bundles"].get(each["name"])}
    virtualenvs = []
    for each in known.declaration["virtualenvs"]:
        below = bundles.get(each["bundle"])
        declared = VirtualEnv(
            each["name"], each["bundle"], tuple(each["wheels"]), bool(each["system_site_packages"]), bool(each.get("pythonpath"))
        )
        if below is not None and declared.id(_bundle(below)) == current["virtualenvs"].get(each["name"]):
            virtualenvs.append(each)
    # Which bundle is bin/python is the generation's own affair.
    return declare(bundles=[{**each, "default": each["name"] == current["default"]} for each in bundles.values()], virtualenvs=virtualenvs)


def _bundle(entry: Mapping[str, Any]) -> Bundle:
    return Bundle(name=entry["name"], release=entry["release"], sha256=entry["sha256"])


def _published(index: Index, digests: set[str]) -> Iterator[BundleArtifact]:
    for name, bundle in index.content["bundles"].items():
        for release, entry in bundle["releases"].items():
            for platform, archive in entry["platforms"].items():
                if archive["sha256"] in digests:
                    yield index.resolve(name, platform=platform, release=release)


def _wheel(sha256: str, filename: str, location: str) -> Wheel:
    name, _unused, rest = filename.partition("-")
    place = {"url": location} if "://" in location else {"path": location}
    return Wheel(name=name, version=rest.partition("-")[0], filename=filename, sha256=sha256, size=None, **place)
