# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole root goes, and nothing that is somebody else's."""

from __future__ import annotations

import os

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import uninstall as uninstalling
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows removes those of Windows")


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Say which processes run from the root."""
    running: list[str] = []
    monkeypatch.setattr(uninstalling, "processes_below", lambda directory: running)
    return running


def test_a_root_goes_with_all_that_is_in_it(root: SampleRoot) -> None:
    planned = root.run("uninstall", check=True)
    assert planned["changed"]
    assert planned["bytes"] > 0
    assert root.findings() == []
    done = root.run("uninstall")
    assert (done["changed"], done["generation"]) == (True, {"before": 1, "after": None})
    assert not root.layout.root.exists()
    assert not root.run("uninstall")["changed"]


def test_what_others_put_there_stays_and_is_named(root: SampleRoot) -> None:
    (root.layout.root / "notes").write_text("mine")
    result = root.run("uninstall")
    assert [path.name for path in root.layout.root.iterdir()] == ["notes"]
    assert any("notes" in warning for warning in result["warnings"])


def test_what_a_run_moved_aside_stays(root: SampleRoot) -> None:
    root.layout.unexpected.mkdir(mode=0o700)
    (root.layout.unexpected / "notes-1").write_text("mine")
    root.run("uninstall")
    assert (root.layout.unexpected / "notes-1").read_text() == "mine"
    assert [path.name for path in root.layout.root.iterdir()] == ["state"]


def test_a_root_in_use_goes_only_by_force(root: SampleRoot, processes: list[str]) -> None:
    processes.append("pid 7: python worker.py")
    refused = root.run("uninstall")
    assert refused["failed"]
    assert refused["errors"] == ["pid 7: python worker.py"]
    assert root.findings() == []
    assert root.run("uninstall", force=True)["changed"]
    assert not root.layout.root.exists()


def test_a_directory_that_is_no_root_is_left_alone(declared_root: SampleRoot) -> None:
    for name in ("bundles", "wheels"):
        (declared_root.layout.root / name).mkdir(parents=True)
    result = declared_root.run("uninstall")
    assert result["failed"]
    assert "nothing was removed" in result["msg"]
    assert (declared_root.layout.root / "wheels").is_dir()


def test_a_root_behind_a_link_leaves_the_link(root: SampleRoot) -> None:
    behind = root.layout.root.with_name("behind")
    root.layout.root.rename(behind)
    root.layout.root.symlink_to(behind)
    root.run("uninstall")
    assert root.layout.root.is_symlink()
    assert list(behind.iterdir()) == []
