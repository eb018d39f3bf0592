# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of docs/SCALE.md are those of the stored result, and follow from it."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from ansible_collections.hermetic.python.bench.scale_pages import RESULT, computed, measured

PAGE = Path(__file__).resolve().parents[3] / "docs" / "SCALE.md"


def test_the_page_has_the_tables_of_the_stored_result() -> None:
    found, page = json.loads(RESULT.read_text(encoding="utf-8")), PAGE.read_text(encoding="utf-8")
    assert measured(found) in page
    assert computed(found) in page
    assert f"{found['hosts']:,} hosts" in page


def test_the_figures_follow_from_what_was_measured() -> None:
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    found["controller"] |= {"seconds before the first host": 2.0, "seconds for each host": 0.5}
    found["controller"] |= {"bytes to a host": 90_000, "bytes from a host": 10_000}
    found["pull"]["requests"] = 3
    thousand, _ten, most = computed(found).splitlines()[2:]
    assert "8 min of processor time, at least 62.8 s | 52.0 s, at least 6.5 s | 0.10 GB | 1.7 per second | 0.6 per second" in thousand
    assert "13.9 h of processor time, at least 104 min" in most
    twice = copy.deepcopy(found)
    twice["controller"]["seconds for each host"] = 1.0
    assert "17 min of processor time" in computed(twice)
