# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that update a report, and what is on disk after them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import format_readers as read
import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import Report
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import answer, silence
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run import recording
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Recording, Written
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import Settings, parse_settings

ALL = ("a", "b", "c")
STRAY = {"subject": "file:web/stray", "kind": "unexpected", "severity": "high", "cause": "tampered", "path": "/r/stray"}


def settings(directory: Path, **more: Any) -> Settings:
    formats = ["json", "jsonl", "junit", "prometheus", "text", "html"]
    options = {"name": "drift", "formats": formats, "history": True, "history_days": 9, "fail": True, "show": False}
    return parse_settings({**options, "directory": str(directory), **more})


def check(
    to: Settings,
    monkeypatch: pytest.MonkeyPatch | None,
    minute: int,
    found: Mapping[str, Any],
    *,
    inventory: tuple[str, ...] = ALL,
    outside: tuple[str, ...] = (),
    complete: bool = True,
) -> Written:
    """Make the report of a run that found this on its hosts: findings, or why a host was not checked."""
    moment = f"2026-11-24T18:{minute:02}:00Z"
    if monkeypatch is not None:
        monkeypatch.setattr(recording, "now", lambda: moment)
    made = Recording(to)
    made.inventory(inventory)
    made.expect([*((host, ["web"], True) for host in found), *((host, ["web"], False) for host in outside)])
    for host, what in found.items():
        if isinstance(what, str):
            made.heard(silence(host, "|", what, {"msg": "no"}, at=moment))
        else:
            event = answer(host, "drift", "|", {"findings": what, "generation": {"before": 1}}, check=False, at=moment)
            assert event is not None
            made.heard(event, verify="deep")
    return made.finish(complete=complete)


def states(report: Report) -> dict[str, str]:
    return {host: entry["reason"] or entry["state"] for host, entry in report["hosts"].items()}


def on_disk(directory: Path, name: str = "drift") -> dict[str, Any]:
    text = (directory / f"{name}.json").read_text()
    read.of_json(text)
    made: dict[str, Any] = json.loads(text)
    return made
