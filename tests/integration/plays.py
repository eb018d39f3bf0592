# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run real plays with the ansible-core of the Python that runs the tests, and read the results of their tasks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Played:
    """What a run of ansible-playbook printed and reported."""

    code: int
    output: str
    results: list[dict[str, Any]]

    def of(self, host: str) -> dict[str, Any]:
        """Return the last result of a host."""
        found: dict[str, Any] = [each for each in self.results if each["host"] == host][-1]["result"]
        return found

    @property
    def last(self) -> dict[str, Any]:
        """Return the last result of all."""
        found: dict[str, Any] = self.results[-1]["result"]
        return found

    def status(self, host: str) -> str:
        """Return how the last task of a host ended."""
        return str([each for each in self.results if each["host"] == host][-1]["status"])


class Controller:
    """A directory of one test from which plays are run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self._runs = 0

    def play(
        self,
        tasks: Sequence[Mapping[str, Any]] | None = None,
        *arguments: str,
        hosts: Mapping[str, Mapping[str, Any]] | None = None,
        playbook: Path | None = None,
        play: Mapping[str, Any] | None = None,
        working_directory: Path = PROJECT,
        **environment: str,
    ) -> Played:
        """Run tasks, or a playbook, on hosts of this machine and return what they reported."""
        self._runs += 1
        inventory = self.directory / "hosts.yml"
        shared = {"ansible_connection": "local", "ansible_remote_tmp": str(self.directory / "remote_tmp")}
        known = {name: dict(variables) for name, variables in (hosts or {"here": {}}).items()}
        inventory.write_text(yaml.safe_dump({"all": {"hosts": known, "vars": shared}}))
        if playbook is None:
            playbook = self.directory / "play.yml"
            document = {"hosts": "all", "gather_facts": False, "tasks": [dict(task) for task in tasks or ()], **(play or {})}
            playbook.write_text(yaml.safe_dump([document], sort_keys=False))
        recorded = self.directory / f"results-{self._runs}.jsonl"
        recorded.touch()
        settings = {
            **os.environ,
            "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            # Jobs in the background note their results in the account's home otherwise, which need not be HOME, nor be there.
            "ANSIBLE_ASYNC_DIR": str(self.directory / "async"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "recorded_results",
            "ANSIBLE_NOCOLOR": "1",
            "RECORDED_RESULTS": str(recorded),
            "XDG_CACHE_HOME": str(self.directory / "cache"),
            "XDG_STATE_HOME": str(self.directory / "state"),
            **environment,
        }
        tool = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            [str(tool), "-i", str(inventory), str(playbook), *arguments],
            cwd=working_directory,
            env=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        results = [json.loads(line) for line in recorded.read_text(encoding="utf-8").splitlines()]
        return Played(done.returncode, done.stdout, results)
