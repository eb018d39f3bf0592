# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many findings of one kind in one tree become one, so that a result stays readable and bounded whatever happened to a host. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from posixpath import dirname, splitext

from .finding import SEVERITIES, Finding, Kind

MOST = 10
"""Up to so many findings of one kind in one tree are reported one by one."""
_EXAMPLES = 3
# How an inspection says that nothing but the time of a file differs, as far as it read.
_TIMES = ("untouched since it was installed", "time of installation")


def aggregated(findings: Iterable[Finding], *, subject: str, tree: str) -> list[Finding]:
    """Return the findings of one tree, with one in place of each group of more than ``MOST``.

    A group has one kind. What was added is kept apart by severity, so that a planted module does not go under in a heap of logs;
    and what only lost its time, as a copied tree does, apart from what has another content.
    """
    all_of_them = list(findings)
    groups: dict[tuple[Kind, str], list[Finding]] = {}
    for finding in all_of_them:
        groups.setdefault(_group(finding), []).append(finding)
    large = {key for key, group in groups.items() if len(group) > MOST}
    if not large:
        return all_of_them
    kept = [finding for finding in all_of_them if _group(finding) not in large]
    return kept + [_together(groups[key], key[0], subject, tree) for key in sorted(large)]


def aggregated_by_directory(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings about what lies side by side below the root, with one for each directory that holds many of a kind and cause."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((dirname(finding.path or ""), finding.cause), []).append(finding)
    return [
        finding
        for (directory, _cause), group in groups.items()
        for finding in aggregated(group, subject=group[0].subject, tree=directory or ".")
    ]


def _group(finding: Finding) -> tuple[Kind, str]:
    if finding.kind in ("modified", "interpreter") and finding.expected in _TIMES:
        return "modified", "time"
    # A package is a story of its own, and so is an interpreter.
    apart = finding.subject if finding.kind == "interpreter" else finding.subject.partition(":")[0]
    return finding.kind, f"{apart} {finding.severity}" if finding.kind == "unexpected" else apart


def _together(group: Sequence[Finding], kind: Kind, subject: str, tree: str) -> Finding:
    """Return the finding that stands for a group; its subject, kind and path stay the same while the group grows and shrinks."""
    ordered = sorted(group, key=lambda finding: (SEVERITIES.index(finding.severity), finding.path or finding.subject))
    examples = tuple(_short(finding, tree) for finding in ordered[:_EXAMPLES])
    found = Counter(finding.actual for finding in group if finding.actual is not None).most_common()
    expected = {finding.expected for finding in group}
    packages = group[0].subject.startswith("package:")
    actual = f"{len(group)} {'packages' if packages else 'paths'}, such as {', '.join(examples)}"
    if found:
        actual += f": {found[0][0]}{' and others' if len(found) > 1 else ''}"
    endings = {splitext(finding.path or "")[1] for finding in group}
    ending = next(iter(endings)) if kind == "unexpected" and len(endings) == 1 else ""
    return replace(
        ordered[0],
        subject=f"virtualenv:{subject.partition(':')[2]}" if packages else subject,
        kind=kind,
        expected=expected.pop() if len(expected) == 1 else None,
        actual=actual,
        # So that a policy which ignores '*.log' ignores a heap of them too, and nothing else.
        path=f"{tree}/*{ending}" if ending else tree,
        count=len(group),
        examples=examples,
    )


def _short(finding: Finding, tree: str) -> str:
    path = finding.path or finding.subject.rpartition("/")[2]
    return path[len(tree) + 1 :] or "." if path.startswith(f"{tree}/") or path == tree else path
