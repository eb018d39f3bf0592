# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows test hosts for tests: made at first use, each with a disk of its own, gone when the test module is done."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from desk import converged, desk, served_desk
from engine_roots import empty, root
from fleet_bundles import FleetBundles
from measured import TOLD
from roots import Archive
from slim_bundles import slim_archive
from wheelhouse import Wheel, make_sample_wheels
from windows_host import Impossible, Station, WindowsHost, why_impossible
from windows_host.powershell import unpacked
from windows_host.settings import LINUX_ARCHIVES, POWERSHELL_VARIABLE, find_powershell, state_directory


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
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wheel]:
    """Return small wheels by name and version."""
    return make_sample_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def bundles(station: Station) -> FleetBundles:
    """Return what builds bundles; their archives stay with the test hosts, so that another clone finds them."""
    return FleetBundles(station.state / "archives")


@pytest.fixture(scope="session")
def linux_powershell() -> Path:
    """Return a PowerShell 7 that runs here; tests skip where there is none."""
    installed = shutil.which("pwsh")
    if installed:
        return Path(installed)
    try:
        source = find_powershell(LINUX_ARCHIVES, executable="pwsh")
    except Impossible as error:
        pytest.skip(str(error))
    if source is None:
        pytest.skip(f"there is no PowerShell for Linux: no pwsh on the PATH, and {POWERSHELL_VARIABLE} names none")
    return unpacked(source, state_directory(), executable="pwsh") / "pwsh"


@pytest.fixture(scope="session")
def slim_windows_bundles(bundles: FleetBundles, tmp_path_factory: pytest.TempPathFactory) -> list[Archive]:
    """Return two releases of a bundle for Windows that installs quickly."""
    whole = bundles.windows("3.12.0+1")
    place = tmp_path_factory.mktemp("slim")
    return [slim_archive(whole, place, revision=revision) for revision in (1, 2)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests have measured."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == TOLD:
                terminalreporter.write_line(str(value))
