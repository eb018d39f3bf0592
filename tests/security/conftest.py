# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the attacks share: roots and bundles of the integration tests, servers and samples of the unit tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
for folder in ("security", "integration", "unit"):
    sys.path.insert(0, str(TESTS / folder))

from engine_fixtures import (
    bundle_archive,
    bundle_of,
    declared,
    engine,
    good,
    host,
    later_bundle_archive,
    make_root,
    real_wheels,
    root_with_one,
    slim_bundle,
    wheels,
    with_bundle,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what only root can do, and say so."""
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="this attack needs root: it acts as two users"))
