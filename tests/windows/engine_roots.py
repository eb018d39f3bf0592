# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root on which the engine runs by itself, without Ansible."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from engine_hosts import WindowsRoot, equip
from roots import Archive, Declared
from wheelhouse import Wheel
from windows_host import WindowsHost


@pytest.fixture(scope="module")
def empty(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return a root that is declared and not there."""
    alpha, beta, gamma = (wheels[name] for name in ("alpha-1.0", "beta-1.0", "gamma-1.0"))
    declared = Declared({"python": slim_windows_bundles[0]}, {"one": [alpha, beta], "two": [alpha, gamma]})
    return WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)


@pytest.fixture
def root(empty: WindowsRoot) -> WindowsRoot:
    """Return the root, new and converged."""
    shutil.rmtree(empty.path, ignore_errors=True)
    made = replace(empty)
    made.converge()
    return made
