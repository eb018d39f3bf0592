# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A publisher of TUF metadata that is killed at each of its steps: readers see the repository before or after, and the next run completes it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from metadata_samples import FIRST, SECOND, Published, make_key, reader
from repository_samples import task
from supply_samples import make_bundle


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "publisher-cache"))


class Killed(BaseException):
    """Stands for the end of the process."""


def killed_at(step: int, patch: pytest.MonkeyPatch) -> None:
    steps = iter(range(1000))

    def dying(function):  # type: ignore[no-untyped-def]
        def call(*args, **keywords):  # type: ignore[no-untyped-def]
            if next(steps) == step:
                raise Killed
            return function(*args, **keywords)

        return call

    for name in ("replace", "fsync", "link", "unlink"):
        patch.setattr(os, name, dying(getattr(os, name)))


@pytest.mark.parametrize("what", ["publish", "rotate", "take over", "refresh", "delegate"])
def test_a_publisher_that_dies_at_any_step_leaves_what_readers_read_and_the_next_one_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    ended = False
    for step in range(100):
        directory = tmp_path / str(step)
        directory.mkdir()
        published = Published(directory, private_key=make_key(directory, "key"), **({"signing": "index"} if what == "take over" else {}))
        published.options.pop("signing", None)
        old = published.options["private_key"]
        options: dict[str, Any] = {}
        if what == "rotate":
            published.options["private_key"] = make_key(directory, "new")
            options["previous_keys"] = [{"private_key": old}]
        if what == "take over":
            options["signing"] = "tuf"
        if what == "delegate":
            team = [{"private_key": make_key(directory, "team")}]
            options["delegations"] = [{"name": "team", "paths": ["bundles/*/*/*"], "keys": team, "threshold": 1}]
        if what == "refresh":
            options |= {"state": "refreshed", "expiry_days": {"root": 900, "targets": 900, "snapshot": 900, "timestamp": 900}}
        else:
            make_bundle(directory / "new", release=SECOND)
            options |= {"archives": [str(directory / "new")], "channel": "stable", "release": SECOND}
        trusted_by = published.public
        supply = reader(directory)
        assert supply.index(str(published.path), public_key=trusted_by, max_age=0).release("python") == FIRST
        with monkeypatch.context() as patch:
            killed_at(step, patch)
            try:
                published.task(**options)
                ended = True
            except Killed:
                pass
        expected = (FIRST,) if what == "refresh" else (FIRST, SECOND)
        # Between the signature of the index and the index, readers without metadata wait for the next publisher.
        if what != "take over" or (published.path / "metadata" / "timestamp.json").exists():
            for each in (supply, reader(directory / "fresh")):
                index = each.index(str(published.path), public_key=trusted_by, max_age=0)
                assert index.release("python") in expected
                assert Path(index.resolve("python", platform="linux-x86_64").location).is_file()
        assert load_index(str(published.path)).release("python") in expected
        published.task(**options)
        assert supply.index(str(published.path), public_key=trusted_by, max_age=0).release("python") == expected[-1]
        published.task(state="pruned")
        assert (
            task(published.directory, state="verified", public_key=str(trusted_by if what != "rotate" else published.root))["problems"]
            == []
        )
        if ended:
            break
    assert ended and step > 8
