# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller vouches for on one host: the digests that a deep verification compares the host's own records with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.model.declaration import parse_declaration
from ...module_utils.hermetic.model.layout import bundle_id, laid_id
from ..engine_code import engine_digest
from ..net.controller_cache import ControllerCache, local_path
from ..repository.bundle_archive import MANIFEST, read_metadata
from ..repository.bundle_artifact import BundleArtifact
from .declared_state import DeclaredState
from .known_manifests import KnownManifests, Made
from .run import TargetRun

Known = dict[str, list[str]]


def known_to_controller(run: TargetRun, *, host: str) -> Known:
    """Return what the records of a run's host are compared with; a controller whose record cannot be read knows nothing, and warns."""
    facts = run.facts
    try:
        return vouched(run.state, KnownManifests.at(), cache=run.supply.cache, platform=facts.platform, host=host, root=facts.root)
    except HermeticError as error:
        run.warnings.append(error.message)
        return {}


def remember_made(made: Made, run: TargetRun, *, host: str) -> None:
    """Keep what a run's host reported of the trees that it made; what is wrong with it becomes a warning of the run."""
    try:
        record, root = KnownManifests.at(), run.facts.root
        credible = record.credible(made, host=host, root=root, pythons=_deployed_pythons(run.state))
        run.warnings += record.remember(credible, host=host, root=root, engine=engine_digest()[:16])
    except HermeticError as error:
        run.warnings.append(error.message)


def forget_made(root: str, *, host: str) -> list[str]:
    """Remove what a host reported of a root that is gone, and return a warning for what is wrong with the record."""
    try:
        KnownManifests.at().forget(host=host, root=root)
    except HermeticError as error:
        return [error.message]
    return []


def _deployed_pythons(state: DeclaredState) -> set[str]:
    """Return the versions of the Pythons that hosts may have from this controller: those that are declared, and all of the repository."""
    published = state.index.content["bundles"].values() if state.index is not None else ()
    archives = (archive for each in published for release in each["releases"].values() for archive in release["platforms"].values())
    return {str(each["version"]) for each in (*(bundle.python for bundle in state.bundles), *(archive["python"] for archive in archives))}


def vouched(state: DeclaredState, record: KnownManifests, *, cache: ControllerCache, platform: str, host: str, root: str) -> Known:
    """Return the digests by ``kind/id``: what the repository has, before what was remembered."""
    known = record.of(_declared_trees(state.declaration), host=host, root=root)
    for tree, digest in (*_published(state, platform), *_declared_bundles(state, cache)):
        known[tree] = [digest]
    for tree, digest in _prebuilt(state, known):
        known[tree] = sorted({digest, *known.get(tree, ())})
    return known


def _declared_trees(declaration: Mapping[str, Any]) -> Iterator[str]:
    declared = parse_declaration(declaration, complete=False)
    bundles = {bundle.name: bundle for bundle in declared.bundles}
    yield from (f"bundles/{bundle.id}" for bundle in bundles.values())
    for environment in declared.virtualenvs:
        bundle = bundles.get(environment.bundle)
        if bundle is not None:
            yield f"environments/{environment.id(bundle)}"
            # As an earlier release names them, for a host that no converge of this one has been on.
            keys = [key for key in (bundle.byte_code, bundle.sha256) if key is not None]
            yield from (f"laid/{laid_id(wheel, byte_code=key)}" for wheel in environment.wheels for key in keys)


def _published(state: DeclaredState, platform: str) -> Iterator[tuple[str, str]]:
    """Give the bundles of the index, since a host may still have, or have gone back to, another release than the declared one."""
    for name, bundle in state.index.content["bundles"].items() if state.index is not None else ():
        for release, entry in bundle["releases"].items():
            archive = entry["platforms"].get(platform)
            if archive is not None and archive.get(MANIFEST):
                yield f"bundles/{bundle_id(name, release=release, sha256=archive['sha256'])}", archive[MANIFEST]


def _prebuilt(state: DeclaredState, known: Known) -> list[tuple[str, str]]:
    """Return the digests of what the repository has prebuilt.

    A host may have compiled a wheel itself. With another version of Python its byte code may differ, and only what it reported then
    tells that from a tree that was changed: where nothing is remembered, what such a host has is not known.
    """
    pythons: dict[str, set[str]] = {}
    for bundle in state.bundles:
        pythons.setdefault(bundle.byte_code or "", set()).add(str(bundle.python["version"]))
    return [
        (f"laid/{tree_id}", each.receipt)
        for tree_id, each in state.prebuilt.archives.items()
        if f"laid/{tree_id}" in known or pythons.get(each.byte_code) == {each.python}
    ]


def _declared_bundles(state: DeclaredState, cache: ControllerCache) -> Iterator[tuple[str, str]]:
    for bundle in state.bundles:
        digest = bundle.manifest or _read_from_archive(bundle, cache)
        if digest is not None:
            yield f"bundles/{bundle_id(bundle.name, release=bundle.release, sha256=bundle.sha256)}", digest


def _read_from_archive(bundle: BundleArtifact, cache: ControllerCache) -> str | None:
    """Return the digest for a bundle that an older release published, where its archive is on the controller."""
    path = local_path(bundle.location)
    if path is None or not path.is_file() or cache.digest(path) != bundle.sha256:
        return None
    return str(cache.memo("manifest-1", bundle.sha256, lambda: read_metadata(path)[MANIFEST]))
