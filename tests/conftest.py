# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the checkout importable as the collection that it is, and skip what the user of the tests cannot do."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / ".collections"))

# A machine that is busy with something else is no reason for a property not to hold.
settings.register_profile("hermetic", deadline=None)
settings.load_profile("hermetic")

# What a controller remembers of its hosts is no business of the user who runs the tests.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="hermetic-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, and skip what only root can do, with the reason.

    A worker has whole files: one that takes minutes and comes last leaves the other cores idle.
    """
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="only root can act as two users, or give files to another one"))
