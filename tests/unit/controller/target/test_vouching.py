# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller vouches for, from where it knows it, and what is looked at before an interpreter is started."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache
from ansible_collections.hermetic.python.plugins.plugin_utils.net.local_file import sha256_of
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import Archive, Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import read_metadata
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_artifact import archive_artifact
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import parse_index
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import DeclaredState
from ansible_collections.hermetic.python.plugins.plugin_utils.target.known_manifests import KnownManifests
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import declare
from ansible_collections.hermetic.python.plugins.plugin_utils.target.vouching import vouched
from supply_samples import make_bundle

PLATFORM = "linux-x86_64"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return published(make_bundle(tmp_path / "built"))


def published(path: Path) -> Archive:
    return Archive(path, sha256_of(path), path.stat().st_size, read_metadata(path))


@pytest.fixture
def store(tmp_path: Path, archive: Archive) -> RepositoryStore:
    made = RepositoryStore(tmp_path / "repository")
    made.update(Update(archives=[archive]))
    return made


def entry_of(store: RepositoryStore, archive: Archive) -> dict[str, Any]:
    index = json.loads((store.directory / "index.json").read_text())
    found: dict[str, Any] = index["bundles"]["python"]["releases"][archive.metadata["release"]]["platforms"][PLATFORM]
    return found


def known(state: DeclaredState, tmp_path: Path) -> dict[str, list[str]]:
    cache = ControllerCache.at(tmp_path / "cache")
    return vouched(state, KnownManifests.at(tmp_path / "state"), cache=cache, platform=PLATFORM, host="web1", root="/r")


def test_the_index_holds_the_digest_of_each_manifest(store: RepositoryStore, archive: Archive, tmp_path: Path) -> None:
    assert entry_of(store, archive)["manifest"] == archive.metadata["manifest"]
    assert store.verify() == []
    index = load_index(str(store.directory))
    state = DeclaredState(declaration=declare(), index=index)
    tree = f"bundles/python-{archive.metadata['release']}-{archive.sha256[:12]}"
    assert known(state, tmp_path) == {tree: [archive.metadata["manifest"]]}


def without_manifest(store: RepositoryStore, archive: Archive, **changes: Any) -> None:
    path = store.directory / "index.json"
    index = json.loads(path.read_text())
    entry = index["bundles"]["python"]["releases"][archive.metadata["release"]]["platforms"][PLATFORM]
    del entry["manifest"]
    entry.update(changes)
    path.write_text(json.dumps(index))


def test_an_older_index_is_read_and_completed_by_publishing_again(store: RepositoryStore, archive: Archive, tmp_path: Path) -> None:
    without_manifest(store, archive)
    assert store.verify() == []
    artifact = load_index(str(store.directory)).resolve("python", platform=PLATFORM, release=archive.metadata["release"])
    assert artifact.manifest is None
    state = DeclaredState(declaration=declare(), bundles=(artifact,), index=load_index(str(store.directory)))
    assert list(known(state, tmp_path).values()) == [[archive.metadata["manifest"]]], "read from the archive in the directory"
    outcome = store.update(Update(archives=[archive]))
    assert [change.action for change in outcome.plan] == ["describe"]
    assert entry_of(store, archive)["manifest"] == archive.metadata["manifest"]
    assert store.update(Update(archives=[archive])).changed is False


@pytest.mark.parametrize("digest", ["x", "A" * 64, 7, ["a" * 64]])
def test_an_index_with_no_digest_for_a_manifest_is_refused(store: RepositoryStore, archive: Archive, digest: object) -> None:
    without_manifest(store, archive, manifest=digest)
    with pytest.raises(BrokenArtifact) as raised:
        parse_index((store.directory / "index.json").read_bytes(), subject="The index")
    assert "manifest" in str(raised.value)


def test_verifying_a_repository_finds_another_digest(store: RepositoryStore, archive: Archive) -> None:
    without_manifest(store, archive, manifest="0" * 64)
    assert any("its 'manifest' is not what" in problem for problem in store.verify())


def test_what_the_repository_says_goes_before_what_was_remembered(archive: Archive, tmp_path: Path) -> None:
    artifact = archive_artifact(str(archive.path), cache=ControllerCache.at(tmp_path / "cache"))
    tree = f"bundles/python-{archive.metadata['release']}-{archive.sha256[:12]}"
    record = KnownManifests.at(tmp_path / "state")
    record.remember({tree: {"digest": "0" * 64, "here": False}}, host="liar", root="/r", engine="e")
    assert known(DeclaredState(declaration=declare(), bundles=(artifact,)), tmp_path) == {tree: [archive.metadata["manifest"]]}
    remembered = known(
        DeclaredState(declaration=declare(), bundles=(dataclasses.replace(artifact, manifest=None, location="/gone"),)), tmp_path
    )
    assert remembered == {tree: ["0" * 64]}
