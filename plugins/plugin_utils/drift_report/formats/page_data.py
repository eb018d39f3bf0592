# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report document in the compact shape that the HTML page carries: every text, finding and list once, hosts as columns of numbers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....module_utils.hermetic.findings.finding import CAUSES, SEVERITIES

FINDING_FIELDS = ("subject", "kind", "severity", "cause", "expected", "actual", "path", "remedy")
NONE = -1

SIZE_LIMIT = 4_700_000
"""Bytes of data at which the page gives up detail, so that with its program it stays under 5 MB."""


@dataclass(frozen=True)
class Detail:
    """How much of each text and of each host the page shows."""

    text: int
    findings: int


# The page takes the first that fits. A text of megabytes or a host with thousands of findings must not make it unreadable.
DETAILS = (Detail(2000, 1000), Detail(500, 200), Detail(200, 50), Detail(120, 20), Detail(100, 8), Detail(80, 3), Detail(80, 1))


def page_data(report: Mapping[str, Any]) -> str:
    """Return the data of the page as JSON that may stand inside a script element."""
    text = ""
    longest, most = sys.maxsize, sys.maxsize
    for detail in DETAILS:
        if detail.text >= longest and detail.findings >= most:
            # It would leave out nothing that the one before kept.
            continue
        compactor = _Compactor(detail)
        text = _embedded(compactor.compact(report))
        if len(text) <= SIZE_LIMIT:
            break
        longest, most = compactor.longest, compactor.most
    return text


def _embedded(data: Mapping[str, Any]) -> str:
    """Return the data as ASCII JSON in which nothing can end or open an element; U+2028 and U+2029 are escaped with the rest of Unicode."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Table:
    """Gives equal rows the same number."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, row: Any) -> int:
        """Return the number of the row, which is new or known."""
        known = self._numbers.get(row)
        if known is None:
            known = self._numbers[row] = len(self.rows)
            self.rows.append(row)
        return known


class _Compactor:
    """Holds the tables while one report is made compact."""

    def __init__(self, detail: Detail) -> None:
        self.detail = detail
        self.texts = _Table()
        self.groups, self.bundles, self.packages, self.foreign = _Table(), _Table(), _Table(), _Table()
        self.findings, self.sightings, self.lists = _Table(), _Table(), _Table()
        self.findings_left_out = 0
        self.hosts_cut = 0
        self.longest = 0
        """The longest text that was met."""
        self.most = 0
        """The most findings that a host has."""

    def compact(self, report: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole document."""
        declarations: Mapping[str, Mapping[str, Any]] = report["declarations"]
        keys = {key: number for number, key in enumerate(declarations)}
        columns = self._hosts(report["hosts"], keys)
        return {
            "run": self._cut(report["run"]),
            "exit": report["exit"],
            "policy": self._cut(report["policy"]),
            "totals": self._cut(report["totals"]),
            "history": self._history(report["history"]),
            "names": self._names(report["hosts"]),
            "hosts": columns,
            "declarations": [self._declaration(declaration) for declaration in declarations.values()],
            "texts": self.texts.rows,
            "groups": self.groups.rows,
            "bundles": self.bundles.rows,
            "packages": self.packages.rows,
            "foreign": self.foreign.rows,
            "findings": self.findings.rows,
            "sightings": self.sightings.rows,
            "lists": self.lists.rows,
            "left_out": {"findings": self.findings_left_out, "hosts": self.hosts_cut},
        }

    def _hosts(self, hosts: Mapping[str, Mapping[str, Any]], keys: Mapping[str, int]) -> dict[str, list[int]]:
        columns: dict[str, list[int]] = {}
        for host in hosts.values():
            row = {
                "state": self._text(host["state"]),
                "reason": self._text(host["reason"]),
                "message": self._text(host["message"] or None),
                "checked": self._text(host["checked"]),
                "groups": self.groups.number(tuple(self._text(group) for group in host["groups"])),
                "platform": self._text(host["platform"]),
                "generation": NONE if host["generation"] is None else int(host["generation"]),
                "bundles": self.bundles.number(self._pairs(host["bundles"])),
                "declared": keys.get(host["declared"], NONE),
                "findings": self.lists.number(self._findings(host["findings"])),
                "foreign": self.foreign.number(self._foreign(host.get("foreign") or ())),
            }
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
        return columns

    def _names(self, names: Iterable[str]) -> list[str]:
        """Return the names of the hosts; those that were shortened to the same text get a number, since links find hosts by name."""
        shown: dict[str, None] = {}
        for name in names:
            text = self._shortened(str(name))
            number = 2
            while text in shown:
                text = f"{self._shortened(str(name))} #{number}"
                number += 1
            shown[text] = None
        return list(shown)

    def _findings(self, findings: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
        """Return the findings as pairs of numbers: what it is, and how it was seen here; what matters most comes first and stays."""
        ordered = sorted(findings, key=_importance)
        self.most = max(self.most, len(ordered))
        if len(ordered) > self.detail.findings:
            self.findings_left_out += len(ordered) - self.detail.findings
            self.hosts_cut += 1
        numbers: list[int] = []
        for finding in ordered[: self.detail.findings]:
            ignored = finding.get("ignored")
            sighting = (
                self._text(finding.get("first_seen")),
                int(bool(finding.get("new"))),
                NONE if ignored is None else int(ignored),
                int(bool(finding.get("counts", True))),
            )
            numbers.append(self.findings.number(tuple(self._text(finding.get(field)) for field in FINDING_FIELDS)))
            numbers.append(self.sightings.number(sighting))
        return tuple(numbers)

    def _foreign(self, interpreters: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
        numbers: list[int] = []
        for each in interpreters:
            packages = self.packages.number(self._pairs(each.get("packages") or {}))
            numbers += [self._text(each.get("interpreter")), self._text(each.get("version")), packages]
        return tuple(numbers)

    def _declaration(self, declaration: Mapping[str, Any]) -> dict[str, Any]:
        virtualenvs = declaration.get("virtualenvs") or {}
        return {
            "bundles": self.bundles.number(self._pairs(declaration.get("bundles") or {})),
            "virtualenvs": [
                [self._text(name), self._text(each.get("bundle")), self.packages.number(self._pairs(each.get("packages") or {}))]
                for name, each in virtualenvs.items()
            ],
        }

    def _history(self, history: Mapping[str, Any] | None) -> Any:
        return None if history is None else self._cut(history)

    def _pairs(self, mapping: Mapping[str, Any]) -> tuple[int, ...]:
        return tuple(number for name, value in mapping.items() for number in (self._text(name), self._text(value)))

    def _text(self, value: object) -> int:
        return NONE if value is None else self.texts.number(self._shortened(str(value)))

    def _shortened(self, text: str) -> str:
        self.longest = max(self.longest, len(text))
        if len(text) <= self.detail.text:
            return text
        return f"{text[: self.detail.text]}… ({len(text):,} characters in all)"

    def _cut(self, value: Any) -> Any:
        """Return the value with every text in it shortened."""
        if isinstance(value, str):
            return self._shortened(value)
        if isinstance(value, Mapping):
            return {self._shortened(str(key)): self._cut(each) for key, each in value.items()}
        if isinstance(value, Sequence):
            return [self._cut(each) for each in value]
        return value


def _importance(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    cause, severity = finding.get("cause"), finding.get("severity")
    return (
        not finding.get("counts", True),
        CAUSES.index(cause) if cause in CAUSES else len(CAUSES),
        SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES),
        str(finding.get("subject")),
        str(finding.get("kind")),
    )
