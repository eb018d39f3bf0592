# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verifier of the molecule scenarios looks at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from looking import ROOT, Looked


@pytest.fixture
def looked(host: Any) -> Looked:
    """Return the root of the machine under test."""
    return Looked(host, ROOT)
