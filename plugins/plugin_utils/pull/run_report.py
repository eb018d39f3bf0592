# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of one run of one host, also where the run did not come as far as making one; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..drift_report.model.document import EXIT_CLEAN, NOT_CHECKED, Report, assemble, not_checked
from ..drift_report.model.policy import policy_of

_LINES, _CHARACTERS = 20, 2000


def host_report(report: Report, host: str) -> Report:
    """Return what a report says of this host alone: an inventory may list the whole fleet, which this run knows nothing of."""
    hosts = {host: report["hosts"][host]} if host in report["hosts"] else {}
    return assemble(report["run"], hosts, report["declarations"], policy_of(report["policy"]))


def failed_report(host: str, message: str, *, run: Mapping[str, Any], policy: Any) -> Report:
    """Return the report of a run that failed before it knew anything of the host."""
    return assemble(run, {host: not_checked("failed", message)}, {}, policy)


def says_failure(report: Report, host: str) -> bool:
    """Return whether a report shows that something is wrong with the host, so that a failed run is not hidden behind it."""
    return report["exit"] != EXIT_CLEAN and (host not in report["hosts"] or report["hosts"][host]["state"] == NOT_CHECKED)


def last_words(output: str) -> str:
    """Return the end of what a run printed, bounded."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-_LINES:])[-_CHARACTERS:]
