# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing a repository from several processes at once, and mirroring wheels from a real index."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.request import ARGUMENT_SPEC, carry_out
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from repository_samples import task
from supply_samples import make_bundle, make_wheel, pylock_entry, served, sha256, write_pylock


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def actions(result: dict) -> list[str]:
    return [step["action"] for step in result["plan"]]


def _publish_one(directory: str, archive: str) -> None:
    defaults = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}
    carry_out({**defaults, "path": directory, "archives": [archive]}, check=False)


def test_publishers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    archives = [str(make_bundle(tmp_path / "build", release=f"3.12.{number}+1")) for number in range(6)]
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_publish_one, args=(str(tmp_path / "repository"), archive)) for archive in archives]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    index = load_index(str(tmp_path / "repository"))
    assert index.serial == 6 and len(index.content["bundles"]["python"]["releases"]) == 6
    assert RepositoryStore(tmp_path / "repository").verify() == []


def test_the_wheels_of_locks_are_mirrored_for_every_platform_of_the_release(tmp_path: Path) -> None:
    for platform in ("linux-x86_64", "windows-x86_64"):
        make_bundle(tmp_path / "build", platform=platform)
    web = tmp_path / "web"
    wheels = [make_wheel(web, f"pkg-1.0-cp312-cp312-{tag}.whl") for tag in ("manylinux_2_17_x86_64", "win_amd64", "macosx_11_0_arm64")]
    with served(web) as server:
        entry = pylock_entry(*wheels, directory=web).replace('path = "', f'url = "{server.url}/')
        options: dict[str, Any] = {
            "archives": [str(tmp_path / "build")],
            "locks": [str(write_pylock(tmp_path / "pylock.toml", entry))],
            "release": "3.12.1+1",
        }
        would = task(tmp_path, check=True, **options)
        assert server.asked == []
        did = task(tmp_path, **options)
        assert would["plan"] == did["plan"] and would["diff"] == did["diff"]
        assert actions(did) == ["publish", "publish", "add_wheel", "add_wheel"]
        assert task(tmp_path, **options)["changed"] is False
        mirrored = load_index(str(tmp_path / "repository"))
        assert {digest for digest in map(sha256, wheels) if mirrored.wheel(digest)} == {sha256(wheels[0]), sha256(wheels[1])}
        assert task(tmp_path, state="verified")["problems"] == []
        with pytest.raises(HermeticError, match="not there for macos-arm64"):
            task(tmp_path, **options, platforms=["macos-arm64"])
