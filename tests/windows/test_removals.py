# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take things away on Windows, one by one in any order, and the whole root."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import pytest
from engine_hosts import WindowsRoot, equip
from roots import Archive, Declared
from wheelhouse import Wheel
from windows_host import WindowsHost


@pytest.fixture
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return a converged root."""
    declared = Declared({"python": slim_windows_bundles[0]}, {"one": [wheels["alpha-1.0"]]})
    made = WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)
    shutil.rmtree(made.path, ignore_errors=True)
    made.converge()
    return replace(made)


def without(root: WindowsRoot, **absent: list[str]) -> dict[str, Any]:
    """Take names out of the current generation."""
    document = root.request("converge", scope="partial", declaration={"bundles": [], "virtualenvs": [], "absent": absent})
    return root.answer(document)


def found(root: WindowsRoot) -> list[Any]:
    document = root.request("drift", scope="partial")
    del document["declaration"]
    return list(root.answer(document)["findings"])


def test_the_last_bundle_is_removed_and_comes_back(root: WindowsRoot) -> None:
    refused = without(root, bundles=["python"])
    assert refused.get("failed") and "one" in str(refused["errors"]), refused
    both = without(root, bundles=["python"], virtualenvs=["one"])
    assert not both.get("failed"), both
    assert {name: each["change"] for name, each in both["changed_bundles"].items()} == {"python": "removed"}
    assert not [name for name in ("bin", "lib") if (root.path / name).exists()]
    assert found(root) == []
    assert without(root, bundles=["python"], virtualenvs=["one"])["changed"] is False
    assert not root.generation("activate", "previous").get("failed")
    assert root.python("-c", "print(1)", of="one").strip() == "1"
    first, then = without(root, virtualenvs=["one"]), without(root, bundles=["python"])
    assert not first.get("failed") and not then.get("failed"), then
    assert found(root) == []
    root.converge()
    assert found(root) == []
    assert root.python("-c", "print(1)", of="one").strip() == "1"


def test_the_engine_removes_all_of_a_root_but_what_it_runs_from(root: WindowsRoot) -> None:
    sleeper = root.host.popen([f"{root.root}\\envs\\one\\Scripts\\python.exe", "-c", "import time; time.sleep(600)"])
    try:
        refused = root.run("uninstall")
        assert refused.get("failed") and "python.exe" in str(refused["errors"]), refused
    finally:
        root.host.kill()
        sleeper.wait()
    removed = root.run("uninstall")
    assert not removed.get("failed"), removed
    assert {name: each["change"] for name, each in removed["changed_virtualenvs"].items()} == {"one": "removed"}
    assert removed["left"] == [f"{root.root}\\bundles", f"{root.root}\\state", root.root]
    assert sorted(path.name for path in root.path.iterdir()) == ["bundles", "state"]
    # What PowerShell does when the engine has ended, by an interpreter from elsewhere.
    again = root.answer(root.request("uninstall"), python=root.bootstrap)
    assert not again.get("failed"), again
