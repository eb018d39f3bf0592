# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of Windows that run from older trees are named, with what is in force."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from engine_hosts import WindowsRoot, equip
from roots import Archive, Declared
from wheelhouse import Wheel
from windows_host import WindowsHost


@pytest.fixture
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> Iterator[WindowsRoot]:
    """Return a converged root."""
    declared = Declared({"python": slim_windows_bundles[0]}, {"one": [wheels["alpha-1.0"]]})
    made = WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)
    shutil.rmtree(made.path, ignore_errors=True)
    made.converge()
    yield replace(made)
    windows_host.kill()
    shutil.rmtree(made.path, ignore_errors=True)


def outdated(root: WindowsRoot, command: str = "info") -> dict[str, Any]:
    result = root.run(command, options={"processes": True})
    assert not result.get("failed"), result
    return result


def test_a_process_of_an_older_environment_is_named(root: WindowsRoot, wheels: dict[str, Wheel]) -> None:
    before = root.run("info")["info"]["virtualenvs"][0]["id"]
    started = "C:\\engine\\started"
    root.host.path(started).unlink(missing_ok=True)
    code = f"import time; open({started!r}, 'w').close(); time.sleep(600)"
    sleeper = root.host.popen([f"{root.root}\\envs\\one\\Scripts\\python.exe", "-c", code, "secret"])
    try:
        while not root.host.path(started).exists():
            assert sleeper.poll() is None
            time.sleep(0.2)
        assert outdated(root)["processes"]["outdated"] == []
        root.converge(root.declared.but(one=[wheels["beta-1.0"]]))
        result = outdated(root)
        assert result["processes"]["number"] == 1, result
        (process,) = result["processes"]["outdated"]
        after = result["info"]["virtualenvs"][0]["id"]
        (tree,) = process["trees"]
        assert (tree["subject"], tree["tree"], tree["in_force"]) == ("virtualenv:one", f"environments/{before}", f"environments/{after}")
        assert (tree["state"], tree["generations"]) == ("older", [1])
        assert process["pid"] > 0 and re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ", process["since"])
        assert process["user"] and process["command"].lower().endswith("python.exe") and "secret" not in str(process)
        (finding,) = [each for each in outdated(root, "drift")["findings"] if each["subject"] == "virtualenv:one"]
        assert (finding["kind"], finding["cause"]) == ("outdated_process", "pending")
    finally:
        root.host.kill()
        sleeper.wait()
    assert outdated(root)["processes"]["outdated"] == []
