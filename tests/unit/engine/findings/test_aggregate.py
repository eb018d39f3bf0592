# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many findings become one, and none of them hides another that matters more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.aggregate import MOST, aggregated
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import TAMPERED, Finding, Kind, file_severity
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import Ignore

TREE = "environments/one-0123456789ab"


def finding(path: str, kind: Kind = "owner", **changes: Any) -> Finding:
    expected, actual = {"owner": ("0:0", "5:5"), "modified": ("untouched since it was installed", "written to later")}.get(
        kind, (None, "file")
    )
    told = {"expected": expected, "actual": actual, "severity": file_severity(kind, path, actual), "cause": TAMPERED, "remedy": "Converge."}
    return Finding(**{"subject": f"file:one/{path}", "kind": kind, "path": f"{TREE}/{path}", **told, **changes})


def together(*findings: Finding) -> list[Finding]:
    return aggregated(findings, subject="file:one", tree=TREE)


def many(ending: str, kind: Kind = "owner", number: int = MOST + 1, **changes: Any) -> list[Finding]:
    return [finding(f"lib/{each}{ending}", kind, **changes) for each in range(number)]


def test_few_stay_as_they_are() -> None:
    few = many(".py", number=MOST)
    assert together(*few) == few


def test_a_group_has_a_count_examples_and_an_identity_that_does_not_change() -> None:
    (one,) = together(*many(".txt"), finding("bin/tool"))
    assert (one.subject, one.kind, one.path, one.count) == ("file:one", "owner", TREE, MOST + 2)
    assert one.examples[0] == "bin/tool"
    assert one.severity == "high"
    assert one.actual == f"{MOST + 2} paths, such as bin/tool, lib/0.txt, lib/1.txt: 5:5"
    assert one.as_dict()["examples"] == list(one.examples)
    (more,) = together(*many(".txt", number=500))
    assert (more.subject, more.kind, more.path) == (one.subject, one.kind, one.path)
    assert len(more.actual or "") < 200


def test_a_planted_module_does_not_go_under_in_a_heap_of_logs() -> None:
    evil = finding("lib/evil.pth", "unexpected")
    found = together(*many(".log", "unexpected", 500), evil)
    assert evil in found
    (heap,) = (each for each in found if each is not evil)
    assert heap.severity == "medium"


def test_other_content_does_not_go_under_in_a_tree_that_lost_its_times() -> None:
    edited = finding("lib/edited.py", "modified", expected="3 bytes", actual="4 bytes")
    leads = finding("pyvenv.cfg", "interpreter", expected="untouched since it was installed", subject="virtualenv:one")
    found = together(*many(".py", "modified"), edited, leads)
    assert edited in found
    (heap,) = (each for each in found if each is not edited)
    assert (heap.kind, heap.subject, heap.count) == ("modified", "file:one", MOST + 2)


@pytest.mark.parametrize(("endings", "ignored"), [([".log"], True), ([".log", ".txt"], False)])
def test_a_policy_for_an_ending_holds_for_a_heap_of_it_and_for_nothing_else(endings: list[str], ignored: bool) -> None:
    policy = Ignore(reason="logs", expires="2099-01-01", expired=False, globs={"path": "*.log"})
    (heap,) = together(*(each for ending in endings for each in many(ending, "unexpected")))
    assert policy.matches("web1", heap.as_dict()) is ignored


def test_packages_are_counted_as_packages() -> None:
    gone = [replace(finding("x", "missing"), subject=f"package:one/p{number}", path=None) for number in range(30)]
    (one,) = together(*gone)
    assert (one.subject, one.count) == ("virtualenv:one", 30)
    assert (one.actual or "").startswith("30 packages, such as p0, p1")
