# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is fetched where an archive cannot be had: the wheel, with a warning; an error only where neither can."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.artifact_fetching import ArtifactFetching
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.needed import Needed, PrebuiltSource
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import parse_request


class Store:
    """A root, and the files that its artifacts come from."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.layout = Layout(place / "root")
        self.warnings: list[str] = []
        request = parse_request({"format": 1, "command": "drift", "root": str(self.layout.root), "options": {"retries": 0}})
        self.fetching = ArtifactFetching(self.layout, request, lambda _text: None, self.warnings)

    def artifact(self, name: str, *, there: bool = True, content: str | None = None) -> Artifact:
        source = self.place / name
        if there:
            source.write_text(content or name)
        return Artifact(hashlib.sha256(name.encode()).hexdigest(), name, len(name), (str(source),))

    def stored(self) -> set[str]:
        return {path.name for path in self.layout.wheels.glob("*/*")}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def needed(archive: Artifact, wheel: Artifact, *others: Artifact) -> Needed:
    wheels = {each.sha256: each for each in (wheel, *others)}
    prebuilt = {"0123456789abcdef-0123456789ab": PrebuiltSource(archive, wheel.sha256)}
    return Needed({}, wheels, prebuilt, frozenset(each.sha256 for each in others))


def test_an_archive_that_is_there_spares_the_wheel(store: Store) -> None:
    wanted = needed(store.artifact("a.tar.gz"), store.artifact("a.whl"), store.artifact("b.whl"))
    assert store.fetching.fetch_needed(wanted) == wanted.prebuilt
    assert store.stored() == {"a.tar.gz", "b.whl"} and store.warnings == []


@pytest.mark.parametrize("content", [None, "something else"])
def test_one_that_is_not_there_or_another_file_gives_way_to_the_wheel(store: Store, content: str | None) -> None:
    archive = store.artifact("a.tar.gz", there=content is not None, content=content)
    assert store.fetching.fetch_needed(needed(archive, store.artifact("a.whl"))) == {}
    assert "a.whl" in store.stored() and "a.tar.gz" not in store.stored()
    (warning,) = store.warnings
    assert warning.startswith("a.whl is compiled on this host") and "a.tar.gz" in warning


def test_neither_is_an_error_that_asks_for_the_archive(store: Store) -> None:
    archive = store.artifact("a.tar.gz", there=False)
    with pytest.raises(FetchFailed) as caught:
        store.fetching.fetch_needed(needed(archive, store.artifact("a.whl", there=False)))
    assert [need["sha256"] for need in caught.value.needs] == [archive.sha256]
    (problem,) = caught.value.problems
    assert "a.whl" in problem and "a.tar.gz" in problem


def test_another_artifact_that_fails_does_not_blame_an_archive_whose_wheel_is_there(store: Store) -> None:
    other = store.artifact("b.whl", there=False)
    with pytest.raises(FetchFailed) as caught:
        store.fetching.fetch_needed(needed(store.artifact("a.tar.gz", there=False), store.artifact("a.whl"), other))
    assert [need["sha256"] for need in caught.value.needs] == [other.sha256]
    assert "1 of 2 artifacts" in caught.value.message
