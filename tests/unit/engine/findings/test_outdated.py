# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outdated processes as results and as findings: bounded, in one order, and never silently incomplete."""

from __future__ import annotations

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.outdated import (
    MOST,
    Outdated,
    OutdatedProcess,
    OutdatedTree,
    outdated_findings,
)

BUNDLE = OutdatedTree("bundle:python", "bundles/python-1-0", "1", "older", (40, 41), "bundles/python-2-0")
WEB = OutdatedTree("virtualenv:web", "environments/web-0", "1", "removed", (), None)


def process(pid: int, *trees: OutdatedTree, user: str = "web") -> OutdatedProcess:
    return OutdatedProcess(pid, user, "2026-11-20T08:15:30Z", "/r/bin/python app.py", trees)


def test_each_tree_is_one_finding_and_the_bundle_of_an_outdated_environment_is_none() -> None:
    found = outdated_findings(Outdated((process(1, BUNDLE, WEB), process(2, BUNDLE, user=""), process(3, BUNDLE, WEB))))
    assert [(each.subject, each.path, each.expected) for each in found] == [
        ("bundle:python", "bundles/python-1-0", "bundles/python-2-0"),
        ("virtualenv:web", "environments/web-0", None),
    ]
    assert found[0].actual == "1 process of an unknown user: pid 2 since 2026-11-20T08:15:30Z /r/bin/python app.py"
    assert str(found[1].actual).startswith("2 processes of web: pid 1 since")


def test_many_processes_are_counted_and_some_are_named() -> None:
    many = Outdated(tuple(process(number, WEB) for number in range(1, 1001)))
    (finding,) = outdated_findings(many)
    assert str(finding.actual).startswith("1000 processes of web: pid 1 ") and str(finding.actual).endswith("; …")
    assert len(str(finding.actual)) < 400
    document = many.as_dict()
    assert (len(document["outdated"]), document["number"]) == (MOST, 1000)


def test_what_could_not_be_examined_is_a_finding_and_a_sentence() -> None:
    assert (outdated_findings(Outdated(())), Outdated(()).incomplete()) == ([], None)
    for number, words in ((1, "1 process could"), (7, "7 processes could")):
        partly = Outdated((), unknown=number)
        (finding,) = outdated_findings(partly)
        assert (finding.subject, finding.severity, finding.path) == ("processes", "low", None)
        assert str(finding.actual).startswith(words) and str(partly.incomplete()).startswith(words)
        assert partly.as_dict() == {"outdated": [], "number": 0, "unknown": number, "complete": False}
    hidden = Outdated((), hides_others=True)
    assert "hidepid" in str(hidden.incomplete()) and outdated_findings(hidden) and hidden.as_dict()["complete"] is False
