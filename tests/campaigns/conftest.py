# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaigns share: the changes that are cut off, and a place for their figures."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
for folder in ("campaigns", "integration"):
    sys.path.insert(0, str(TESTS / folder))

from engine_fixtures import bundle_archive, bundle_of, engine, later_bundle_archive, slim_bundle, wheels
from kill_scenarios import kill_bundles, kill_place, kill_scenarios
from play_fleet import fleet
from play_rollouts import rollouts

FIGURES = TESTS.parent / ".build" / "campaigns.jsonl"
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))


@pytest.fixture(scope="session")
def seed() -> int:
    """Return what the sample is drawn by; KILL_SEED repeats one."""
    return SEED


@pytest.fixture(scope="session")
def figure() -> Callable[..., None]:
    """Return a function that prints a figure and keeps it as a line of ``.build/campaigns.jsonl``."""

    def kept(campaign: str, **values: object) -> None:
        line = json.dumps({"campaign": campaign, "seed": SEED, **values})
        print(line, flush=True)
        FIGURES.parent.mkdir(exist_ok=True)
        with FIGURES.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    return kept
