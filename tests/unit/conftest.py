# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the tests import the sample makers that lie here, from any room, which the import mode of pytest does not; and keep them pure."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from purity import guarded


@pytest.fixture(autouse=True)
def pure(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that opens a network socket, starts a process or needs root."""
    yield from guarded(request.node)
