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

from carried_engines import root_with_bundle, root_with_engine
from checked_hosts import unswitched_host
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
from program_hosts import program_host, runner, user_place
from roots_of_others import exposed, exposed_once, judged, outside
from volumes import volume
