# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the report document of a fleet that does not exist: deterministic, with fifty kinds of trouble and hostile names.

The totals are counted here, apart from the code that counts them in earnest, so that one can be held against the other.
``totals.findings``, ``causes``, ``kinds`` and ``severities`` are over the findings that count; ``ignored`` and ``below_threshold``
are the others. ``new`` is over those that count.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from fleet_troubles import HOSTILE, TROUBLES, Trouble

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
WEIGHTS = {"high": 2, "medium": 1, "low": 0}
THRESHOLD = "medium"
RUNS = 30
REASONS = ("unreachable", "failed", "skipped", "not_reached", "outside_limit")
MESSAGES = {
    "unreachable": "Failed to connect to the host via ssh: Connection timed out",
    "failed": "No wheel of grpcio 1.76.0 for linux-aarch64-cp312.",
    "skipped": "The task was skipped: the condition 'maintenance is false' is false.",
    "not_reached": "The play ended before this host was asked.",
    "outside_limit": "",
}
RECIPES = {
    "blinker": "1.9.0", "certifi": "2026.1.4", "charset-normalizer": "3.4.4", "click": "8.3.0", "cryptography": "46.0.3", "flask": "3.1.2",
    "idna": "3.11", "itsdangerous": "2.2.0", "jinja2": "3.1.6", "markupsafe": "3.0.3", "requests": "2.32.5", "urllib3": "2.5.0", "werkzeug": "3.1.3",
}  # fmt: skip
REPORTS = {"jinja2": "3.1.6", "markupsafe": "3.0.3", "numpy": "2.3.4", "pandas": "2.3.3", "rich": "14.2.0", "sqlalchemy": "2.0.44"}
IGNORES: Sequence[Mapping[str, Any]] = (
    {"reason": "debug logs of the reports, ticket OPS-1", "expires": "2026-12-31", "hosts": "db*", "subject": "file:*", "kind": "*",
     "cause": "*", "path": "*.log"},
    {"reason": "<i>pip</i> for the interns", "expires": "2027-02-28", "hosts": "*", "subject": "package:recipes/pip", "kind": "unexpected",
     "cause": "tampered", "path": "*"},
    {"reason": "wanted to be gone by summer", "expires": "2026-06-30", "hosts": "*", "subject": "package:recipes/flask", "kind": "*",
     "cause": "*", "path": "*"},
)  # fmt: skip


def fleet(hosts: int, seed: int) -> dict[str, Any]:
    """Return the document of this many hosts; the same arguments give the same document."""
    dice = random.Random(seed)
    names = _names(hosts, dice)
    entries = {name: _host(number, name, dice) for number, name in enumerate(names)}
    ignores = [
        {**each, "expired": each["expires"] < "2026-11-24", "matched": 0}
        for each in IGNORES
    ]  # fmt: skip
    for name, entry in entries.items():
        _judge(name, entry, ignores)
    totals = _totals(entries.values())
    totals["resolved"] = 0 if hosts < 2 else min(hosts, 25)
    exit_code = 1 if totals["not_checked"] else 2 if totals["findings"] else 0
    return {
        "format": 2,
        "run": {
            "id": f"20261124T180000Z-{seed % 0x1000000:06x}",
            "started": _time(NOW),
            "ended": _time(NOW + timedelta(minutes=7)),
            "complete": True,
            "verify": "deep",
            "controllers": ["deploy01", "deploy02"],
        },
        "exit": exit_code,
        "policy": {"threshold": THRESHOLD, "expired": sum(each["expired"] for each in ignores), "ignores": ignores},
        "totals": totals,
        "hosts": entries,
        "declarations": _declarations(),
        "history": _history(entries, totals, dice, f"20261124T180000Z-{seed % 0x1000000:06x}"),
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _names(hosts: int, dice: random.Random) -> list[str]:
    kinds = ("web", "db", "cache", "worker", "edge", "build")
    names = [f"{kinds[number % len(kinds)]}{number:05}.dc{number % 7}.example.com" for number in range(hosts)]
    # Every fourth of the hostile names in a small fleet, all of them in a large one, never more than a third of the hosts.
    for place, text in zip(sorted(dice.sample(range(hosts), min(len(HOSTILE), hosts // 3))), HOSTILE, strict=False):
        names[place] = f"{text}{place}" if text.strip() in ("", "constructor") and place % 2 else text
    return sorted(dict.fromkeys(names), key=lambda name: name.encode("utf-8", "surrogatepass"))


def _declarations() -> dict[str, Any]:
    def declared(python: str, recipes: Mapping[str, str], **more: Any) -> dict[str, Any]:
        environments = {"recipes": {"bundle": "python", "packages": dict(recipes)}, **more}
        return {"bundles": {"python": python}, "virtualenvs": environments}

    reports = {"bundle": "python", "packages": dict(REPORTS)}
    both = declared("3.12.1+4", RECIPES, reports=reports)
    both["bundles"]["python27"] = "2.7.18+2"
    return {
        "d0": declared("3.12.1+4", RECIPES),
        "d1": declared("3.12.1+4", RECIPES, reports=reports),
        "d2": declared("3.12.1+5", {**RECIPES, "flask": "3.1.3"}),
        "d3": both,
        "d4": {"bundles": {"python": "3.13.0+1"}, "virtualenvs": {}},
    }


def _host(number: int, name: str, dice: random.Random) -> dict[str, Any]:
    groups = [
        name[: name.index("0")] if name[:1].isalpha() and "0" in name[:8] else "odd",
        f"dc{number % 7}",
        "prod" if number % 9 else "stage",
    ]
    entry: dict[str, Any] = {
        "state": "clean", "reason": None, "message": "", "checked": _time(NOW + timedelta(seconds=number % 400)), "groups": sorted(groups),
        "platform": "linux-x86_64" if number % 5 else "linux-aarch64", "generation": 40 + number % 3, "bundles": {"python": "3.12.1+4"},
        "declared": f"d{(0, 0, 0, 1, 1, 2, 3, 0, 1, 4)[number % 10]}", "findings": [], "foreign": [],
    }  # fmt: skip
    chance = dice.random()
    if chance < 0.02:
        reason = dice.choice(REASONS)
        message = dice.choice(HOSTILE) if dice.random() < 0.1 else MESSAGES[reason]
        entry.update(
            state="not_checked", reason=reason, message=message, checked=None, platform=None, generation=None, bundles={}, declared=None
        )
        return entry
    if number % 50 == 3:
        entry["foreign"] = _foreign(dice)
    if chance < 0.2:
        entry["findings"] = [_finding(trouble, dice) for trouble in _troubles(dice)]
    return entry


def _foreign(dice: random.Random) -> list[dict[str, Any]]:
    packages = {"requests": "2.28.1", "six": "1.16.0", "PyYAML": "6.0", "urllib3": "1.26.12"}
    found = [{"interpreter": "/usr/bin/python3", "version": "3.11.2", "packages": packages}]
    if dice.random() < 0.3:
        found.append(
            {"interpreter": "/usr/local/bin/python3.9", "version": "3.9.18", "packages": {"boto": "2.49.0", dice.choice(HOSTILE): "1"}}
        )
    return found


def _troubles(dice: random.Random) -> list[Trouble]:
    many = dice.choices((1, 2, 3, 5, 12), (60, 20, 12, 6, 2))[0]
    chosen = dice.choices(TROUBLES, [trouble.weight for trouble in TROUBLES], k=many)
    return list({(trouble.subject, trouble.kind): trouble for trouble in chosen}.values())


def _finding(trouble: Trouble, dice: random.Random) -> dict[str, Any]:
    first = NOW - timedelta(days=dice.choice((0, 0, 1, 2, 3, 7, 20, 90)), minutes=dice.randrange(60))
    finding = {**trouble._asdict(), "first_seen": _time(first), "new": first > NOW - timedelta(days=1), "ignored": None, "counts": True}
    del finding["weight"]
    if dice.random() < 0.02:
        text = dice.choice(HOSTILE)
        key = dice.choice(("path", "actual", "expected", "remedy", "subject"))
        finding[key] = f"{trouble.subject.partition('/')[0]}/{text}" if key == "subject" else text
    return finding


def _judge(host: str, entry: dict[str, Any], ignores: list[dict[str, Any]]) -> None:
    for finding in entry["findings"]:
        for index, each in enumerate(ignores):
            texts = {"hosts": host, **{key: finding[key] or "" for key in ("subject", "kind", "cause", "path")}}
            if not each["expired"] and all(fnmatchcase(text, each[key]) for key, text in texts.items()):
                finding["ignored"] = index
                each["matched"] += 1
                break
        finding["counts"] = finding["ignored"] is None and WEIGHTS[finding["severity"]] >= WEIGHTS[THRESHOLD]
    causes = {finding["cause"] for finding in entry["findings"] if finding["counts"]}
    for cause in ("tampered", "interrupted", "pending"):
        if cause in causes:
            entry["state"] = cause
            return


def _totals(entries: Any) -> dict[str, Any]:
    entries = list(entries)
    states = Counter(entry["state"] for entry in entries)
    found = [finding for entry in entries for finding in entry["findings"]]
    counted = [finding for finding in found if finding["counts"]]
    causes, kinds, severities = (Counter(finding[key] for finding in counted) for key in ("cause", "kind", "severity"))
    return {
        "hosts": len(entries),
        **{state: states[state] for state in ("clean", "pending", "tampered", "interrupted", "not_checked")},
        "findings": len(counted),
        "ignored": sum(finding["ignored"] is not None for finding in found),
        "below_threshold": sum(finding["ignored"] is None and not finding["counts"] for finding in found),
        "new": sum(finding["new"] for finding in counted),
        "resolved": 0,
        "causes": {cause: causes[cause] for cause in ("tampered", "interrupted", "pending")},
        "kinds": dict(sorted(kinds.items())),
        "severities": {severity: severities[severity] for severity in ("high", "medium", "low")},
    }


def _history(entries: Mapping[str, Any], totals: Mapping[str, Any], dice: random.Random, run: str) -> dict[str, Any]:
    keys = ("clean", "pending", "tampered", "interrupted", "not_checked", "findings")
    trend = []
    for back in range(RUNS - 1, 0, -1):
        ended = NOW - timedelta(days=back)
        pending = int(totals["hosts"] * (0.01 + 0.09 * (back % 10) / 10))
        tampered, not_checked = int(totals["tampered"] * dice.uniform(0.7, 1.4)), int(totals["hosts"] * 0.02 * dice.uniform(0.5, 1.5))
        clean = max(0, totals["hosts"] - pending - tampered - not_checked)
        numbers = (clean, pending, tampered, 0, not_checked, int((pending + tampered) * 1.7))
        trend.append({"id": f"{ended:%Y%m%dT%H%M%SZ}-{back:06x}", "ended": _time(ended), **dict(zip(keys, numbers, strict=True))})
    trend.append({"id": run, "ended": _time(NOW + timedelta(minutes=7)), **{key: totals[key] for key in keys}})
    names = list(entries)
    seen = {"first_seen": _time(NOW - timedelta(days=9)), "last_seen": _time(NOW - timedelta(days=1))}
    resolved = [
        {"host": dice.choice(names), "subject": trouble.subject, "kind": trouble.kind, **seen}
        for trouble in (dice.choice(TROUBLES) for _unused in range(totals["resolved"]))
    ]
    open_ones = [
        {"host": name, **{key: finding[key] for key in ("subject", "kind", "cause", "first_seen")}}
        for name, entry in entries.items()
        for finding in entry["findings"]
        if finding["counts"]
    ]
    return {"trend": trend, "resolved": resolved, "oldest": sorted(open_ones, key=lambda each: each["first_seen"])[:100]}
