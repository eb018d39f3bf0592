# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root is brought to what is declared in one step: nothing is done twice, and after a failure it is as it was."""

from __future__ import annotations

import os
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations import profile
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import disk_space, environment
from ansible_collections.hermetic.python.tests.integration.wheelhouse import make_wheel
from root_samples import SampleRoot, make_bundle_archive

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows converges those of Windows")


def actions(result: dict[str, Any]) -> list[str]:
    return [step["action"] for step in result["plan"]]


def state(root: SampleRoot) -> dict[str, tuple[int, int]]:
    lock = root.layout.lock
    return {
        str(path): (path.lstat().st_ino, path.lstat().st_ctime_ns)
        for path in root.layout.root.rglob("*")
        if path not in (lock, lock.parent)
    }


def test_the_first_run_installs_all_of_it_in_one_generation(declared_root: SampleRoot) -> None:
    result = declared_root.converge()
    assert result["changed"]
    assert result["generation"] == {"before": None, "after": 1}
    assert result["bundles"] == {"python": "3.12.1+1"}
    assert set(result["manifests"]) == {
        f"{kind}/{tree.name}" for kind in ("bundles", "environments", "laid") for tree in (declared_root.layout.root / kind).iterdir()
    }
    assert declared_root.findings("deep") == []
    assert not declared_root.layout.transaction_marker.exists()


def test_check_mode_plans_the_same_and_makes_nothing(declared_root: SampleRoot) -> None:
    planned = declared_root.converge(check=True)
    assert not declared_root.layout.root.exists()
    assert actions(planned) == actions(declared_root.converge())


def test_an_unchanged_run_changes_nothing_on_the_disk(root: SampleRoot) -> None:
    before = state(root)
    result = root.converge()
    assert (result["changed"], result["plan"], result["findings"]) == (False, [], [])
    assert result["generation"] == {"before": 1, "after": 1}
    assert state(root) == before


def test_what_is_not_declared_any_more_leaves_the_next_generation_and_the_one_before_stays_whole(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    assert root.converge()["generation"] == {"before": 1, "after": 2}
    assert sorted(path.name for path in (root.layout.current / "envs").iterdir()) == ["one"]
    assert root.observe(at=1).findings == []


def test_another_wheel_makes_another_environment_of_what_is_there(root: SampleRoot) -> None:
    gamma = make_wheel(root.layout.root.parent / "wheels", "gamma")
    root.virtualenvs["two"] = (*root.virtualenvs["two"], gamma)
    before = root.environment("one").stat().st_ino
    result = root.converge()
    assert "build_environment" in actions(result)
    assert root.environment("one").stat().st_ino == before
    assert root.findings("deep") == []


def test_a_new_release_of_the_bundle_makes_all_environments_again(root: SampleRoot) -> None:
    root.bundles = [make_bundle_archive(root.layout.root.parent / "archives", "3.12.1+2")]
    result = root.converge()
    assert result["bundles"] == {"python": "3.12.1+2"}
    assert actions(result).count("build_environment") == 2
    assert root.findings("deep") == []


@pytest.mark.parametrize("verify", ["quick", "deep"])
def test_what_was_changed_is_made_again_from_the_artifacts(root: SampleRoot, verify: str) -> None:
    (root.environment("one") / "bin" / "stray").touch()
    (root.bundle / "lib/engine/installer/__init__.py").write_text("evil")
    root.layout.current.unlink()
    assert root.converge(options={"verify": verify})["changed"]
    assert root.findings("deep") == []
    assert not root.converge(options={"verify": verify})["changed"]


def test_what_a_run_that_was_killed_left_is_removed(root: SampleRoot) -> None:
    left = root.layout.environments / ".new-one-0123456789ab"
    left.mkdir()
    root.layout.transaction_marker.write_text("{}")
    result = root.converge()
    assert {finding["cause"] for finding in result["findings"]} == {"interrupted"}
    assert not left.exists()
    assert not root.layout.transaction_marker.exists()


def test_missing_artifacts_are_named_all_at_once_and_nothing_was_switched(declared_root: SampleRoot) -> None:
    wheels = sorted(wheel.path for wheel in declared_root.virtualenvs["one"])
    for path in wheels:
        path.unlink()
    result = declared_root.run("converge", options={"retries": 0})
    assert result["failed"]
    assert sorted(need["filename"] for need in result["needs"]) == [path.name for path in wheels]
    assert not declared_root.layout.current.exists()
    assert list(declared_root.layout.bundles.iterdir()) == []


@pytest.mark.parametrize("step", ["build", "switch"])
def test_a_failure_leaves_the_generation_before_in_force(root: SampleRoot, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    gamma = make_wheel(root.layout.root.parent / "wheels", "gamma")
    root.virtualenvs["two"] = (gamma,)
    with monkeypatch.context() as patch:
        if step == "build":
            patch.setattr(environment, "make", fail)
        else:
            patch.setattr(profile, "activate", fail)
        result = root.run("converge")
    assert result["failed"]
    assert "disk is full" in result["msg"]
    assert os.readlink(root.layout.current) == "generations/1"
    assert root.observe(at=1).findings == []
    assert root.converge()["generation"] == {"before": 1, "after": 2}
    assert root.findings("deep") == []


def test_a_run_without_room_says_so_before_it_begins(declared_root: SampleRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_space, "free_bytes", lambda path: 1000)
    result = declared_root.run("converge")
    assert result["failed"]
    assert "free" in result["msg"]
    assert not declared_root.layout.bundles.exists()
    assert not declared_root.run("converge", options={"check_free_space": False}).get("failed")


def test_progress_is_told_step_by_step(declared_root: SampleRoot) -> None:
    said: list[str] = []
    declared_root.converge(on_progress=said.append)
    assert [text.split(" ")[0] for text in said] == ["fetch", "bundle", "unpack", "environment", "environment", "switch"]
