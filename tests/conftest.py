"""Make the checkout importable as the collection that it is."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / ".collections"))

# A machine that is busy with something else is no reason for a property not to hold.
settings.register_profile("hermetic", deadline=None)
settings.load_profile("hermetic")
