# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML: a test suite for each host, a test case for each of its subjects. Pure.

A subject with findings that count *failed*; one whose findings are all ignored or below the threshold was *skipped*; a host that was not
checked is one test case with an *error*, and so is a run that was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..model.document import NOT_CHECKED
from ..model.printable import printable

HOST = "host"
"""The test case of a host of which nothing is declared and nothing found, and of one that was not checked."""
_SHOWN = 50


def junit(report: Mapping[str, Any]) -> Iterator[str]:
    """Give the parts of the XML document."""
    suites = [_suite(host, entry, report) for host, entry in report["hosts"].items()]
    if not report["run"]["complete"]:
        suites.append(_Suite("run", [_case("run", "complete", _element("error", "incomplete", "The run was cut off."))], errors=1))
    tests, failures, errors, skipped = (
        sum(getattr(suite, name) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f'<testsuites name="drift" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}">\n'
    for suite in suites:
        yield from suite.lines(report["run"]["started"])
    yield "</testsuites>\n"


class _Suite:
    def __init__(self, name: str, cases: Sequence[str], *, failures: int = 0, errors: int = 0, skipped: int = 0) -> None:
        self.name = name
        self.cases = cases
        self.tests = len(cases)
        self.failures, self.errors, self.skipped = failures, errors, skipped

    def lines(self, started: str) -> Iterator[str]:
        counts = f'tests="{self.tests}" failures="{self.failures}" errors="{self.errors}" skipped="{self.skipped}"'
        yield f'<testsuite name={_attribute(self.name)} {counts} time="0" timestamp="{escape(started.removesuffix("Z"))}">\n'
        yield from self.cases
        yield "</testsuite>\n"


def _suite(host: str, entry: Mapping[str, Any], report: Mapping[str, Any]) -> _Suite:
    if entry["state"] == NOT_CHECKED:
        return _Suite(host, [_case(host, HOST, _element("error", entry["reason"], entry["message"] or entry["reason"]))], errors=1)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for finding in entry["findings"]:
        found.setdefault(finding["subject"], []).append(finding)
    declared = report["declarations"].get(entry["declared"]) or {"bundles": {}, "virtualenvs": {}}
    passed = [f"bundle:{name}" for name in declared["bundles"]] + [f"virtualenv:{name}" for name in declared["virtualenvs"]]
    cases = [_case(host, subject) for subject in passed if subject not in found]
    failures = skipped = 0
    for subject, findings in found.items():
        counting = [finding for finding in findings if finding["counts"]]
        if counting:
            failures += 1
            cases.append(_case(host, subject, _failure(counting)))
        else:
            skipped += 1
            cases.append(_case(host, subject, f"<skipped message={_attribute(_why_not(findings, report['policy']))}/>"))
    return _Suite(host, cases or [_case(host, HOST)], failures=failures, skipped=skipped)


def _case(host: str, name: str, content: str = "") -> str:
    return f'<testcase classname={_attribute(host)} name={_attribute(name)} time="0">{content}</testcase>\n'


def _failure(findings: Sequence[Mapping[str, Any]]) -> str:
    kinds = ", ".join(dict.fromkeys(f"{finding['kind']} ({finding['cause']})" for finding in findings))
    lines = [_line(finding) for finding in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        lines.append(f"and {len(findings) - _SHOWN} more")
    return _element("failure", findings[0]["cause"], kinds, "\n".join(lines))


def _line(finding: Mapping[str, Any]) -> str:
    told = {"path": finding["path"], "expected": finding["expected"], "found": finding["actual"], "remedy": finding["remedy"]}
    details = [f"{name} {printable(value)}" for name, value in told.items() if value]
    return f"{printable(finding['kind'])} ({finding['cause']}, {finding['severity']}): {'; '.join(details)}"


def _why_not(findings: Sequence[Mapping[str, Any]], policy: Mapping[str, Any]) -> str:
    ignored = [policy["ignores"][finding["ignored"]] for finding in findings if finding["ignored"] is not None]
    if ignored:
        return f"ignored until {ignored[0]['expires']}: {ignored[0]['reason']}"
    return f"below the threshold {policy['threshold']}"


def _element(tag: str, kind: str, message: str, text: str = "") -> str:
    return f"<{tag} type={_attribute(kind)} message={_attribute(message)}>{escape(text)}</{tag}>"


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
