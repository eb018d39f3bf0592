# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the HTML page says before anything is clicked, and without JavaScript: the sentences, the states and the first hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ....module_utils.hermetic.text.counting import counted
from ....module_utils.hermetic.text.printable import printable as visible

STATES: Mapping[str, tuple[str, str]] = {
    "tampered": ("Tampered", "changed since the last run"),
    "interrupted": ("Interrupted", "a run was cut off"),
    "pending": ("Pending", "the declaration changed, the host did not"),
    "not_checked": ("Not checked", "the state is unknown"),
    "clean": ("Clean", "exactly as declared"),
}
"""Every state of a host, the most alarming first, as it is called and what it means."""

_SENTENCES = {
    "tampered": ("was tampered with", "were tampered with"),
    "interrupted": ("has an interrupted run", "have an interrupted run"),
    "pending": ("has pending changes", "have pending changes"),
    "not_checked": ("was not checked", "were not checked"),
}
_CLEAN_AS_INSTALLED = "exactly as last installed"
# A clean host may still hold what the policy ignores.
_CLEAN_BUT = "no findings that count"
_FIRST_HOSTS = 200
_FIRST_FINDINGS = 3
_NAME_SHOWN = 200


def headline(totals: Mapping[str, Any]) -> str:
    """Return the one sentence that an operator needs."""
    hosts, clean = totals["hosts"], totals["clean"]
    if not hosts:
        return "This run had no hosts."
    if clean == hosts:
        return "The one host is clean." if hosts == 1 else f"All {hosts:,} hosts are clean."
    start = f"{'None' if not clean else f'{clean:,}'} of {counted(hosts, 'host', grouped=True)} {'is' if clean == 1 else 'are'} clean"
    return f"{start}; {_differing(totals)[0]}."


def details(totals: Mapping[str, Any], *, has_history: bool) -> str:
    """Return the sentences below the headline."""
    sentences = []
    differing = _differing(totals)[1:]
    if differing:
        sentences.append(_listed(differing))
    shown = counted(totals["findings"], "finding", grouped=True) + (" counts" if totals["findings"] == 1 else " count")
    kept_apart = [f"{totals['ignored']:,} ignored by policy"] if totals["ignored"] else []
    kept_apart += [f"{totals['below_threshold']:,} below the threshold"] if totals["below_threshold"] else []
    if totals["findings"] or kept_apart:
        sentences.append(shown + (f"; not counted: {_listed(kept_apart)}" if kept_apart else ""))
    if has_history:
        sentences.append(f"since the previous run, {totals['new']:,} new and {totals['resolved']:,} resolved")
    return "".join(f"{sentence[0].upper()}{sentence[1:]}. " for sentence in sentences).strip()


def _differing(totals: Mapping[str, Any]) -> list[str]:
    return [f"{totals[state]:,} {forms[totals[state] != 1]}" for state, forms in _SENTENCES.items() if totals[state]]


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def run_line(run: Mapping[str, Any]) -> list[str]:
    """Return when, how and where the run was, in parts."""
    parts = [_span(str(run["started"]), str(run["ended"]))]
    parts += [f"{run['verify']} verification"] if run["verify"] else []
    controllers = [visible(name)[:_NAME_SHOWN] for name in run["controllers"]]
    parts += (
        [f"from {', '.join(controllers[:4])}" + (f" and {len(controllers) - 4} more" if len(controllers) > 4 else "")]
        if controllers
        else []
    )
    return [visible(part) for part in parts]


def _span(started: str, ended: str) -> str:
    try:
        first, last = (datetime.fromisoformat(text) for text in (started, ended))
    except ValueError:
        return f"{started} to {ended}"
    day = f"{first.day} {first:%B %Y}, {first:%H:%M}"
    if first.date() != last.date():
        return f"{day} to {last.day} {last:%B %Y}, {last:%H:%M} UTC"
    return f"{day} UTC" if f"{first:%H:%M}" == f"{last:%H:%M}" else f"{day} to {last:%H:%M} UTC"


def tiles(totals: Mapping[str, Any], *, declared: bool = True) -> list[dict[str, Any]]:
    """Return one entry per state, with its part of the bar in units of a thousandth; a state with one host is never too thin to see.

    ``declared`` says whether any host was compared with a declaration.
    """
    counts = {state: int(totals[state]) for state in STATES}
    kept_apart = totals["ignored"] or totals["below_threshold"]
    total = sum(counts.values()) or 1
    least = 6.0
    small = {state for state, count in counts.items() if count and count * 1000 / total < least}
    room = 1000 - least * len(small)
    large = sum(count for state, count in counts.items() if state not in small) or 1
    clean = STATES["clean"][1] if declared else _CLEAN_AS_INSTALLED
    entries, start = [], 0.0
    for state, (label, meaning) in STATES.items():
        count = counts[state]
        width = 0.0 if not count else least if state in small else count * room / large
        share = count * 100 / total
        entries.append(
            {
                "state": state,
                "label": label,
                "meaning": (_CLEAN_BUT if kept_apart else clean) if state == "clean" else meaning,
                "count": f"{count:,}",
                "any": bool(count),
                "share": "0 %"
                if not count
                else f"{share:.0f} %"
                if 10 <= share < 99.5 or count == total
                else f"{share:.2g} %"
                if share < 10
                else f"{share:.2f} %",
                "start": f"{start:.2f}",
                "width": f"{width:.2f}",
            }
        )
        start += width
    return entries


def first_hosts(hosts: Mapping[str, Mapping[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Return the first hosts that are not clean, the most alarming first, and how many more there are."""
    order = {state: number for number, state in enumerate(STATES)}
    unclean = sorted((order.get(host["state"], 0), name) for name, host in hosts.items() if host["state"] != "clean")
    rows = []
    for _unused, name in unclean[:_FIRST_HOSTS]:
        host = hosts[name]
        counted = [finding for finding in host["findings"] if finding.get("counts", True)]
        shown = [visible(f"{finding['subject']}: {finding['kind']}")[:_NAME_SHOWN] for finding in counted[:_FIRST_FINDINGS]]
        shown += [f"and {len(counted) - _FIRST_FINDINGS} more"] if len(counted) > _FIRST_FINDINGS else []
        if host["state"] == "not_checked":
            shown = [visible(f"{host['reason'] or ''}: {host['message'] or ''}".strip(": ").replace("_", " "))[:_NAME_SHOWN]]
        rows.append(
            {
                "name": visible(name[: _NAME_SHOWN * 2])[:_NAME_SHOWN],
                "state": STATES.get(host["state"], ("Unknown", ""))[0],
                "details": shown,
            }
        )
    return rows, max(0, len(unclean) - _FIRST_HOSTS)
