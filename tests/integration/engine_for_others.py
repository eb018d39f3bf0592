# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that users besides root may run, where the directories of pytest are closed to them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from roots import Engine

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


@pytest.fixture(scope="module")
def open_engine(engine: Engine) -> Iterator[Engine]:
    """Return an engine that other users may run, too."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-"))
    place.chmod(0o755)
    tree = engine.bootstrap.parent.parent
    shutil.copytree(tree, place / "bootstrap", symlinks=True)
    shutil.copy(engine.archive, place / "engine.zip")
    for path in (place / "bootstrap", place / "engine.zip"):
        path.chmod(0o755)
    yield Engine(place / "engine.zip", bootstrap=place / "bootstrap" / engine.bootstrap.relative_to(tree))
    shutil.rmtree(place)
