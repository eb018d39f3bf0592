# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report of the reports that hosts made of themselves: each speaks for its own host only, and whatever it is, the others count; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ....module_utils.hermetic.text.grammar import shown
from .document import FORMAT, NOT_CHECKED, declaration_key, not_checked
from .merging import better
from .shape import report_problem

ENDING = ".json"
LARGEST = 256 << 10
"""Bytes that the report of one host may have: ten times that of a host with many findings, and a thousand of them fit into memory."""
# Also a word for a shell, and no pattern of Ansible's.
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")


def host_problem(host: str) -> str | None:
    """Return why a host cannot report under this name, as the end of a sentence about it, or None where it can."""
    if _HOST.fullmatch(host):
        return None
    return f"is {shown(host)}, expected at most 200 letters, digits, '_', '.' and '-', the first of them no '.' and no '-'"


def file_name(host: str) -> str:
    """Return the name of the file in which a host reports."""
    return f"{host}{ENDING}"


def host_of(name: str) -> str | None:
    """Return the host that reports in a file of this name, or None where no host does."""
    host = name[: -len(ENDING)] if name.endswith(ENDING) else ""
    return host if host and host_problem(host) is None else None


@dataclass(frozen=True)
class Pulled:
    """What the report of one host says of it."""

    entry: Mapping[str, Any]
    declarations: Mapping[str, Mapping[str, Any]]
    verify: str | None
    """How closely it was looked at; None where it was not."""


def pulled(host: str, report: Any, *, oldest: str, newest: str) -> Pulled:
    """Return what a document says of a host; without a check of it between two moments the host is not checked, and the message says why."""
    problem = report_problem(report)
    if problem is None and (report["format"] != FORMAT or isinstance(report["format"], bool)):
        problem = f"its format is {shown(report['format'])}; this release reads {FORMAT}"
    if problem is not None:
        return unusable(f"it is no drift report of this release: {problem}")
    entry = report["hosts"].get(host)
    if entry is None:
        return unusable("it says nothing of this host")
    if entry["state"] == NOT_CHECKED:
        # When it failed is the time of the run: a failure of last month says nothing of today.
        late = _late(report["run"]["ended"], oldest=oldest, newest=newest)
        return Pulled(entry, {}, None) if late is None else unusable(f"{late}; its last run failed: {entry['message']}")
    late = _late(entry["checked"], oldest=oldest, newest=newest)
    if late is not None:
        return unusable(late)
    declared = entry["declared"]
    declarations = {} if declared is None else {declared: report["declarations"].get(declared)}
    # The key is the digest of what it stands for: under another one it would be what other hosts are said to have declared.
    if any(each is None or declaration_key(each) != key for key, each in declarations.items()):
        return unusable(f"what it says to be declared is not what {shown(declared)} stands for")
    return Pulled(entry, declarations, report["run"]["verify"])


def unusable(reason: str) -> Pulled:
    """Return what is known of a host whose report is of no use."""
    return Pulled(not_checked("failed", f"The report of this host is not used: {reason}."), {}, None)


def together(
    reports: Iterable[tuple[str, Pulled]], *, expected: Iterable[str]
) -> tuple[dict[str, Mapping[str, Any]], dict[str, Mapping[str, Any]], set[str]]:
    """Return hosts, declarations and levels of verification of many hosts; of two reports of one host, the later check counts."""
    hosts: dict[str, Mapping[str, Any]] = {}
    declarations: dict[str, Mapping[str, Any]] = {}
    levels: set[str] = set()
    for host, each in reports:
        hosts[host] = better(hosts[host], each.entry) if host in hosts else each.entry
        declarations.update(each.declarations)
        levels |= {each.verify} - {None}  # type: ignore[arg-type]
    for host in expected:
        if host not in hosts:
            hosts[host] = not_checked("not_reached", "This host has left no report.")
    return hosts, declarations, levels


def _late(moment: str, *, oldest: str, newest: str) -> str | None:
    if moment < oldest:
        return f"it is of {moment}, and only what is not older than {oldest} counts"
    return f"it is of {moment}, which is still to come: the clock of the host is wrong" if moment > newest else None
