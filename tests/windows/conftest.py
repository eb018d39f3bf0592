# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows test hosts for tests: made at first use, each with a disk of its own, gone when the test module is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from roots import Archive
from slim_bundles import slim_archive
from wheelhouse import Wheel, make_sample_wheels
from windows_bundles import WindowsBundles
from windows_host import Station, WindowsHost, why_impossible


@pytest.fixture(scope="session")
def station() -> Station:
    """Return the place of all test hosts, ready to give some; tests skip where this machine cannot have any."""
    reason = why_impossible()
    if reason is not None:
        pytest.skip(reason)
    made = Station()
    made.prepare()
    return made


@pytest.fixture(scope="module")
def new_windows_host(station: Station) -> Iterator[Callable[..., WindowsHost]]:
    """Return a function that gives a fresh host, started; a name tells it from the module's other ones."""
    made: list[WindowsHost] = []

    def new(name: str = "windows", *, user: str | None = None) -> WindowsHost:
        host = station.host(f"{name}-{os.getpid()}-{len(made)}", user=user)
        made.append(host)
        host.start()
        return host

    yield new
    for host in made:
        host.remove()


@pytest.fixture(scope="module")
def windows_host(new_windows_host: Callable[..., WindowsHost]) -> WindowsHost:
    """Return the module's own host."""
    return new_windows_host()


@pytest.fixture(scope="session")
def windows_bundles(pytestconfig: pytest.Config) -> WindowsBundles:
    """Return the builder of bundles for Windows."""
    return WindowsBundles(Path(pytestconfig.cache.mkdir("hermetic-windows")))


@pytest.fixture(scope="session")
def slim_windows_bundles(windows_bundles: WindowsBundles, tmp_path_factory: pytest.TempPathFactory) -> list[Archive]:
    """Return two releases of a bundle that installs quickly."""
    whole = windows_bundles.build(1)
    place = tmp_path_factory.mktemp("slim")
    return [slim_archive(whole, place, revision=revision) for revision in (1, 2)]


@pytest.fixture(scope="session")
def windows_wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wheel]:
    """Return small wheels by name and version."""
    return make_sample_wheels(tmp_path_factory.mktemp("windows-wheels"))
