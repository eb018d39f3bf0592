# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration tests share: a real bundle, real wheels, the engine as it runs on a host, and plays."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
# Sample makers of the unit tests and readers of the report's formats serve here as well.
for folder in ("report", "unit", "integration"):
    sys.path.insert(0, str(TESTS / folder))

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching import fetch
from carried_engines import root_with_bundle, root_with_engine
from checked_hosts import checked_host
from engine_fixtures import (
    bundle_archive,
    bundle_of,
    declared,
    engine,
    good,
    host,
    later_bundle_archive,
    make_root,
    real_wheels,
    root_with_one,
    slim_bundle,
    wheels,
    with_bundle,
)
from engine_for_others import open_engine
from fetch_server import Server, serve
from kill_scenarios import kill_bundles, kill_place, kill_scenarios
from play_fleet import fleet
from play_rollouts import rollouts
from plays import Controller
from program_hosts import program_host, runner, user_place
from reported_plays import Reported
from roots import Archive
from script_plays import scripts
from volumes import volume
from wheelhouse import Wheel


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory, bundle_archive: Archive) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a bundle and three roots: one that is as declared, one that was tampered with, and one that is a file."""
    directory = tmp_path_factory.mktemp("roots")
    bundle = {"name": "python", "archive": str(bundle_archive.path), "sha256": bundle_archive.sha256}
    hosts = {name: {"root": str(directory / name)} for name in ("clean", "drifted")}
    task = {"hermetic.python.system": {"root": "{{ root }}", "bundles": [bundle]}}
    converged = Controller(directory / "controller").play([task], hosts=hosts)
    assert converged.code == 0, converged.output
    (directory / "drifted" / "current" / "bin" / "stray").touch()
    (directory / "broken").write_text("no directory")
    return bundle, {name: str(directory / name) for name in ("clean", "drifted", "broken")}


@pytest.fixture
def reported(tmp_path: Path, roots: tuple[dict[str, Any], dict[str, str]]) -> Reported:
    return Reported(tmp_path, roots[0])


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serve()


@pytest.fixture
def other_server() -> Iterator[Server]:
    yield from serve()


@pytest.fixture
def short_pauses_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_FIRST_PAUSE", 0.01)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
