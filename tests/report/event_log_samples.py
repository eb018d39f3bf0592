# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that record a report and may not live to write it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import answer
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Recording
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import Settings, parse_settings


def settings(directory: Path | str, **more: object) -> Settings:
    options = {"name": "drift", "formats": ["json", "text"], "history": False, "history_days": 9, "fail": True, "show": False}
    return parse_settings({**options, "directory": str(directory), **more})


def recorded(to: Settings) -> Recording:
    """Return a recording that has the answer of one of two hosts."""
    made = Recording(to)
    made.expect([("a\udcff", ["web"], True), ("b", ["web"], True)])
    result = {"findings": [{"subject": "store", "kind": "missing", "severity": "high", "cause": "tampered"}], "generation": {"before": 1}}
    event = answer("a\udcff", "drift", "|", result, check=False, at="2026-11-24T18:01:00Z")
    assert event is not None
    made.heard(event, verify="deep")
    return made


def report(directory: Path) -> dict:
    return json.loads((directory / "drift.json").read_text())
