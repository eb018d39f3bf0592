# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No report, policy or file of a killed run gives a traceback."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import FORMAT, assemble
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.fold import fold
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.merging import merge
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import Policy, parse_policy
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.event_log import events_of
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files import json_text, read_report
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import today
from document_samples import ANSWER
from hostile_values import HOSTILE, as_json, documents, mutated, ours
from hypothesis import given

FINDING = {**ANSWER["findings"][0], "first_seen": None, "new": False, "ignored": None, "counts": True}  # type: ignore[index]


HOST_ENTRY = {
    "state": "tampered",
    "reason": None,
    "message": "",
    "checked": "2026-11-25T10:00:00Z",
    "groups": ["web"],
    "platform": "linux-x86_64",
    "generation": 2,
    "bundles": {"python": "3.12.1+1"},
    "declared": "d",
    "findings": [FINDING],
    "foreign": ANSWER["foreign"],
}


RUN = {
    "id": "20261125T100000Z-abcdef",
    "started": "2026-11-25T10:00:00Z",
    "ended": "2026-11-25T10:00:01Z",
    "complete": True,
    "verify": "quick",
    "controllers": ["c"],
}


REPORT = {**assemble(RUN, {"h": HOST_ENTRY}, {"d": ANSWER["declared"]}, Policy()), "format": FORMAT}  # type: ignore[dict-item]


@HOSTILE
@given(documents(REPORT))
def test_a_report_to_merge(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "drift.json"
        path.write_bytes(content)
        with ours():
            merged = merge({"a": read_report(path), "b": json.loads(json.dumps(REPORT))}, None)
            assert "".join(json_text(merged))


EVENTS = [
    {"event": "run", "format": 1, "name": "drift", "id": RUN["id"], "started": RUN["started"], "controllers": ["c"]},
    {"event": "groups", "groups": ["web"]},
    {"event": "host", "host": "h", "groups": 0, "inside": True},
    {"event": "verify", "verify": "quick"},
    {"event": "declared", "key": "k", "declared": ANSWER["declared"]},
    {
        "event": "answer",
        "host": "h",
        "part": "/opt/x|",
        "at": RUN["ended"],
        "platform": "linux-x86_64",
        "generation": 2,
        "bundles": {"python": "1"},
        "declared": "k",
        "findings": ANSWER["findings"],
        "foreign": [],
    },
    {"event": "silence", "host": "i", "part": "|", "at": RUN["ended"], "reason": "failed", "message": "m"},
    {"event": "elsewhere", "host": "j", "at": RUN["ended"], "reason": "unreachable", "message": "m"},
]


@HOSTILE
@given(mutated(EVENTS))
def test_the_events_of_a_run_that_was_killed(events: Any) -> None:
    lines = events if isinstance(events, list) else [events]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "gathering"
        path.write_bytes(b"\n".join(map(as_json, lines)))
        with ours():
            folded = fold(events_of(path), complete=False)
            run_of = {**RUN, **folded.run}
            assemble({key: run_of[key] for key in RUN}, folded.hosts, folded.declarations, Policy())


@HOSTILE
@given(mutated({"threshold": "low", "ignores": [{"reason": "r", "expires": "2027-01-01", "subject": "package:*"}]}))
def test_a_policy(document: Any) -> None:
    with ours(subject="The policy"):
        parse_policy(document, today=today())


def test_what_is_not_changed_is_taken(tmp_path: Path) -> None:
    """A check that refused everything would let all of these tests pass."""
    (tmp_path / "drift.json").write_bytes(as_json(REPORT))
    assert read_report(tmp_path / "drift.json")["hosts"]
    (tmp_path / "gathering").write_bytes(b"\n".join(map(as_json, EVENTS)))
    assert len(list(events_of(tmp_path / "gathering"))) == len(EVENTS)
