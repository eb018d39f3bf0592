# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishing by TUF: who must sign, for how long it counts, how keys are replaced, and what a killed publisher leaves."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing import metadata_directory
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from metadata_samples import FIRST, SECOND, Published, expired, make_key, reader
from repository_samples import task
from supply_samples import make_bundle
from tuf.api.metadata import Metadata


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "publisher")


def actions(result: dict[str, Any]) -> list[str]:
    return [step["action"] for step in result["plan"]]


def tree(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.name != ".lock"}


def versions(published: Published) -> dict[str, int]:
    return {role: Metadata.from_file(str(published.place_of(role))).signed.version for role in ("root", "targets", "snapshot", "timestamp")}


def sound(published: Published, trusted_by: Path | None = None) -> bool:
    return task(published.directory, state="verified", public_key=str(trusted_by or published.root))["problems"] == []


# --- one key


def test_one_line_starts_a_repository_of_one_key(tmp_path: Path) -> None:
    published = Published(tmp_path, private_key=str(tmp_path / "key.pem"), generate_key=True)
    assert sound(published) and sound(published, published.public)
    root = published.root_of(1)
    assert {len(role.keyids) for role in root.roles.values()} == {1} and len(root.keys) == 1 and root.consistent_snapshot
    before = tree(published.path)
    assert published.task()["changed"] is False
    assert tree(published.path) == before
    assert json.loads((published.path / "index.json").read_bytes())["trust"] == "tuf"
    assert (published.path / "metadata").stat().st_mode & 0o777 == 0o755
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in (published.path / "metadata").iterdir())


def test_check_mode_says_the_same_signs_nothing_and_writes_nothing(tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    options: dict[str, Any] = {"archives": [str(make_bundle(tmp_path / "build"))], "private_key": key}
    would = task(tmp_path, check=True, **options)
    assert not (tmp_path / "repository").exists()
    done = task(tmp_path, **options)
    assert would["metadata"] == [] and len(done["metadata"]) == 4
    assert {**would, "metadata": None} == {**done, "metadata": None}
    before = tree(tmp_path / "repository")
    rotation: dict[str, Any] = {"private_key": make_key(tmp_path, "new"), "previous_keys": [{"private_key": key}]}
    would = task(tmp_path, check=True, **rotation)
    assert tree(tmp_path / "repository") == before
    assert would["plan"] == task(tmp_path, **rotation)["plan"]


def test_every_published_file_has_a_second_name_that_takes_no_room(published: Published) -> None:
    [archive] = [path for path in (published.path / "bundles").rglob("*.tar.gz") if path.name.startswith("python")]
    [second] = [path for path in archive.parent.iterdir() if path != archive]
    assert second.samefile(archive)
    second.unlink()
    assert "lacks the second name" in task(published.directory, state="verified")["problems"][0]
    assert actions(published.task()) == ["link"]
    assert second.samefile(archive) and published.task()["changed"] is False
    archive.unlink()
    assert "restore" in actions(published.task(archives=[str(published.directory / "build")]))
    assert second.samefile(archive) and sound(published)


def test_a_file_system_without_hard_links_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    published = Published(tmp_path)
    assert "has no hard links" in published.publish()["warnings"][0]
    assert load_index(str(published.path), public_key=published.public).release("python") == SECOND


def test_pruning_takes_second_names_with_their_files(published: Published) -> None:
    published.publish()
    result = published.task(state="pruned", keep=0)
    assert actions(result) == ["remove_release"]
    assert [path.name for path in (published.path / "bundles" / "python").iterdir()] == [SECOND]
    assert sound(published) and published.task(state="pruned", keep=0)["changed"] is False


def test_earlier_publications_are_kept_for_readers_on_their_way(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    published.publish()
    assert (published.path / "metadata" / "1.targets.json").is_file()
    assert len(list(published.path.glob("*.index.json"))) == 2
    monkeypatch.setattr(metadata_directory, "_READ_ON", -3600.0)
    published.publish("3.12.1+3")
    assert {path.name for path in (published.path / "metadata").iterdir()} == {
        "1.root.json",
        "3.targets.json",
        "3.snapshot.json",
        "timestamp.json",
    }
    assert len(list(published.path.glob("*.index.json"))) == 1 and sound(published)


def test_a_reader_on_its_way_through_an_old_publication_comes_to_its_end(published: Published) -> None:
    named = [*published.path.glob("*.index.json"), *(published.path / "metadata").glob("1.*.json")]
    assert len(named) == 4
    month = datetime.now(UTC) - timedelta(days=30)
    for path in named:
        os.utime(path, (month.timestamp(), month.timestamp()))
    published.publish()
    assert all(path.is_file() for path in named), "it was replaced just now, although it is old"
    for path in named:
        os.utime(path, (month.timestamp(), month.timestamp()))
    published.publish("3.12.1+3")
    assert [path.name for path in named if path.is_file()] == ["1.root.json"]
    assert sound(published)


# --- a repository of before


def test_one_task_takes_over_a_signed_repository(tmp_path: Path) -> None:
    published = Published(tmp_path, private_key=make_key(tmp_path, "key"), signing="index")
    assert not (published.path / "metadata").exists()
    published.options.pop("signing")
    published.publish()
    assert not (published.path / "metadata").exists(), "nothing is taken over by surprise"
    would = published.task(signing="tuf", check=False)
    assert actions(would) == ["sign"] and "no TUF metadata yet" in would["plan"][0]["reason"]
    assert sound(published) and sound(published, published.public)
    assert published.task()["changed"] is False
    published.publish("3.12.1+3")
    assert versions(published) == {"root": 1, "targets": 2, "snapshot": 2, "timestamp": 2}
    with pytest.raises(HermeticError, match="signing: index would take it away"):
        published.task(signing="index")


def test_an_unsigned_repository_is_taken_over_too_and_works_without(tmp_path: Path) -> None:
    published = Published(tmp_path, private_key=None)
    assert published.task(state="verified")["problems"] == []
    key = make_key(tmp_path, "key")
    assert actions(published.task(private_key=key, signing="tuf")) == ["sign"]
    assert sound(published)
    with pytest.raises(HermeticError, match="is signed and would change"):
        published.publish()


# --- expiry


def test_metadata_is_renewed_when_half_of_its_time_is_over(published: Published) -> None:
    result = published.task(state="refreshed")
    assert (result["changed"], result["plan"]) == (False, [])
    result = published.task(state="refreshed", expiry_days={"timestamp": 61})
    assert [step["subject"] for step in result["plan"]] == ["role:timestamp"]
    assert versions(published) == {"root": 1, "targets": 1, "snapshot": 1, "timestamp": 2}
    result = published.task(state="refreshed", expiry_days={"root": 900, "targets": 900, "snapshot": 900, "timestamp": 900})
    assert actions(result) == ["renew"] * 4
    assert versions(published) == {"root": 2, "targets": 2, "snapshot": 2, "timestamp": 3}
    assert Metadata.from_file(str(published.place_of("root"))).signed.expires > datetime.now(UTC) + timedelta(days=890)
    assert sound(published)


def test_a_shorter_time_applies_at_the_next_renewal(published: Published) -> None:
    result = published.task(state="refreshed", expiry_days={"timestamp": 2})
    assert [(step["action"], step["subject"]) for step in result["plan"]] == [("renew", "role:timestamp")]
    assert "later than in the 2 days of expiry_days" in result["plan"][0]["reason"]
    assert Metadata.from_file(str(published.place_of("timestamp"))).signed.expires < datetime.now(UTC) + timedelta(days=2, hours=1)
    assert published.task(state="refreshed", expiry_days={"timestamp": 2})["changed"] is False
    assert sound(published)


def test_a_longer_time_that_was_published_is_not_shortened_by_the_defaults(tmp_path: Path) -> None:
    published = Published(tmp_path, private_key=make_key(tmp_path, "key"), expiry_days={"root": 3650, "timestamp": 90})
    published.options["expiry_days"] = {}
    assert published.task(state="refreshed")["changed"] is False


def test_expired_metadata_can_still_be_renewed(published: Published) -> None:
    published.edit("timestamp", expired)
    assert "freeze" in task(published.directory, state="verified", public_key=str(published.root))["problems"][0]
    assert actions(published.task(state="refreshed")) == ["renew"]
    assert sound(published)


def by_role(directory: Path) -> dict[str, Any]:
    return {"keys": [one_role(directory, role, role) for role in ("root", "targets", "snapshot", "timestamp")]}


def one_role(directory: Path, role: str, name: str) -> dict[str, Any]:
    return {"roles": [role], "keys": [{"private_key": make_key(directory, name)}], "threshold": 1}


def test_online_keys_alone_renew_what_is_theirs_and_warn_of_the_rest(tmp_path: Path) -> None:
    published = Published(tmp_path, **by_role(tmp_path))
    online = published.options["keys"][2:]
    days = {"root": 900, "targets": 900, "snapshot": 300, "timestamp": 300}
    published.options = {}
    result = published.task(state="refreshed", keys=online, expiry_days=days)
    assert [step["subject"] for step in result["plan"]] == ["role:snapshot", "role:timestamp"]
    assert [warning.split()[5] for warning in result["warnings"]] == ["root", "targets"]
    assert sound(published)


def test_a_reader_is_warned_before_a_key_that_is_kept_away_is_needed(tmp_path: Path) -> None:
    published = Published(tmp_path, private_key=make_key(tmp_path, "key"), expiry_days={"root": 13})
    supply = reader(tmp_path)
    supply.index(str(published.path), public_key=published.root)
    assert len(supply.warnings) == 1 and "of the role root" in supply.warnings[0] and "state: refreshed" in supply.warnings[0]


# --- thresholds and rotation


def several(directory: Path, prefix: str, *, threshold: int, own: int = 3) -> dict[str, Any]:
    keys = [make_key(directory, f"{prefix}-{number}") for number in range(3)]
    return {
        "roles": ["root"],
        "keys": [{"private_key": key} if number < own else {"public_key": f"{key}.pub"} for number, key in enumerate(keys)],
        "threshold": threshold,
    }


def test_thresholds_are_met_or_nothing_is_written(tmp_path: Path) -> None:
    keys = by_role(tmp_path)["keys"]
    published = Published(tmp_path, keys=[several(tmp_path, "r", threshold=2, own=2), *keys[1:]])
    assert published.root_of(1).roles["root"].threshold == 2 and sound(published)
    before = tree(published.path)
    lacking = [several(tmp_path, "s", threshold=3, own=2), *keys[1:]]
    with pytest.raises(HermeticError, match="cannot be signed") as caught:
        published.task(keys=lacking)
    assert any("wants 3 of its 3 keys, and this task has 2" in problem for problem in caught.value.problems)
    assert any("version 1 of the root wants 2" in problem for problem in caught.value.problems)
    assert tree(published.path) == before


def test_check_mode_refuses_what_the_keys_of_the_task_cannot_sign(tmp_path: Path) -> None:
    published = Published(tmp_path, **by_role(tmp_path))
    build = str(make_bundle(tmp_path / "build-2", release=SECOND))
    keys, published.options = published.options["keys"], {}
    before = tree(published.path)
    online_only: dict[str, Any] = {"archives": [build], "channel": "stable", "release": SECOND, "keys": keys[2:]}
    other_root: dict[str, Any] = {"keys": [several(tmp_path, "s", threshold=3, own=2), *keys[1:]]}
    for options in (online_only, other_root, {**online_only, "private_key": make_key(tmp_path, "stranger")}):
        refused = []
        for check in (True, False):
            with pytest.raises(HermeticError, match="cannot be signed") as caught:
                task(tmp_path, check=check, **options)
            refused.append(caught.value.problems)
        assert refused[0] == refused[1] != []
        assert tree(published.path) == before
    assert task(tmp_path, check=True, **{**online_only, "keys": keys[1:]})["changed"]


def test_every_role_of_a_new_repository_needs_a_key(tmp_path: Path) -> None:
    keys = by_role(tmp_path)["keys"]
    with pytest.raises(HermeticError, match="The roles snapshot, timestamp have no keys"):
        Published(tmp_path, keys=keys[:2])
    assert not (tmp_path / "repository" / "metadata").exists()


def test_a_single_key_is_replaced_and_readers_of_the_old_one_follow(tmp_path: Path, published: Published) -> None:
    read = lambda: reader(tmp_path).index(str(published.path), public_key=published.public, max_age=0).release("python")  # noqa: E731
    assert read() == FIRST
    old, new = published.options["private_key"], make_key(tmp_path, "new")
    published.options["private_key"] = new
    with pytest.raises(HermeticError, match="cannot be signed"):
        published.publish()
    result = published.task(previous_keys=[{"private_key": old}])
    assert actions(result) == ["sign", "rotate_keys"] and "root, targets, snapshot, timestamp change" in result["plan"][1]["reason"]
    published.publish()
    assert read() == SECOND
    assert reader(tmp_path / "fresh").index(str(published.path), public_key=f"{new}.pub").release("python") == SECOND
    assert reader(tmp_path / "other").index(str(published.path), public_key=published.public).release("python") == SECOND
    assert sound(published, published.public)


def test_a_stolen_online_key_is_replaced_by_the_root_alone(tmp_path: Path) -> None:
    options = by_role(tmp_path)
    published = Published(tmp_path, **options)
    assert reader(tmp_path).index(str(published.path), public_key=published.root, max_age=0).release("python") == FIRST

    # The thief signs versions that nobody can exceed (fast-forward).
    def forward(signed: Any) -> None:
        signed.version = 2**31

    published.edit("timestamp", forward, keys=[tmp_path / "timestamp.pem"])
    assert reader(tmp_path).index(str(published.path), public_key=published.root, max_age=0).release("python") == FIRST
    options["keys"][2:] = [one_role(tmp_path, "snapshot", "s2"), one_role(tmp_path, "timestamp", "t2")]
    assert actions(published.task(**options)) == ["rotate_keys"]
    published.publish()
    assert reader(tmp_path).index(str(published.path), public_key=published.root, max_age=0).release("python") == SECOND
    assert sound(published)


def test_unusable_keys_are_named_at_once(tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    keys = [
        {"roles": ["root"], "keys": [{"private_key": key}, {"private_key": key}], "threshold": 3},
        {"roles": ["targets", "root"], "keys": [{}, {"public_key": str(tmp_path / "gone")}], "threshold": 1},
        {"roles": ["snapshot"], "keys": [{"private_key": key, "command": ["x"]}], "threshold": 0},
    ]
    with pytest.raises(HermeticError) as caught:
        task(tmp_path, keys=keys, expiry_days={"root": 0})
    assert len(caught.value.problems) == 8
    assert not (tmp_path / "repository").exists()
