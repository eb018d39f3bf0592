# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the clock of a host was set since it was looked at last: ages mean nothing then."""

from __future__ import annotations

import time
from pathlib import Path

from ..fs.atomic import write_json
from ..fs.record_files import read_json
from ..text.grammar import is_number

_FORMAT = 1
_TOLERANCE = 3600
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def jumped_since(record: Path) -> bool:
    """Return whether the clock ran on otherwise than time did since the record was written, and write it for the next one.

    Only within one start of the host can that be told; a host that was started again may have been off for long. A system that does not
    name its start was started again where less time has run since; a start that this misses looks like a clock that was set, which keeps everything.
    """
    wall, running, boot = int(time.time()), _running(), _boot()
    try:
        before = read_json(record)
    except (OSError, ValueError):
        before = None
    write_json(record, {"format": _FORMAT, "wall": wall, "running": running, "boot": boot})
    if not isinstance(before, dict) or not all(is_number(before.get(key)) for key in ("wall", "running")):
        return False
    if boot != before.get("boot") or (not boot and running < before["running"]):
        return wall < before["wall"] - _TOLERANCE
    return abs((wall - before["wall"]) - (running - before["running"])) > _TOLERANCE


def _running() -> int:
    """Return seconds that no setting of the clock changes, sleep included where the system counts it."""
    return int(
        time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) if hasattr(time, "clock_gettime") else time.monotonic()
    )


def _boot() -> str:
    try:
        return _BOOT.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
