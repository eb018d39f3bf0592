# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell script that removes a root in which no interpreter starts: all that the engine makes goes, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import BOOTSTRAP, OWN_DIRECTORIES, OWN_LINKS
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import BUILDING, DISCARDED
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_probe import script_text


def remove(shell: str, root: Path) -> str:
    done = subprocess.run(
        [*shell.split(), "-c", script_text("remove_root.sh"), "remove", str(root), "remove"], capture_output=True, text=True
    )
    assert done.returncode == 0, done
    return done.stdout.removeprefix("hermetic-remove-1 ").strip()


@pytest.fixture(params=["sh", "bash", "busybox sh", "zsh"])
def shell(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param.split()[0]) is None:
        pytest.skip(f"there is no {request.param} on this machine")
    return str(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    for name in (*OWN_DIRECTORIES, f"{BUILDING}x", f"{DISCARDED}x", f"{BOOTSTRAP}x"):
        (made / name / "below").mkdir(parents=True)
        (made / name / "below" / "file").write_text("x")
    (made / "state" / "lock").touch()
    for name in OWN_LINKS:
        (made / name).symlink_to("generations/1")
    return made


def test_everything_that_the_engine_makes_goes(root: Path, shell: str) -> None:
    assert remove(shell, root) == "removed"
    assert not root.exists()


def test_what_somebody_else_put_there_stays(root: Path, shell: str) -> None:
    (root / "notes").write_text("mine")
    (root / "unpacked").mkdir()
    assert remove(shell, root) == "kept"
    assert sorted(path.name for path in root.iterdir()) == ["notes", "unpacked"]


def test_what_a_first_run_had_only_begun_goes(tmp_path: Path, shell: str) -> None:
    root = tmp_path / "root"
    (root / ".bootstrap-aB3xY9_z" / "tree").mkdir(parents=True)
    (root / ".bootstrap-00000000").mkdir()
    assert remove(shell, root) == "removed"
    assert not root.exists()


@pytest.mark.parametrize("other", ["notes", ".hidden", "..hidden", ".bootstrap-", ".bootstrap-file1234", ".bootstrap-linked01"])
def test_a_directory_that_holds_anything_else_is_somebody_elses(tmp_path: Path, shell: str, other: str) -> None:
    root = tmp_path / "root"
    (root / ".bootstrap-aB3xY9_z").mkdir(parents=True)
    if other.endswith("linked01"):
        (root / other).symlink_to(tmp_path)
    else:
        (root / other).write_text("mine")
    assert remove(shell, root) == "foreign"
    assert (root / ".bootstrap-aB3xY9_z").exists() and (root / other).exists()
