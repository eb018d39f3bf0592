# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JSON Lines, to be read as a stream: one record on each line, no record larger than what is known of one finding or host.

The first line is the ``run``; then come ``declaration``, ``host`` and ``finding`` (a host's right after it), at last the history as
``past_run``, ``resolved`` and ``oldest``. ``record`` says which, the other keys are those of the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_HISTORY = {"trend": "past_run", "resolved": "resolved", "oldest": "oldest"}


def json_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines of a report."""
    yield _line("run", {key: report[key] for key in ("format", "run", "exit", "policy", "totals")})
    for key, declaration in report["declarations"].items():
        yield _line("declaration", {"key": key, **declaration})
    for host, entry in report["hosts"].items():
        yield _line("host", {"host": host, **{key: value for key, value in entry.items() if key != "findings"}})
        for finding in entry["findings"]:
            yield _line("finding", {"host": host, **finding})
    for part, name in _HISTORY.items():
        for each in (report["history"] or {}).get(part, ()):
            yield _line(name, each)


def _line(record: str, content: Mapping[str, Any]) -> str:
    return json.dumps({"record": record, **content}, separators=(",", ":")) + "\n"
