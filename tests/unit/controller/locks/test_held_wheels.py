# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels of a requirements lock that a repository holds: no package index is asked for them, and none of them is a lesser choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import Target
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import Index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import parse_index
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import DeclaredLock, Supply
from lock_samples import names, requirements
from repository_samples import task
from supply_samples import LINUX, WINDOWS, make_bundle, make_html_index, make_wheel, sha256

# Whoever asks it fails here: tests of this half open no connection.
NOWHERE = "http://127.0.0.1:9/simple"
PURE = "pkg-1.0-py3-none-any.whl"
NATIVE = "pkg-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
WIN = "pkg-1.0-cp312-cp312-win_amd64.whl"
OTHER = "other-1.0-py3-none-any.whl"


class Place:
    """A repository with a bundle for two platforms, and wheels that a package index has."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "none").mkdir()
        self.wheel = {name: make_wheel(directory / "wheels", name) for name in (PURE, NATIVE, WIN, OTHER)}
        for platform in ("linux-x86_64", "windows-x86_64"):
            make_bundle(directory / "build", platform=platform)
        task(directory, archives=[str(directory / "build")], channel="stable", release="3.12.1+1")

    def lock(self, *names: str) -> Path:
        return requirements(self.directory, *(self.wheel[name] for name in names))

    def mirror(self, *names: str, **options: Any) -> dict[str, Any]:
        options = {"find_links": [str(self.directory / "wheels")], "index_url": (self.directory / "none").as_uri(), **options}
        return task(self.directory, locks=[str(self.lock(*names))], prebuilt=False, **options)

    def selected(
        self, *names: str, target: Any = LINUX, find_links: Path | None = None, index_url: str = NOWHERE, **options: Any
    ) -> list[str]:
        links = {"find_links": [str(find_links)]} if find_links else {}
        supply = Supply.from_options({"cache": self.directory / "cache", "index_url": index_url, "retries": 0, **links, **options})
        index = supply.index(str(self.directory / "repository"))
        declared = DeclaredLock("tools", supply.lock(self.lock(*names)), targets=(target,))
        [selection] = supply.prove([declared], (), index=index).values()
        assert supply.warnings == []
        found = {wheel.sha256: wheel for wheel in selection.wheels}
        assert all(sha256(self.wheel[wheel.filename]) == digest for digest, wheel in found.items())
        return [wheel.filename for wheel in selection.wheels]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))
    return Place(tmp_path)


def test_what_was_mirrored_is_looked_up_nowhere_else(place: Place) -> None:
    result = place.mirror(PURE, NATIVE, WIN, OTHER)
    assert [step["action"] for step in result["plan"]] == ["add_wheel"] * 3
    for _again in range(2):
        assert place.selected(PURE, NATIVE, WIN, OTHER) == [OTHER, NATIVE]
        assert place.selected(PURE, NATIVE, WIN, OTHER, target=WINDOWS) == [OTHER, WIN]
    # Nor does it need to be known where else one could look.
    assert place.selected(PURE, NATIVE, WIN, OTHER, index_url="") == [OTHER, NATIVE]
    assert place.mirror(PURE, NATIVE, WIN, OTHER)["changed"] is False


def test_a_lesser_wheel_that_was_mirrored_for_another_platform_is_not_chosen(place: Place) -> None:
    place.mirror(PURE, platforms=["windows-x86_64"])
    everywhere = place.directory / "wheels"
    local = (place.directory / "none").as_uri()
    assert place.selected(PURE, NATIVE, find_links=everywhere, index_url=local) == [NATIVE]
    # On that other platform it was the best.
    assert place.selected(PURE, NATIVE, target=WINDOWS) == [PURE]
    place.mirror(PURE, NATIVE, platforms=["linux-x86_64"])
    assert place.selected(PURE, NATIVE) == [NATIVE]
    # Where the lock allows nothing else, nothing else can be better.
    assert place.selected(PURE) == [PURE]


def test_a_wheel_that_another_release_of_the_bundle_needs_does_not_vouch_for_a_lesser_one(place: Place) -> None:
    place.mirror(PURE, platforms=["windows-x86_64"])
    newer = "pkg-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"
    place.wheel[newer] = make_wheel(place.directory / "wheels", newer)
    place.mirror(PURE, NATIVE, newer, platforms=["linux-x86_64"])
    older = Target.of("linux-x86_64", python={"version": "3.12.1", "abi": "cp312"}, libc={"family": "glibc", "minimum": "2.17"})
    local = (place.directory / "none").as_uri()
    assert place.selected(PURE, NATIVE, newer) == [newer]
    assert place.selected(PURE, NATIVE, newer, target=older, find_links=place.directory / "wheels", index_url=local) == [NATIVE]


def test_what_the_repository_does_not_hold_is_looked_up_as_before(place: Place) -> None:
    place.mirror(OTHER)
    local = (place.directory / "none").as_uri()
    (place.directory / "links").mkdir()
    for name in (NATIVE, PURE):
        (place.directory / "links" / name).write_bytes(place.wheel[name].read_bytes())
    assert place.selected(OTHER, PURE, NATIVE, find_links=place.directory / "links", index_url=local) == [OTHER, NATIVE]
    with pytest.raises(HermeticError) as caught:
        place.selected(OTHER, WIN, index_url=local, target=WINDOWS)
    assert "pkg 1.0 is in none of the configured package sources" in str(caught.value) and "other" not in str(caught.value.problems)


def test_wheels_that_were_published_without_a_lock_do_where_nothing_else_is_known(place: Place, tmp_path: Path) -> None:
    task(place.directory, wheels=[str(place.wheel[PURE])])
    local = (place.directory / "none").as_uri()
    with_both = make_html_index(tmp_path / "web", [place.wheel[PURE], place.wheel[NATIVE]])
    (tmp_path / "web" / "files").mkdir()
    for name in (PURE, NATIVE):
        (tmp_path / "web" / "files" / name).write_bytes(place.wheel[name].read_bytes())
    assert place.selected(PURE, NATIVE, index_url=with_both.as_uri()) == [NATIVE]
    assert place.selected(PURE, NATIVE, index_url=local) == [PURE]


def test_a_repository_that_was_mirrored_before_learns_it_from_the_next_task(place: Place) -> None:
    place.mirror(PURE, NATIVE)
    index = place.directory / "repository" / "index.json"
    document = json.loads(index.read_bytes())
    for wheel in document["wheels"].values():
        del wheel["selected_for"]
    index.write_text(json.dumps(document))
    result = place.mirror(PURE, NATIVE)
    assert [(step["action"], step["subject"]) for step in result["plan"]] == [
        ("describe", f"wheel:{NATIVE}"),
        ("describe", f"wheel:{PURE}"),
    ]
    assert place.mirror(PURE, NATIVE)["changed"] is False
    assert place.selected(PURE, NATIVE) == [NATIVE]
    # A mark is kept when the wheel is mirrored for another platform.
    place.mirror(PURE, NATIVE, platforms=["windows-x86_64"])
    assert place.selected(PURE, NATIVE) == [NATIVE]


@pytest.mark.parametrize("forged", ["name", "version", "digest", "target"])
def test_a_wheel_under_a_wrong_name_is_not_taken(place: Place, forged: str) -> None:
    place.mirror(PURE)
    index = place.directory / "repository" / "index.json"
    document = json.loads(index.read_bytes())
    [(digest, entry)] = document["wheels"].items()
    name = {"name": OTHER, "version": "pkg-2.0-py3-none-any.whl", "target": WIN}.get(forged, PURE)
    entry["path"] = entry["path"].replace(PURE, name)
    document["wheels"] = {"0" * 64 if forged == "digest" else digest: entry}
    index.write_text(json.dumps(document))
    with pytest.raises(HermeticError, match="can be installed on every platform"):
        place.selected(PURE, index_url=(place.directory / "none").as_uri())


@pytest.mark.parametrize("marks", ["linux", [1], ["../x"], {"a": 1}])
def test_marks_that_cannot_be_are_refused(place: Place, marks: Any) -> None:
    place.mirror(PURE)
    document = json.loads((place.directory / "repository" / "index.json").read_bytes())
    for wheel in document["wheels"].values():
        wheel["selected_for"] = marks
    with pytest.raises(BrokenArtifact) as caught:
        parse_index(json.dumps(document).encode(), subject="It")
    assert "expected a list of platforms with ABI tags" in str(caught.value.problems)


def test_a_lost_wheel_is_looked_up_again(place: Place) -> None:
    place.mirror(PURE)
    assert place.selected(PURE) == [PURE]
    [file] = (place.directory / "repository" / "wheels").rglob("*.whl")
    file.unlink()
    local = (place.directory / "none").as_uri()
    assert place.selected(PURE, find_links=place.directory / "wheels", index_url=local) == [PURE]


def test_addresses_with_secrets_are_not_remembered(place: Place, tmp_path: Path) -> None:
    place.mirror(PURE)
    supply = Supply.from_options({"cache": tmp_path / "secret-cache", "index_url": NOWHERE, "retries": 0})
    content = json.loads((place.directory / "repository" / "index.json").read_bytes())
    index = Index("https://repo.example.com/python?token=hunter2", content)
    declared = DeclaredLock("tools", supply.lock(place.lock(PURE)), targets=(LINUX,))
    [selection] = supply.prove([declared], (), index=index).values()
    assert names(selection) == [PURE] and selection.wheels[0].url is not None and "hunter2" in selection.wheels[0].url
    assert not any(b"hunter2" in path.read_bytes() for path in (tmp_path / "secret-cache").rglob("*") if path.is_file())
