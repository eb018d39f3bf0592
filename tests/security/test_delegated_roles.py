# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams with keys of their own: each publishes what is delegated to it, and nothing else, whatever it signs."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_parts import matches, merged_index, split_index
from ansible_collections.hermetic.python.plugins.plugin_utils.trust.layout import by_digest
from metadata_samples import FIRST, SECOND, Published, expired, make_key, reader
from repository_samples import task
from supply_samples import make_bundle, make_wheel, served
from tuf.api.metadata import MetaFile, TargetFile
from tuf.ngclient import Updater


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))


class Teams:
    """A repository whose bundles and wheels are of two teams, and whose targets are of nobody who publishes daily."""

    def __init__(self, directory: Path) -> None:
        self.key = {name: make_key(directory, name) for name in ("root", "targets", "online", "bundles", "wheels")}
        self.delegations = [
            {"name": "bundles", "paths": ["bundles/*/*/*"], **self._keys("bundles")},
            {"name": "wheels", "paths": ["wheels/*/*", "prebuilt/*/*"], **self._keys("wheels")},
        ]
        self.online = {"roles": ["snapshot", "timestamp"], **self._keys("online")}
        offline = [{"roles": [role], **self._keys(role)} for role in ("root", "targets")]
        self.published = Published(directory, keys=[*offline, self.online], delegations=self.delegations)

    def _keys(self, name: str) -> dict[str, Any]:
        return {"keys": [{"private_key": self.key[name]}], "threshold": 1}

    def task(self, team: str, **options: Any) -> dict[str, Any]:
        return task(self.published.directory, private_key=self.key[team], keys=[self.online], **options)

    def forge(self, team: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Let a team change its part of the index at will, and sign it, with the keys that it has."""
        name = f"index/{team}.json"
        place = self.published.place_of(team)
        digest = json.loads(place.read_bytes())["signed"]["targets"][name]["hashes"]["sha256"]
        part = json.loads((self.published.path / by_digest(name, digest)).read_bytes())
        change(part)
        content = json.dumps(part).encode()
        forged = hashlib.sha256(content).hexdigest()
        (self.published.path / by_digest(name, forged)).write_bytes(content)
        target = TargetFile(len(content), {"sha256": forged}, name)
        self.edit(team, lambda signed: signed.targets.update({name: target}))

    def edit(self, team: str, change: Callable[[Any], object]) -> None:
        content = self.published.edit(team, change, keys=[self.key[team]]).read_bytes()
        version = json.loads(content)["signed"]["version"]
        meta = MetaFile(version, len(content))
        content = self.published.edit(
            "snapshot", lambda signed: signed.meta.update({f"{team}.json": meta}), keys=[self.key["online"]]
        ).read_bytes()
        named = MetaFile(json.loads(content)["signed"]["version"], len(content))
        self.published.edit("timestamp", lambda signed: setattr(signed, "snapshot_meta", named), keys=[self.key["online"]])


@pytest.fixture
def teams(tmp_path: Path) -> Teams:
    (tmp_path / "publisher").mkdir()
    return Teams(tmp_path / "publisher")


def read(tmp_path: Path, teams: Teams, address: str | None = None) -> Any:
    return reader(tmp_path).index(address or str(teams.published.path), public_key=teams.published.root, max_age=0)


def test_each_team_publishes_with_its_own_key(tmp_path: Path, teams: Teams) -> None:
    with served(teams.published.directory) as server:
        address = f"{server.url}/repository"
        assert read(tmp_path, teams, address).release("python") == FIRST
        make_bundle(tmp_path / "build", release=SECOND)
        teams.task("bundles", archives=[str(tmp_path / "build")], channel="stable", release=SECOND)
        wheel = make_wheel(tmp_path / "wheels", "other-1.0-py3-none-any.whl")
        teams.task("wheels", wheels=[str(wheel)])
        index = read(tmp_path, teams, address)
        assert index.release("python") == SECOND and len(index.content["wheels"]) == 2 and index.serial == 3
        assert teams.published.place_of("targets").name == "1.targets.json", "their keys were not needed"
        assert task(teams.published.directory, state="verified", public_key=str(teams.published.root))["problems"] == []
        assert teams.task("wheels")["changed"] is False and not (teams.published.path / "index.json.sig").exists()
        # The reference client finds every file with the role that it belongs to.
        (tmp_path / "client").mkdir()
        root = teams.published.root.read_bytes()
        client = Updater(str(tmp_path / "client"), f"{address}/metadata/", str(tmp_path / "client"), f"{address}/", bootstrap=root)
        paths = [wheel["path"] for wheel in index.content["wheels"].values()] + ["index.json", "index/bundles.json"]
        paths += [teams.published.path.joinpath(each).relative_to(teams.published.path).as_posix() for each in archives(index.content)]
        for path in paths:
            target = client.get_targetinfo(path)
            assert target is not None and Path(client.download_target(target)).stat().st_size == target.length


def archives(index: dict[str, Any]) -> list[str]:
    releases = [release for bundle in index["bundles"].values() for release in bundle["releases"].values()]
    return [archive["path"] for release in releases for archive in release["platforms"].values()]


def test_a_team_that_changes_what_is_not_its_own_cannot_sign_and_changes_nothing(tmp_path: Path, teams: Teams) -> None:
    make_bundle(tmp_path / "build", release=SECOND)
    before = {path: path.read_bytes() for path in teams.published.path.rglob("*") if path.is_file()}
    with pytest.raises(HermeticError, match="role bundles: the targets want 1 of its 1 keys, and this task has 0"):
        teams.task("wheels", archives=[str(tmp_path / "build")])
    with pytest.raises(HermeticError, match="role targets"):
        teams.task("wheels", delegations=[{**teams.delegations[1], "paths": ["bundles/*/*/*"]}])
    assert before == {path: path.read_bytes() for path in teams.published.path.rglob("*") if path.is_file()}


def archive_of(path: str) -> dict[str, Any]:
    return {
        "path": path, "sha256": "0" * 64, "size": 1, "libc": {"family": "glibc", "minimum": "2.28"}, "macos": None, "hermetic": "launcher",
        "engine": True, "packages": [],
        "python": {"version": "3.12.1", "implementation": "cpython", "tag": "cp312", "abi": "cp312", "executable": "bin/python3", "commands": {}},
    }  # fmt: skip


def bundle_in(path: str, *, release: str = "3.12.1+9", channel: str = "beta") -> Callable[[dict[str, Any]], None]:
    entry = {"platforms": {"linux-x86_64": archive_of(path)}}
    return lambda part: part["bundles"].update({"python": {"channels": {channel: release}, "releases": {release: entry}}})


@pytest.mark.parametrize(
    "path", ["bundles/python/3.12.1+9/evil.tar.gz", "wheels/x/evil.tar.gz", f"wheels/{'0' * 64}/evil.tar.gz", "prebuilt/x/evil.tar.gz"]
)
def test_the_wheels_of_a_team_are_no_bundles(tmp_path: Path, teams: Teams, path: str) -> None:
    assert read(tmp_path, teams).release("python") == FIRST
    teams.forge("wheels", bundle_in(path))
    with pytest.raises(BrokenArtifact, match="publish what they must not") as caught:
        read(tmp_path / "fresh", teams)
    assert f"the role wheels has {path}, which is not delegated to it" in caught.value.problems


def test_a_team_takes_nothing_of_what_another_one_has() -> None:
    delegated = {"a": ["bundles/*/*/*"], "b": ["bundles/*/*/*"]}
    part = {"serial": 1, "bundles": {}, "wheels": {}}

    def of(path: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(json.dumps(part))
        bundle_in(path)(found)
        return found

    path = "bundles/python/3.12.1+9/x.tar.gz"
    with pytest.raises(BrokenArtifact) as caught:
        merged_index({"targets": part, "a": of(path), "b": of(path)}, delegated)
    assert len(caught.value.problems) == 2


def test_a_part_that_is_no_index_or_of_another_key_or_expired_is_refused(tmp_path: Path, teams: Teams) -> None:
    shutil.copytree(teams.published.path, tmp_path / "kept")

    def restored() -> None:
        shutil.rmtree(teams.published.path)
        shutil.copytree(tmp_path / "kept", teams.published.path)

    teams.forge("wheels", lambda part: part.update({"bundles": []}))
    with pytest.raises(HermeticError, match="role wheels"):
        read(tmp_path / "1", teams)
    restored()
    good, teams.key["wheels"] = teams.key["wheels"], teams.key["bundles"]
    teams.forge("wheels", lambda part: None)
    with pytest.raises(BrokenArtifact, match=r"wheels\.json .*wrong keys"):
        read(tmp_path / "2", teams)
    restored()
    teams.key["wheels"] = good
    teams.edit("wheels", expired)
    with pytest.raises(BrokenArtifact, match=r"wheels\.json .*expired.*freeze"):
        read(tmp_path / "3", teams)
    assert next(step["subject"] for step in teams.task("wheels", state="refreshed")["plan"]) == "role:wheels"
    assert read(tmp_path / "4", teams).release("python") == FIRST


def test_an_older_part_is_refused(tmp_path: Path, teams: Teams) -> None:
    old = teams.published.place_of("wheels").read_bytes()
    teams.task("wheels", wheels=[str(make_wheel(tmp_path / "wheels", "other-1.0-py3-none-any.whl"))])
    assert len(read(tmp_path, teams).content["wheels"]) == 2
    teams.published.place_of("wheels").write_bytes(old)

    def named_again(signed: Any) -> None:
        signed.meta["wheels.json"] = MetaFile(1)
        signed.version = 3

    def stamped_again(signed: Any) -> None:
        signed.snapshot_meta = MetaFile(3)
        signed.version = 9

    place = teams.published.edit("snapshot", named_again, keys=[])
    place.rename(place.with_name("3.snapshot.json"))
    teams.published.edit("timestamp", stamped_again, keys=[teams.key["online"]])
    teams.published.edit("snapshot", lambda signed: None, keys=[teams.key["online"]])
    with pytest.raises(BrokenArtifact, match="rollback"):
        read(tmp_path, teams)


def test_a_repository_of_one_key_gets_teams_and_loses_them_again(tmp_path: Path) -> None:
    published = Published(tmp_path / "publisher", private_key=make_key(tmp_path, "key"))
    team = make_key(tmp_path, "team")
    entry = {"name": "wheels", "paths": ["wheels/*/*"], "threshold": 1}
    with pytest.raises(HermeticError, match="role wheels"):
        published.task(delegations=[{**entry, "keys": [{"public_key": f"{team}.pub"}]}])
    result = published.task(delegations=[{**entry, "keys": [{"private_key": team}]}])
    assert [step["action"] for step in result["plan"]] == ["delegate"]
    # What is empty can begin without its keys.
    published.task(delegations=[{**entry, "keys": [{"private_key": team}]}, {**entry, "name": "later", "paths": ["bundles/x/*/*"], "keys": [{"public_key": f"{team}.pub"}]}])  # fmt: skip # noqa: E501
    supply = reader(tmp_path)
    changes: list[dict[str, Any]] = [{}, {"delegations": []}]
    for options in changes:
        published.task(**options)
        index = supply.index(str(published.path), public_key=published.root, max_age=0)
        assert index.release("python") == FIRST and len(index.content["wheels"]) == 1
        assert task(published.directory, state="verified", public_key=str(published.root))["problems"] == []
    assert published.task()["changed"] is False


def test_parts_are_the_whole_and_paths_match_within_names() -> None:
    path = "bundles/python/3.12.1+9/x.tar.gz"
    index: dict[str, Any] = {
        "format": 1,
        "serial": 4,
        "generated": None,
        "bundles": {},
        "wheels": {"0" * 64: {"path": f"wheels/{'0' * 64}/a.whl"}},
    }
    bundle_in(path)(index)
    delegated = {"wheels": ["wheels/*/*"], "other": ["bundles/other/*/*"]}
    parts = split_index(index, delegated)
    assert merged_index(parts, delegated) == index
    assert parts["wheels"]["wheels"] and not parts["wheels"]["bundles"] and not parts["targets"]["wheels"]
    assert matches(path, ["bundles/*/*/*"]) and not matches(path, ["bundles/*"]) and not matches(path, ["*"])


def test_a_team_halts_roll_outs_of_its_own_bundles_only(tmp_path: Path, teams: Teams) -> None:
    option = {"name": "october", "state": "halted", "reason": "down"}
    before = {path: path.read_bytes() for path in teams.published.path.rglob("*") if path.is_file()}
    with pytest.raises(HermeticError, match="role bundles: the targets want 1 of its 1 keys, and this task has 0"):
        teams.task("wheels", rollout=option)
    assert {path: path.read_bytes() for path in teams.published.path.rglob("*") if path.is_file()} == before
    teams.task("bundles", rollout=option)
    assert read(tmp_path, teams).content["bundles"]["python"]["rollouts"]["october"]["reason"] == "down"
    assert teams.published.place_of("targets").name == "1.targets.json", "their keys were not needed"
    # The part of the index of each team is what it was, so that the other one publishes without these keys.
    wheel = make_wheel(tmp_path / "wheels", "other-1.0-py3-none-any.whl")
    teams.task("wheels", wheels=[str(wheel)])
    assert read(tmp_path, teams).content["bundles"]["python"]["rollouts"]["october"]["state"] == "halted"


def test_a_record_of_a_team_that_bundles_do_not_belong_to_is_refused(tmp_path: Path, teams: Teams) -> None:
    record = {"state": "completed", "since": "2026-11-26T21:00:00Z"}
    forged = {"python": {"channels": {}, "releases": {}, "rollouts": {"october": record}}}
    teams.forge("wheels", lambda part: part["bundles"].update(forged))
    with pytest.raises(BrokenArtifact, match="publish what they must not") as caught:
        read(tmp_path, teams)
    assert "the role wheels has bundles/python/rollouts/october, which is not delegated to it" in caught.value.problems
