# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that are reported on, and the reports that they leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import format_readers as read
from plays import Controller, Played

DRIFT = "hermetic.python.drift"
Hosts = dict[str, dict[str, Any]]


class Reported:
    """A controller whose plays are reported on, and roots for its hosts."""

    def __init__(self, directory: Path, bundle: dict[str, Any]) -> None:
        self.controller = Controller(directory)
        self.reports = directory / "reports"
        self.bundles = [bundle]

    def begin(self, **options: Any) -> dict[str, Any]:
        """Return the task by which a play is reported on."""
        variables = {f"drift_report_{name}": value for name, value in {"directory": str(self.reports), **options}.items()}
        return {"ansible.builtin.import_role": {"name": "hermetic.python.drift_report", "tasks_from": "begin"}, "vars": variables}

    def drift(self, root: str = "{{ root }}", **task: Any) -> dict[str, Any]:
        """Return the task that asks a host."""
        return {DRIFT: {"root": root, "bundles": self.bundles}, "ignore_errors": True, "ignore_unreachable": True, **task}

    def play(self, *tasks: dict[str, Any], hosts: Hosts, arguments: tuple[str, ...] = (), **more: Any) -> Played:
        """Run tasks."""
        return self.controller.play(tasks, *arguments, hosts=hosts, ANSIBLE_TIMEOUT="3", **more)

    def report(self, name: str = "drift") -> dict[str, Any]:
        """Return a report as a stranger reads it: after it was held against the schema."""
        text = (self.reports / f"{name}.json").read_text()
        read.of_json(text)
        made: dict[str, Any] = json.loads(text)
        return made

    def states(self) -> dict[str, str]:
        """Return the state of each host, or why it was not checked."""
        return {host: entry["reason"] or entry["state"] for host, entry in self.report()["hosts"].items()}
