# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML: a test suite for each host, a test case for each of its subjects. Pure.

A subject with findings that count *failed*; one whose findings are all ignored or below the threshold was *skipped*; a host that was not
checked is one test case with an *error*, and so is a run that was cut off.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model.document import NOT_CHECKED
from ..model.printable import printable

HOST = "host"
"""The test case of a host of which nothing is declared and nothing found, and of one that was not checked."""
_SHOWN = 50
_OUTCOMES = {"failures": "failure", "errors": "error", "skipped": "skipped"}
"""The attribute of a suite and the element of a test case that it counts."""


def junit(report: Mapping[str, Any]) -> Iterator[str]:
    """Give the parts of the XML document."""
    root = _element("testsuites", name="drift")
    started = report["run"]["started"].removesuffix("Z")
    for host, entry in report["hosts"].items():
        _add_suite(root, host, _cases(host, entry, report), started)
    if not report["run"]["complete"]:
        _add_suite(root, "run", [_case("run", "complete", _element("error", type="incomplete", message="The run was cut off."))], started)
    for name in ("tests", *_OUTCOMES):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    yield ET.tostring(root, encoding="utf-8", xml_declaration=True).decode()


def _add_suite(root: ET.Element, name: str, cases: Sequence[ET.Element], started: str) -> None:
    outcomes = [outcome.tag for case in cases for outcome in case]
    counts = {attribute: str(outcomes.count(tag)) for attribute, tag in _OUTCOMES.items()}
    suite = _element("testsuite", name=name, tests=str(len(cases)), **counts, time="0", timestamp=started)
    suite.extend(cases)
    root.append(suite)


def _cases(host: str, entry: Mapping[str, Any], report: Mapping[str, Any]) -> list[ET.Element]:
    if entry["state"] == NOT_CHECKED:
        return [_case(host, HOST, _element("error", type=entry["reason"], message=entry["message"] or entry["reason"]))]
    found: dict[str, list[Mapping[str, Any]]] = {}
    for finding in entry["findings"]:
        found.setdefault(finding["subject"], []).append(finding)
    declared = report["declarations"].get(entry["declared"]) or {"bundles": {}, "virtualenvs": {}}
    passed = [f"bundle:{name}" for name in declared["bundles"]] + [f"virtualenv:{name}" for name in declared["virtualenvs"]]
    cases = [_case(host, subject) for subject in passed if subject not in found]
    for subject, findings in found.items():
        counting = [finding for finding in findings if finding["counts"]]
        outcome = _failure(counting) if counting else _element("skipped", message=_why_not(findings, report["policy"]))
        cases.append(_case(host, subject, outcome))
    return cases or [_case(host, HOST)]


def _case(host: str, name: str, *outcome: ET.Element) -> ET.Element:
    case = _element("testcase", classname=host, name=name, time="0")
    case.extend(outcome)
    return case


def _failure(findings: Sequence[Mapping[str, Any]]) -> ET.Element:
    kinds = ", ".join(dict.fromkeys(f"{finding['kind']} ({finding['cause']})" for finding in findings))
    lines = [_line(finding) for finding in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        lines.append(f"and {len(findings) - _SHOWN} more")
    failure = _element("failure", type=findings[0]["cause"], message=kinds)
    failure.text = "\n".join(lines)
    return failure


def _line(finding: Mapping[str, Any]) -> str:
    known = {"path": finding["path"], "expected": finding["expected"], "found": finding["actual"], "remedy": finding["remedy"]}
    details = [f"{name} {printable(value)}" for name, value in known.items() if value]
    return f"{printable(finding['kind'])} ({printable(finding['cause'])}, {printable(finding['severity'])}): {'; '.join(details)}"


def _why_not(findings: Sequence[Mapping[str, Any]], policy: Mapping[str, Any]) -> str:
    ignored = [policy["ignores"][finding["ignored"]] for finding in findings if finding["ignored"] is not None]
    if ignored:
        return f"ignored until {ignored[0]['expires']}: {ignored[0]['reason']}"
    return f"below the threshold {policy['threshold']}"


def _element(tag: str, /, **attributes: str) -> ET.Element:
    # ElementTree escapes what XML gives a meaning to, and writes what XML cannot carry at all (NUL, U+FFFE) as it is.
    element = ET.Element(tag, {name: printable(value) for name, value in attributes.items()})
    element.tail = "\n"
    return element
