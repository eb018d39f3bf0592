# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small hosts, findings and policies for the tests of the report."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import Report, assemble, unknown_host
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import Policy, parse_policy

TODAY = datetime.date(2026, 11, 24)
RAW = ("subject", "kind", "severity", "cause", "expected", "actual", "path", "remedy")


def finding(subject: str = "package:recipes/flask", kind: str = "version", cause: str = "pending", **more: Any) -> dict[str, Any]:
    """Return a finding as the engine returns it."""
    content = {
        "subject": subject,
        "kind": kind,
        "severity": "medium",
        "cause": cause,
        "expected": "2",
        "actual": "1",
        "path": None,
        "remedy": "Repair it.",
    }
    return content | more


def host(*findings: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a host that was checked."""
    return {**unknown_host(), "checked": "2026-11-24T18:01:00Z", "findings": list(findings)} | more


def run(**more: Any) -> dict[str, Any]:
    """Return a run that came to its end."""
    known = {"started": "2026-11-24T18:00:00Z", "ended": "2026-11-24T18:05:00Z", "complete": True, "verify": "deep", "controllers": ["one"]}
    return {"id": "20261124T180000Z-000001", **known} | more


def policy(*ignores: Mapping[str, Any], threshold: str = "low") -> Policy:
    """Return a policy; each entry has a reason and lasts."""
    entries = [{"reason": "known", "expires": "2026-12-31", **each} for each in ignores]
    return parse_policy({"threshold": threshold, "ignores": entries}, today=TODAY)


def report(hosts: Mapping[str, Mapping[str, Any]], *, by: Policy | None = None, **about: Any) -> Report:
    """Return the document of these hosts."""
    declarations = {"d": {"bundles": {"python": "3.12.1+4"}, "virtualenvs": {"recipes": {"bundle": "python", "packages": {"flask": "2"}}}}}
    return assemble(run(**about), hosts, declarations, by or Policy())


def unjudged(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the hosts of a document as they were before anything was judged."""
    return {
        name: {
            **entry,
            "state": entry["state"] if entry["state"] == "not_checked" else "clean",
            "findings": [{key: each[key] for key in (*RAW, "first_seen", "new")} for each in entry["findings"]],
        }
        for name, entry in document["hosts"].items()
    }
