# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads of a result: one sentence, and a diff with one line for each subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils.hermetic.text.printable import printable

_SHOWN = 6


def readable_diff(result: Mapping[str, Any], *, root: str, declared: bool = True) -> dict[str, str] | None:
    """Return the differences as two texts, or None where there is no difference to show; ``declared``: whether it was held against a declaration."""
    findings = result.get("findings") or []
    generation = result.get("generation") or {}
    if findings:
        wanted = "as declared" if declared else "as it was last installed"
        pairs = [_sides(finding, wanted) for finding in findings]
        before = [line for line, _unused in pairs if line is not None]
        after = [line for _unused, line in pairs if line is not None]
    else:
        given = result.get("diff") or {}
        before, after = str(given.get("before") or "").splitlines(), str(given.get("after") or "").splitlines()
        if before == after:
            steps = result.get("plan") or []
            before, after = [], [printable(f"{step['action']} {step['subject']}: {step['reason']}") for step in steps]
    if before == after:
        return None
    return {
        "before_header": f"{root} (generation {_number(generation.get('before'))})",
        "after_header": f"{root} (generation {_number(generation.get('after'))})",
        "before": "".join(f"{line}\n" for line in before),
        "after": "".join(f"{line}\n" for line in after),
    }


def _sides(finding: Mapping[str, Any], wanted: str) -> tuple[str | None, str | None]:
    """Return how the subject of a finding is, and how it shall be; None where it is not there."""
    subject, kind = finding["subject"], finding["kind"]
    actual, expected = finding.get("actual"), finding.get("expected")
    told = actual if actual is not None else f"{kind} ({finding['cause']})"
    before = None if kind == "missing" else printable(f"{subject}: {told}")
    after = None if kind == "unexpected" else printable(f"{subject}: {expected if expected is not None else wanted}")
    return before, after


def sentence(result: Mapping[str, Any], *, module: str, check: bool, state: str | None = None, against: str | None = None) -> str:
    """Return what happened, for people who read the first line only; ``state`` and ``against`` are these options of the task."""
    plan = result.get("plan") or []
    findings = result.get("findings") or []
    generation = result.get("generation") or {}
    if module == "drift":
        if not findings:
            wanted = "what is declared"
            if not (result.get("declared") or {}).get("bundles"):
                asked = "it was not compared with the declaration" if against == "installed" else "nothing was declared"
                wanted = f"as it was last installed; {asked}"
            return f"Clean: generation {_number(generation.get('before'))} is {wanted}.{_unvouched(result)}"
        told = _listed([f"{_shown(each)} {each['kind']}" for each in findings])
        return f"{_count(len(findings), 'finding')} ({_causes(findings)}): {told}.{_unvouched(result)}"
    would = "would be " if check else ""
    if module == "system" and state == "absent":
        if not plan:
            return "Nothing to do: nothing is installed."
        return f"The root {would or 'was '}removed: {printable(plan[0]['reason'])}."
    number = _number(generation.get("after"))
    if not plan:
        return f"Nothing to do: {_reached(module, state).format(number)}."
    steps = _listed([f"{step['action']} {step['subject']}" for step in plan])
    if module == "generation":
        steps = "; ".join([steps, *map(printable, _changes(result))])
        # To pin, unpin or prune leads to no other generation.
        if generation.get("before") == generation.get("after"):
            return f"{_count(len(plan), 'step')} {would}taken: {steps}."
    return f"{_count(len(plan), 'step')} {would}taken to generation {number}: {steps}."


def _reached(module: str, state: str | None) -> str:
    """Return what is so already, with a place for the number of the current generation."""
    if module == "generation":
        named = {
            "pinned": "the generation is pinned already",
            "unpinned": "the generation is not pinned",
            "pruned": "nothing can be removed",
        }
        return named.get(state or "", "generation {} is the current one already")
    return "generation {} is as installed" if state == "repaired" else "generation {} is as declared"


def _changes(result: Mapping[str, Any]) -> list[str]:
    """Return which releases and packages are others than before."""
    found = [f"bundle {name}: {_arrow(entry)}" for name, entry in (result.get("changed_bundles") or {}).items()]
    for name, entry in (result.get("changed_virtualenvs") or {}).items():
        packages = [f"{package} {_arrow(each)}" for package, each in entry["packages"].items()]
        found.append(f"virtualenv {name}: {', '.join(packages[:_SHOWN]) or entry['change']}{_more(packages)}")
    return [*found[:_SHOWN], *([_more(found).strip()] if len(found) > _SHOWN else [])]


def _arrow(entry: Mapping[str, Any]) -> str:
    return f"{_number(entry['before'])} -> {_number(entry['after'])}"


def _shown(finding: Mapping[str, Any]) -> str:
    """Return what a finding is about: a subject that names no tree or file of its own with its path."""
    subject, path = str(finding["subject"]), finding.get("path")
    return f"{subject} {path}" if path and subject in ("generation", "store") else subject


def _unvouched(result: Mapping[str, Any]) -> str:
    """Return the sentence that says what a deep look could not compare; no drift, but not the whole truth either."""
    number = len((result.get("vouched") or {}).get("unknown") or ())
    if not number:
        return ""
    records = "record of the host" if number == 1 else "records of the host"
    return f" {number} {records} could not be compared with what this controller knows (vouched.unknown)."


def _causes(findings: Sequence[Mapping[str, Any]]) -> str:
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding["cause"]] = counts.get(finding["cause"], 0) + 1
    return ", ".join(f"{number} {cause}" for cause, number in sorted(counts.items()))


def _listed(names: Sequence[str]) -> str:
    return "; ".join(map(printable, names[:_SHOWN])) + _more(names)


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _number(value: object) -> str:
    return "none" if value is None else str(value)
