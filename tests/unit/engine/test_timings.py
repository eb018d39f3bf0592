# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of a run took is added up, also where a part fails."""

from __future__ import annotations

import time

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.timings import Timings


def test_parts_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1.0, 3.5, 10.0, 10.25, 20.0, 21.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    timings = Timings()
    for part in ("fetch", "fetch"):
        with timings.of(part):
            pass
    with pytest.raises(ValueError, match="mine"), timings.of("build"):
        raise ValueError("mine")
    assert timings.seconds == {"fetch": 2.75, "build": 1.0}
