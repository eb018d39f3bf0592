# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations: what their profile holds, how one is made the current one, and what stands in the way of that."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import replacement
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations import profile
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations.foreign_obstacles import foreign_obstacles
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import Generation, dump
from host_samples import NOW, Host, bundle, virtualenv

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the profile of POSIX; Windows has junctions")

NEW, OLD, LEGACY = bundle("python", "3.12.1+1"), bundle("old", "3.9.18+1"), bundle("legacy", "2.7.18+1")


@pytest.fixture
def host() -> Host:
    """One generation with three bundles, of which one cannot run the engine, and two environments."""
    made = Host()
    made.install(NEW)
    made.install(OLD)
    made.install(LEGACY, engine=False)
    one, two = (made.build(virtualenv(name, "alpha-1.0"), NEW, "alpha-1.0") for name in ("one", "two"))
    made.switch([NEW, OLD, LEGACY], [one, two])
    return made


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "root")
    layout.generation_records.mkdir(parents=True)
    layout.generations.mkdir()
    return layout


def test_the_profile_names_every_command_once_and_one_python(host: Host) -> None:
    wanted = profile.links_of(Layout(Path("/r")), host.records.generations[1], host.records.bundles)
    assert wanted == {
        "lib": f"../../bundles/{NEW.id}/lib",
        "bin/python": f"/r/bundles/{NEW.id}/bin/python3.12",
        "bin/python3": f"/r/bundles/{NEW.id}/bin/python3.12",
        "bin/python3.12": f"/r/bundles/{NEW.id}/bin/python3.12",
        "bin/python3.9": f"/r/bundles/{OLD.id}/bin/python3.9",
        "bin/python2.7": f"/r/bundles/{LEGACY.id}/bin/python2.7",
        "envs/one": f"../../../environments/{virtualenv('one', 'alpha-1.0').id(NEW)}",
        "envs/two": f"../../../environments/{virtualenv('two', 'alpha-1.0').id(NEW)}",
    }
    assert profile.link_directories(wanted)[""] == {"bin", "lib", "envs"}


def test_another_default_changes_what_python_is(host: Host) -> None:
    other = Generation(**{**host.records.generations[1].__dict__, "default": "old"})
    wanted = profile.links_of(Layout(Path("/r")), other, host.records.bundles)
    assert wanted["bin/python"] == wanted["bin/python3"] == f"/r/bundles/{OLD.id}/bin/python3.9"
    assert wanted["bin/python3.12"] == f"/r/bundles/{NEW.id}/bin/python3.12"
    assert wanted["lib"] == f"../../bundles/{OLD.id}/lib"


def test_a_generation_of_nothing_has_an_empty_profile() -> None:
    empty = Generation(1, NOW, False, None, {}, {}, None)
    assert profile.links_of(Layout(Path("/r")), empty, {}) == {}
    assert profile.link_directories({}) == {"": {"envs"}, "envs": set()}


@pytest.mark.parametrize(
    ("releases", "expected"),
    [(["3.9.18+1", "3.12.1+1"], "3.12.1+1"), (["3.9.18+1", "3.10.1+1"], "3.10.1+1"), (["3.12.10+1", "3.12.9+1"], "3.12.10+1"), ([], None)],
)
def test_the_newest_python_that_can_runs_the_engine(releases: list[str], expected: str | None) -> None:
    made = Host()
    bundles = [bundle(f"b{index}", release) for index, release in enumerate(releases)]
    for each in bundles:
        made.install(each)
    made.install(LEGACY, engine=False)
    found = profile.newest_engine(made.switch([*bundles, LEGACY], default="legacy"), made.records.bundles)
    assert found == next((each.id for each in bundles if each.release == expected), None)


def test_activation_makes_every_link(host: Host, layout: Layout) -> None:
    generation = host.records.generations[1]
    profile.activate(layout, generation, host.records)
    assert os.readlink(layout.current) == "generations/1"
    assert {name: os.readlink(layout.root / name) for name in ("bin", "lib", "envs")} == {
        name: f"current/{name}" for name in ("bin", "lib", "envs")
    }
    assert os.readlink(layout.engine) == f"../bundles/{NEW.id}"
    links = layout.generations / "1"
    assert {str(path.relative_to(links)): os.readlink(path) for path in links.rglob("*") if path.is_symlink()} == profile.links_of(
        layout, generation, host.records.bundles
    )
    assert json.loads((layout.generation_records / "1.json").read_text()) == dump(generation)
    assert profile.current_number(layout) == 1
    assert not list(layout.root.rglob(".new-*"))
    assert not list(layout.root.rglob(".old-*"))


def test_activation_again_replaces_whatever_became_of_the_profile(host: Host, layout: Layout) -> None:
    generation = host.records.generations[1]
    profile.activate(layout, generation, host.records)
    (layout.generations / "1/bin/evil").touch()
    (layout.generations / "1/envs/one").unlink()
    profile.activate(layout, generation, host.records)
    assert sorted(path.name for path in (layout.generations / "1/bin").iterdir()) == [
        "python",
        "python2.7",
        "python3",
        "python3.12",
        "python3.9",
    ]
    assert (layout.generations / "1/envs/one").is_symlink()


def test_a_profile_tells_what_its_record_would(host: Host, layout: Layout) -> None:
    generation = host.records.generations[1]
    profile.activate(layout, generation, host.records)
    del host.records.generations[1]
    found = profile.read_back(layout, 1, host.records)
    assert found is not None
    assert (found.number, found.default, found.virtualenvs, found.pinned) == (1, "python", generation.virtualenvs, False)
    assert found.bundles == {"python": NEW.id}


@pytest.mark.parametrize("missing", ["lib", "envs", "."])
def test_a_profile_that_tells_too_little_is_not_guessed(host: Host, layout: Layout, missing: str) -> None:
    profile.activate(layout, host.records.generations[1], host.records)
    place = layout.generations / "1" / missing
    place.rename(layout.root / "away") if missing != "." else (layout.generations / "1").rename(layout.root / "away")
    assert profile.read_back(layout, 1, host.records) is None


@pytest.mark.parametrize(
    "target",
    [
        "generations/0042",
        "generations/x",
        "generations/",
        "generations/²",
        "elsewhere/1",
        "/generations/1",
        "generations/../generations/1",
        "1",
        "generations/1/",
    ],
)
def test_a_link_that_was_not_made_here_names_no_generation(layout: Layout, target: str) -> None:
    layout.current.symlink_to(target)
    assert profile.current_number(layout) is None


def test_no_link_names_no_generation(layout: Layout) -> None:
    assert profile.current_number(layout) is None
    layout.current.mkdir()
    assert profile.current_number(layout) is None


class TestPlace:
    """A finished tree takes its place in one step."""

    def tree(self, path: Path, word: str) -> Path:
        (path / "deep").mkdir(parents=True)
        (path / "deep/word").write_text(word)
        return path

    def test_where_nothing_is(self, tmp_path: Path) -> None:
        replacement.place(self.tree(tmp_path / ".new-x", "new"), tmp_path / "x")
        assert (tmp_path / "x/deep/word").read_text() == "new"
        assert [path.name for path in tmp_path.iterdir()] == ["x"]

    @pytest.mark.parametrize("exchanges", [True, False])
    @pytest.mark.parametrize("before", ["tree", "file", "link"])
    def test_where_something_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, exchanges: bool) -> None:
        if not exchanges:
            monkeypatch.setattr(replacement, "exchange", lambda one, other: False)
        base = tmp_path / "base"
        outside = self.tree(tmp_path / "outside", "precious")
        self.tree(base / ".old-x", "left by a run that was killed")
        final = base / "x"
        if before == "tree":
            self.tree(final, "old")
        elif before == "file":
            final.write_text("old")
        else:
            final.symlink_to(outside)
        replacement.place(self.tree(base / ".new-x", "new"), final)
        assert (final / "deep/word").read_text() == "new"
        assert not final.is_symlink()
        assert [path.name for path in base.iterdir()] == ["x"]
        assert (outside / "deep/word").read_text() == "precious"


class TestObstacles:
    """What somebody else put at the root is never overwritten."""

    def test_none_on_a_new_root(self, tmp_path: Path) -> None:
        assert foreign_obstacles(Layout(tmp_path / "nowhere")) == []
        assert foreign_obstacles(Layout(tmp_path)) == []

    def test_none_on_our_own(self, host: Host, layout: Layout) -> None:
        profile.activate(layout, host.records.generations[1], host.records)
        assert foreign_obstacles(layout) == []

    def test_none_when_only_the_state_was_lost(self, host: Host, layout: Layout) -> None:
        profile.activate(layout, host.records.generations[1], host.records)
        layout.state.rename(layout.root.parent / "away")
        assert foreign_obstacles(layout) == []

    def test_a_file_for_a_root(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert [str(tmp_path / "file") in told for told in foreign_obstacles(Layout(tmp_path / "file"))] == [True]

    @pytest.mark.parametrize("name", ["bin", "lib", "envs", "current"])
    @pytest.mark.parametrize("kind", ["directory", "file"])
    def test_something_where_a_link_belongs(self, tmp_path: Path, name: str, kind: str) -> None:
        (tmp_path / name).mkdir() if kind == "directory" else (tmp_path / name).touch()
        (told,) = foreign_obstacles(Layout(tmp_path))
        assert f"{tmp_path / name} is a {kind} of something else" in told

    @pytest.mark.parametrize("name", ["bundles", "environments", "laid", "wheels", "generations", "state"])
    @pytest.mark.parametrize("kind", ["link", "file"])
    def test_something_where_a_directory_belongs(self, tmp_path: Path, name: str, kind: str) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / name).symlink_to("elsewhere") if kind == "link" else (tmp_path / name).touch()
        (told,) = foreign_obstacles(Layout(tmp_path))
        assert f"{tmp_path / name} is no directory" in told

    @pytest.mark.parametrize(
        ("name", "target"), [("bin", "usr/bin"), ("lib", "/usr/lib"), ("current", "releases/7"), ("envs", "current/other")]
    )
    def test_links_of_a_directory_that_is_not_ours(self, tmp_path: Path, name: str, target: str) -> None:
        """A system whose /bin is a link to usr/bin is not to be taken for a root whose link was tampered with."""
        (tmp_path / name).symlink_to(target)
        (told,) = foreign_obstacles(Layout(tmp_path))
        assert f"{tmp_path / name} is a link to {target}" in told

    def test_everything_is_reported_at_once(self, tmp_path: Path) -> None:
        for name in ("bin", "lib", "state"):
            (tmp_path / name).touch()
        assert len(foreign_obstacles(Layout(tmp_path))) == 3
