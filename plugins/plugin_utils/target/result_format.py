# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads of a result: one sentence, and a diff with one line for each subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils.hermetic.text.counting import counted
from ...module_utils.hermetic.text.printable import printable

_SHOWN = 6


def readable_diff(result: Mapping[str, Any], *, root: str, target: str = "as declared") -> dict[str, str] | None:
    """Return the differences as two texts, or None where there is no difference to show; ``target`` is how things should be."""
    findings = result.get("findings") or []
    generation = result.get("generation") or {}
    if findings:
        pairs = [_sides(finding, target) for finding in findings]
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


def _sides(finding: Mapping[str, Any], target: str) -> tuple[str | None, str | None]:
    """Return how the subject of a finding is, and how it should be; None where it is not there."""
    subject, kind = finding["subject"], finding["kind"]
    actual, expected = finding.get("actual"), finding.get("expected")
    found = actual if actual is not None else f"{kind} ({finding['cause']})"
    before = None if kind == "missing" else printable(f"{subject}: {found}")
    after = None if kind == "unexpected" else printable(f"{subject}: {expected if expected is not None else target}")
    return before, after


def steps_message(result: Mapping[str, Any], *, check: bool, nothing_to_do: str) -> str:
    """Return which steps led to which generation; ``nothing_to_do`` says how things are without any, with a place for the generation."""
    plan = result.get("plan") or []
    number = _number((result.get("generation") or {}).get("after"))
    if not plan:
        return f"Nothing to do: {nothing_to_do.format(number)}."
    return f"{counted(len(plan), 'step')} {_would_be(check)}taken to generation {number}: {_steps(plan)}."


def generation_message(result: Mapping[str, Any], *, check: bool, nothing_to_do: str) -> str:
    """Return which steps were taken, and which releases and packages are others in the generation that they led to."""
    plan = result.get("plan") or []
    generation = result.get("generation") or {}
    if not plan:
        return steps_message(result, check=check, nothing_to_do=nothing_to_do)
    # To pin, unpin or prune leads to no other generation.
    led_to = f" to generation {_number(generation.get('after'))}" if generation.get("before") != generation.get("after") else ""
    steps = "; ".join([_steps(plan), *map(printable, _changes(result))])
    return f"{counted(len(plan), 'step')} {_would_be(check)}taken{led_to}: {steps}."


def removal_message(result: Mapping[str, Any], *, check: bool) -> str:
    """Return what became of a whole root."""
    plan = result.get("plan") or []
    if not plan:
        return "Nothing to do: nothing is installed."
    return f"The root {_would_be(check) or 'was '}removed: {printable(plan[0]['reason'])}."


def comparison_message(result: Mapping[str, Any], *, target: str) -> str:
    """Return how many differences were found, of which causes; ``target`` is what the current generation was found to be without any."""
    findings = result.get("findings") or []
    if not findings:
        number = _number((result.get("generation") or {}).get("before"))
        return f"Clean: generation {number} is {target}.{_unvouched(result)}"
    named = _listed([f"{_shown(each)} {each['kind']}" for each in findings])
    return f"{counted(len(findings), 'finding')} ({_causes(findings)}): {named}.{_unvouched(result)}"


def _steps(plan: Sequence[Mapping[str, Any]]) -> str:
    return _listed([f"{step['action']} {step['subject']}" for step in plan])


def _would_be(check: bool) -> str:
    return "would be " if check else ""


def _changes(result: Mapping[str, Any]) -> list[str]:
    """Return which releases and packages are others than before."""
    found = []
    for name, entry in (result.get("changed_bundles") or {}).items():
        packages = _packages(entry)
        found.append(f"bundle {name}: {', '.join([_arrow(entry), *packages[:_SHOWN]])}{_more(packages)}")
    for name, entry in (result.get("changed_virtualenvs") or {}).items():
        packages = _packages(entry)
        found.append(f"virtualenv {name}: {', '.join(packages[:_SHOWN]) or entry['change']}{_more(packages)}")
    return [*found[:_SHOWN], *([_more(found).strip()] if len(found) > _SHOWN else [])]


def _packages(entry: Mapping[str, Any]) -> list[str]:
    return [f"{package} {_arrow(each)}" for package, each in entry["packages"].items()]


def _arrow(entry: Mapping[str, Any]) -> str:
    return f"{_number(entry['before'])} -> {_number(entry['after'])}"


def _shown(finding: Mapping[str, Any]) -> str:
    """Return what a finding is about: a subject that names no tree or file of its own with its path."""
    subject, path = str(finding["subject"]), finding.get("path")
    return f"{subject} {path}" if path and subject in ("generation", "store") else subject


def _unvouched(result: Mapping[str, Any]) -> str:
    """Return the sentence about what a deep comparison had nothing to compare with; no drift, but not the whole truth either."""
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


def _number(value: object) -> str:
    return "none" if value is None else str(value)
