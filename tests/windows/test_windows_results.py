# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task returns has the same keys on Windows as elsewhere, whichever module it is and however it ends."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import engine_digest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip
from fleet_bundles import FleetBundles
from plays import Controller, Played
from roots import Archive
from slim_bundles import slim_release
from wheelhouse import Wheel
from windows_host import WindowsHost

pytestmark = pytest.mark.slow

ELSEWHERE, THERE = "linux", "windows"
# What is warned of, what took how long and what a bundle says of itself is the host's own.
OWN = (".warnings", ".timings", ".info.bundles")
BY_ASYNC_STATUS = {"started", "finished", "ansible_job_id", "results_file", "stdout", "stdout_lines", "stderr", "stderr_lines"}


def keys(value: Any, *, path: str = "") -> set[str]:
    """Return the keys of a result and of all that is in it; what is in lists, by the kinds of their elements."""
    if isinstance(value, dict):
        below = {f"{path}.{name}": each for name, each in value.items()}
        return set(below).union(*(keys(each, path=place) for place, each in below.items() if place not in OWN))
    if isinstance(value, list):
        return set().union(*(keys(each, path=f"{path}[]") for each in value))
    return set()


class Pair:
    """A Linux root and a Windows host, which are asked for the same."""

    def __init__(self, directory: Path, host: WindowsHost, archives: dict[str, Archive], lock: Path, wheels: Path) -> None:
        self.controller = Controller(directory / "controller")
        roots = {
            # Ansible's own async_status needs a Python; no task of ours does.
            ELSEWHERE: {"root": str(directory / "root"), "ansible_python_interpreter": sys.executable},
            THERE: {"root": "C:\\infra-system", "ansible_remote_tmp": "%TEMP%", **host.inventory_vars},
        }
        self.hosts = {
            name: {**known, "archive": str(archives[name].path), "sha256": archives[name].sha256} for name, known in roots.items()
        }
        bundle = {"archive": "{{ archive }}", "sha256": "{{ sha256 }}"}
        self.bundle = {"name": "python", **bundle}
        self.virtualenv = {"name": "web", "lock": str(lock)}
        self.links = {"find_links": [str(wheels)]}
        self.declared = {"bundles": [bundle], "virtualenvs": [self.virtualenv], **self.links}

    def play(self, *tasks: tuple[str, dict[str, Any]], arguments: tuple[str, ...] = (), task: Mapping[str, Any] | None = None) -> Played:
        """Run one module after the other on both; what fails is ignored."""
        shared = {"ignore_errors": True, **(task or {})}
        made = [
            {f"hermetic.python.{module}": {"root": "{{ root }}", **options}, **shared, "name": f"{number} {module}"}
            for number, (module, options) in enumerate(tasks)
        ]
        return self.controller.play(made, *arguments, hosts=self.hosts)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, windows_host: WindowsHost, bundles: FleetBundles, wheels: dict[str, Wheel]) -> Pair:
    """Return the pair, with nothing on either."""
    directory = tmp_path_factory.mktemp("pair")
    archives = {ELSEWHERE: bundles.linux("5.0+1"), THERE: slim_release(bundles.windows("5.0+1"), directory, release="5.0+1")}
    lock = directory / "requirements.txt"
    lock.write_text(f"alpha==1.0 --hash=sha256:{wheels['alpha-1.0'].sha256}\n")
    return Pair(directory, windows_host, archives, lock, wheels["alpha-1.0"].path.parent)


def test_every_module_returns_the_same_keys_on_windows_as_elsewhere(pair: Pair) -> None:
    tasks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("system", {"bundles": [pair.bundle], "virtualenvs": []}),
        ("virtualenv", {**pair.virtualenv, **pair.links}),
        ("bundle", pair.bundle),
        ("drift", pair.declared),
        ("drift", {"bundles": [pair.bundle]}),
        ("generation", {"state": "pinned"}),
        ("generation", {"number": "9"}),
        ("virtualenv", {**pair.virtualenv, "bundle": "other", **pair.links}),
        ("system", {"bundles": [{"archive": "{{ archive }}", "sha256": "0" * 64}]}),
        ("system_info", {}),
    )
    played = pair.play(*tasks, arguments=("--diff",))
    wrong = []
    for number, (module, options) in enumerate(tasks):
        told = {each["host"]: each for each in played.results if each["task"] == f"{number} {module}"}
        linux, windows = told[ELSEWHERE], told[THERE]
        assert linux["status"] == windows["status"], (module, options, linux, windows)
        ours, theirs = keys(linux["result"]), keys(windows["result"])
        # Without anything to warn of there are no warnings.
        if (ours ^ theirs) - {".warnings"}:
            wrong.append((module, linux["status"], "only on Linux", ours - theirs, "only on Windows", theirs - ours))
    assert not wrong, "\n".join(map(str, wrong))
    assert [each["status"] for each in played.results if each["host"] == THERE].count("failed") == 3, played.output


def test_a_job_in_the_background_has_the_keys_that_it_has_elsewhere(pair: Pair) -> None:
    """Ansible cannot start such a job under Wine, so the module is called as the job would call it."""
    assert pair.play(("system", {"bundles": [pair.bundle]})).code == 0
    elsewhere = pair.play(("drift", {"bundles": [pair.bundle]}), arguments=("--limit", ELSEWHERE), task={"async": 60, "poll": 1})
    request = {"format": 1, "command": "drift", "root": "C:\\infra-system"}
    additions = {"platform": "windows-x86_64", "declared": {"bundles": {}, "virtualenvs": {}}}
    given = {
        "platform": "windows-x86_64",
        "time_limit": 60,
        "request": json.dumps(request),
        "background": True,
        "engine_digest": engine_digest(),
    }
    given["additions"] = json.dumps(additions)
    there = pair.play(
        ("win_engine", {**given, "engine": base64.b64encode(engine_zip()).decode()}),
        ("win_engine", {**given, "engine": base64.b64encode(engine_zip()).decode(), "request": json.dumps({**request, "command": "none"})}),
        arguments=("--limit", THERE),
    )
    drift, failed = (each["result"] for each in there.results)
    assert set(drift) - {"warnings"} == set(elsewhere.of(ELSEWHERE)) - BY_ASYNC_STATUS - {"warnings"}
    assert (drift["platform"], drift["declared"], drift["findings"]) == (additions["platform"], additions["declared"], [])
    assert there.results[1]["status"] == "failed"
    assert "none" in failed["msg"] and "platform" not in failed
