# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of tests that run programs: a host that every user may read, and places of users on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from programs import Runner
from roots import Archive, Declared, Root
from wheelhouse import Wheel


@pytest.fixture(scope="session")
def program_host(make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, wheels: dict[str, Wheel]) -> Iterator[Root]:
    """Return a root with a bundle, and an environment with ``alpha``; pytest's own directories are closed to other users."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-host-"))
    place.chmod(0o755)
    root = make_root(place / "root", Declared({"python": bundle_archive}, {"web": [wheels["alpha-1.0"]]}))
    root.converge()
    yield root
    shutil.rmtree(place)


@pytest.fixture
def user_place() -> Iterator[Path]:
    """Return a directory that every user may enter, and that a test may give away."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-user-"))
    place.chmod(0o755)
    # Nothing above it says what programs in it need.
    (place / ".gclient").touch()
    yield place
    shutil.rmtree(place)


@pytest.fixture
def runner(program_host: Root, user_place: Path) -> Runner:
    """Return the command as somebody with an empty home starts it."""
    home = user_place / "home"
    (home / "tmp").mkdir(parents=True)
    return Runner(program_host.path / "bin" / "vpython3", home)


def give_to(user: int, *paths: Path) -> None:
    """Give trees to a user."""
    for path in paths:
        os.chown(path, user, user, follow_symlinks=False)
        for directory, names, files in os.walk(path):
            for name in (*names, *files):
                os.chown(Path(directory, name), user, user, follow_symlinks=False)
