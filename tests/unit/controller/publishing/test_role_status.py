# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What results say of the roles of a repository, and when they warn that keys must be fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from metadata_samples import Published, make_key
from repository_samples import task
from tuf.api.metadata import Metadata


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))


def by_role(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["role"]: each for each in result["metadata"]}


def offline_and_online(directory: Path) -> dict[str, Any]:
    """Return two of three keys for root and targets, one of which only counts, and one key for the rest."""
    names = [make_key(directory, f"offline-{number}") for number in range(3)]
    three = [{"private_key": names[0]}, {"private_key": names[1]}, {"public_key": f"{names[2]}.pub"}]
    one = [{"private_key": make_key(directory, "online")}]
    return {
        "keys": [
            {"roles": ["root", "targets"], "keys": three, "threshold": 2},
            {"roles": ["snapshot", "timestamp"], "keys": one, "threshold": 1},
        ]
    }


def test_every_result_says_version_expiry_and_signatures_of_each_role(tmp_path: Path) -> None:
    published = Published(tmp_path, **offline_and_online(tmp_path))
    result = published.publish()
    found = by_role(result)
    assert list(found) == ["root", "targets", "snapshot", "timestamp"]
    assert {role: each["version"] for role, each in found.items()} == {"root": 1, "targets": 2, "snapshot": 2, "timestamp": 2}
    assert (found["targets"]["threshold"], found["targets"]["signatures"], len(found["targets"]["not_signed_by"])) == (2, 2, 1)
    assert (found["timestamp"]["threshold"], found["timestamp"]["signatures"], found["timestamp"]["not_signed_by"]) == (1, 1, [])
    signed = Metadata.from_file(str(published.place_of("targets")))
    assert found["targets"]["signed_by"] == sorted(signed.signatures)
    assert found["targets"]["expires"] == f"{signed.signed.expires:%Y-%m-%dT%H:%M:%SZ}"
    for other in (
        published.task(),
        task(published.directory, state="verified"),
        task(published.directory, state="refreshed", keys=published.options["keys"][1:]),
        task(published.directory, check=True),
    ):
        assert other["metadata"] == result["metadata"] and other["warnings"] == []


def test_a_delegated_role_is_listed_with_the_keys_that_the_targets_name(tmp_path: Path) -> None:
    published = Published(tmp_path, private_key=make_key(tmp_path, "key"))
    team = {"name": "wheels", "paths": ["wheels/*/*"], "threshold": 1, "keys": [{"private_key": make_key(tmp_path, "team")}]}
    found = by_role(published.task(delegations=[team]))
    assert list(found) == ["root", "targets", "wheels", "snapshot", "timestamp"]
    assert found["wheels"]["signatures"] == 1 and found["wheels"]["signed_by"] != found["targets"]["signed_by"]


def test_a_repository_without_metadata_has_no_roles(tmp_path: Path) -> None:
    published = Published(tmp_path, private_key=None)
    assert published.task()["metadata"] == task(published.directory, state="verified")["metadata"] == []


@pytest.mark.parametrize("options", [{}, {"state": "refreshed"}, {"state": "verified"}], ids=["present", "refreshed", "verified"])
@pytest.mark.parametrize("check", [False, True])
def test_roles_whose_keys_are_kept_away_are_warned_of_thirty_days_before(tmp_path: Path, options: dict[str, Any], check: bool) -> None:
    keys = offline_and_online(tmp_path)["keys"]
    published = Published(tmp_path, keys=keys, expiry_days={"root": 29, "targets": 31, "snapshot": 20, "timestamp": 20})
    result = task(tmp_path, check=check, keys=[] if options.get("state") != "refreshed" else keys[1:], **options)
    warned = [warning.split()[5] for warning in result["warnings"]]
    # Who renews is also told of those whose time is half over.
    assert warned == (["root", "targets"] if options.get("state") == "refreshed" else ["root"])
    assert all("expires on " in warning and "state: refreshed" in warning for warning in result["warnings"])
    # Who renews the role is not warned of it, and neither is who chose a time that is always short.
    days = {"root": 29, "targets": 31}
    assert published.task(state="refreshed", check=check, expiry_days=days)["warnings"] == []
    assert published.task(state="refreshed", check=check)["warnings"] == []


def test_metadata_that_cannot_be_read_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    published = Published(tmp_path)
    published.place_of("snapshot").write_text("{}")
    found = task(tmp_path, state="verified")
    assert found["failed"] is True and found["metadata"] == []
    assert any("incomplete, or is not what its keys signed" in problem for problem in found["problems"])
