# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as plain text in the manner of ``rpm -V``: a line for each subject, a letter for each thing that differs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ....module_utils.hermetic.findings.finding import CAUSES, INTERRUPTED, OUTDATED_PROCESS, PENDING, TAMPERED
from ....module_utils.hermetic.text.counting import counted
from ..model.document import CLEAN, NOT_CHECKED
from ..model.printable import printable

_LETTERS = {
    "mode": "M",
    "modified": "5",
    "link": "L",
    "owner": "U",
    "version": "V",
    "interpreter": "I",
    "not_runnable": "R",
    "interrupted": "C",
    "stale": "S",
}
_WORDS = {"missing": "missing", "unexpected": "extra", OUTDATED_PROCESS: "outdated"}
_LEGEND = (
    "M mode  5 content  L link  U owner  V version  I interpreter  R does not run  C cut off  S stale;"
    "  t tampered  i interrupted  p pending;  * new since the last run"
)
_WIDTH = len(_LETTERS)
_COLOURS = {TAMPERED: "31", INTERRUPTED: "35", PENDING: "33", CLEAN: "32", NOT_CHECKED: "36"}
_NAMES_SHOWN, _FINDINGS_SHOWN, _HISTORY_SHOWN = 12, 40, 10


def plain_text(report: Mapping[str, Any], *, colour: bool = False, most: int | None = None) -> Iterator[str]:
    """Give the lines of a report: what differs first, then what was not checked, then the rest; at most ``most`` of them."""
    paint = _Paint(colour)
    sections = (_head, _differing, _not_checked, _clean, _policy, _history, _foreign)
    lines = (line for section in sections for line in section(report, paint))
    for number, line in enumerate(lines):
        if most is not None and number >= most:
            yield "… the files of this report have the rest\n"
            return
        yield f"{line}\n"


class _Paint:
    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, state: str, text: str) -> str:
        return f"\x1b[{_COLOURS[state]}m{text}\x1b[0m" if self._colour else text


def _head(report: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    run, totals = report["run"], report["totals"]
    controllers = printable(", ".join(run["controllers"]), most=200)
    yield f"Drift report of {run['ended']} (verify {run['verify']}, by {controllers}): {counted(totals['hosts'], 'host')}"
    states = (CLEAN, PENDING, TAMPERED, INTERRUPTED, NOT_CHECKED)
    yield ", ".join(
        paint(state, f"{totals[state]} {state.replace('_', ' ')}") if totals[state] else f"0 {state.replace('_', ' ')}" for state in states
    )
    causes = ", ".join(f"{totals['causes'][cause]} {cause}" for cause in CAUSES)
    more = ", ".join(f"{totals[key]} {key.replace('_', ' ')}" for key in ("new", "resolved", "ignored", "below_threshold"))
    yield f"{counted(totals['findings'], 'finding')}: {causes}; {more}"
    if not run["complete"]:
        yield paint(TAMPERED, "INCOMPLETE: the run was cut off; hosts without a result are not checked.")
    yield from earlier_hosts(report)


def earlier_hosts(report: Mapping[str, Any]) -> Iterator[str]:
    """Give a line about hosts that the latest run did not ask, where the report has such."""
    run = report["run"]
    if run.get("base"):
        before = [entry["checked"] for entry in report["hosts"].values() if entry["checked"] and entry["checked"] < run["started"]]
        oldest = f"; the oldest check is of {printable(min(before), most=40)}" if before else ""
        yield (
            f"The report has {counted(len(report['hosts']), 'host')}. Hosts that were not in this run are as earlier runs found them"
            f" (all were in the run of {printable(run['base']['ended'], most=40)}){oldest}."
        )


def _differing(report: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    groups: dict[tuple[str, ...], list[str]] = {}
    alarm: dict[tuple[str, ...], tuple[int, int]] = {}
    for host, entry in report["hosts"].items():
        counting = [finding for finding in entry["findings"] if finding["counts"]]
        if counting:
            lines = tuple(_lines(counting, paint))
            groups.setdefault(lines, []).append(host)
            alarm[lines] = (CAUSES.index(entry["state"]), -len(counting))
    if groups:
        yield from ("", _LEGEND)
    for lines, hosts in sorted(
        groups.items(), key=lambda group: (alarm[group[0]], -len(group[1]), group[1][0].encode("utf-8", "surrogatepass"))
    ):
        yield from ("", _names(hosts))
        yield from lines[:_FINDINGS_SHOWN]
        if len(lines) > _FINDINGS_SHOWN:
            yield f"… {counted(len(lines) - _FINDINGS_SHOWN, 'more line')}; the JSON report has them all"


def _lines(findings: Sequence[Mapping[str, Any]], paint: _Paint) -> Iterator[str]:
    """Give a line for each subject and path, the most alarming cause first."""
    together: dict[tuple[int, str, str], list[Mapping[str, Any]]] = {}
    for finding in findings:
        key = (CAUSES.index(finding["cause"]), finding["subject"], finding["path"] or "")
        together.setdefault(key, []).append(finding)
    for key in sorted(together, key=lambda key: (key[0], *(text.encode("utf-8", "surrogatepass") for text in key[1:]))):
        same = together[key]
        kinds = {finding["kind"] for finding in same}
        word = next((_WORDS.get(kind, kind) for kind in sorted(kinds) if kind not in _LETTERS), None)
        flags = printable(word, most=20) if word else "".join(letter if kind in kinds else "." for kind, letter in _LETTERS.items())
        new = "*" if any(finding["new"] for finding in same) else " "
        where = printable(_place(key[1], key[2]))
        yield f"{paint(same[0]['cause'], flags.ljust(_WIDTH))} {same[0]['cause'][0]}{new} {where}{_change(same)}".rstrip()


def _place(subject: str, path: str) -> str:
    if subject.startswith("file:"):
        return path or subject
    return f"{subject}: {path}" if path and subject in ("generation", "store") else subject


def _change(findings: Sequence[Mapping[str, Any]]) -> str:
    changes = [
        f"{printable(_or_nothing(_in_common(finding)), most=120)}, expected {printable(_or_nothing(finding['expected']), most=120)}"
        for finding in findings
        if (finding["kind"] not in ("missing", "unexpected", "modified") or finding.get("count"))
        and (finding["actual"] or finding["expected"])
    ]
    return f"  ({'; '.join(changes)})" if changes else ""


def _not_checked(report: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for host, entry in report["hosts"].items():
        if entry["state"] == NOT_CHECKED:
            reasons.setdefault((entry["reason"], entry["message"]), []).append(host)
    if reasons:
        yield from ("", paint(NOT_CHECKED, "Not checked (state unknown):"))
    for (reason, message), hosts in reasons.items():
        shown = printable(" ".join(message.split()))
        yield f"{reason.replace('_', ' ').ljust(_WIDTH)}    {_names(hosts)}{f': {shown}' if shown else ''}"


def _clean(report: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    hosts = [host for host, entry in report["hosts"].items() if entry["state"] == CLEAN]
    if hosts:
        yield from ("", f"{paint(CLEAN, 'Clean:')} {_names(hosts)}")


def _policy(report: Mapping[str, Any], paint: _Paint) -> Iterator[str]:
    policy = report["policy"]
    if policy["threshold"] != "low" or policy["ignores"]:
        yield from ("", f"Policy: findings below {policy['threshold']} do not count.")
    for each in policy["ignores"]:
        globs = ", ".join(
            f"{name} {printable(each[name], most=100)}" for name in ("hosts", "subject", "kind", "cause", "path") if each[name] != "*"
        )
        state = paint(TAMPERED, "EXPIRED, no longer ignored") if each["expired"] else f"{counted(each['matched'], 'finding')} ignored"
        yield f"  until {each['expires']}: {state} ({globs}): {printable(each['reason'])}"


def _history(report: Mapping[str, Any], _paint: _Paint) -> Iterator[str]:
    history = report["history"] or {"resolved": [], "oldest": []}
    for title, key, moment in (("Resolved since the last run:", "resolved", "last_seen"), ("Open longest:", "oldest", "first_seen")):
        if history[key]:
            yield from ("", title)
        for each in history[key][:_HISTORY_SHOWN]:
            yield f"  {each[moment]}  {printable(each['host'], most=100)}  {printable(each['kind'], most=20)}  {printable(each['subject'], most=200)}"
        if len(history[key]) > _HISTORY_SHOWN:
            yield f"  … and {len(history[key]) - _HISTORY_SHOWN} more"


def _foreign(report: Mapping[str, Any], _paint: _Paint) -> Iterator[str]:
    found = Counter((each["interpreter"], each["version"]) for entry in report["hosts"].values() for each in entry["foreign"])
    if found:
        yield from ("", "Other Pythons (not drift):")
    for (interpreter, version), hosts in found.most_common(_FINDINGS_SHOWN):
        yield f"  {printable(interpreter, most=200)} {printable(version, most=40)} on {counted(hosts, 'host')}"


def _names(hosts: Iterable[str]) -> str:
    names = [printable(host, most=100) for host in hosts]
    if len(names) <= _NAMES_SHOWN:
        return ", ".join(names)
    return f"{len(names)} hosts: {', '.join(names[:_NAMES_SHOWN])} and {len(names) - _NAMES_SHOWN} more"


def _in_common(finding: Mapping[str, Any]) -> str | None:
    """Return what was found, without the numbers of processes, in which no two hosts agree."""
    actual: str | None = finding["actual"]
    return actual.partition(": ")[0] if actual and finding["kind"] == OUTDATED_PROCESS else actual


def _or_nothing(value: str | None) -> str:
    return value or "nothing"
