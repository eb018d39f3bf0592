# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose bundle and environment have checks, where the user that checks run as gets to them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hosts import Host
from roots import Declared, Engine


def python(code: str, **options: Any) -> dict[str, Any]:
    """Return a check that runs Python code."""
    return {"argv": ["{python}", "-c", code], **options}


def _made(engine: Engine, declared: Declared) -> Iterator[Host]:
    place = Path(tempfile.mkdtemp(prefix="hermetic-checks-"))
    place.chmod(0o755)
    host = Host(place / "root", engine, declared)
    host.converge()
    yield host
    shutil.rmtree(place)


@pytest.fixture
def checked_host(engine: Engine, declared: Declared) -> Iterator[Host]:
    """Return a host in use below a directory that every user gets to; pytest's own directories are closed to others."""
    yield from _made(engine, declared)


@pytest.fixture(scope="module")
def unswitched_host(engine: Engine, declared: Declared) -> Iterator[Host]:
    """Return such a host for several tests, none of which may switch it."""
    yield from _made(engine, declared)
