# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records, locks and artifacts of a root that another user put something in the place of."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from roots import Root, snapshot
from roots_of_others import EVE

pytestmark = pytest.mark.root


PLANTS = ("link", "fifo", "loop", "of another user", "writable")


def _plant(path: Path, plant: str, victim: Path) -> None:
    text = path.read_text() if path.exists() else "{}"
    path.unlink(missing_ok=True)
    if plant in ("link", "loop"):
        path.symlink_to(victim if plant == "link" else path.name)
    elif plant == "fifo":
        os.mkfifo(path)
    else:
        path.write_text(text)
        path.chmod(0o644 if plant == "of another user" else 0o666)
        os.chown(path, EVE if plant == "of another user" else 0, 0)


@pytest.mark.parametrize("plant", PLANTS)
def test_a_record_is_a_file_of_ours_or_made_again(judged: Root, tmp_path: Path, plant: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("{}")
    planted = [f"state/receipts/bundles/{judged.bundle().name}.json", "state/generations/1.json", "state/journal", "state/current.json"]
    for name in planted:
        _plant(judged.path / name, plant, victim)
    found = {str(finding["path"]) for finding in judged.drift()}
    assert {str(judged.path / name) for name in planted[:2]} <= found
    judged.converge()
    assert [name for name in planted[:3] if os.path.lexists(judged.path / name) and not (judged.path / name).is_file()] == []
    assert judged.drift() == []
    assert victim.read_text() == "{}"


@pytest.mark.parametrize("plant", PLANTS)
def test_a_lock_is_a_file_and_no_link(judged: Root, tmp_path: Path, plant: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("{}")
    victim.chmod(0o600)
    path = judged.path / "state" / "lock"
    _plant(path, plant, victim)
    for command in ("drift", "converge"):
        result = judged.run(command)
        if plant in ("link", "loop", "fifo"):
            assert result["failed"] and f"{path}: a " in result["msg"] and "stands where a file belongs" in result["msg"]
        else:
            assert not result.get("failed"), result["msg"]
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("{}", 0o600)


@pytest.mark.parametrize("name", ["state/receipts", "state/receipts/bundles", "state/generations"])
def test_a_directory_of_the_state_that_is_a_link_is_refused(judged: Root, tmp_path: Path, name: str) -> None:
    shutil.move(judged.path / name, tmp_path / "elsewhere")
    (judged.path / name).symlink_to(tmp_path / "elsewhere")
    before = snapshot(tmp_path, ["elsewhere"])
    for command in ("drift", "converge"):
        result = judged.run(command)
        assert result["failed"] and str(judged.path / name) in " ".join(result["errors"])
    assert snapshot(tmp_path, ["elsewhere"]) == before


@pytest.mark.parametrize("whose", ["directory", "file", "part"])
def test_an_artifact_that_others_could_swap_is_fetched_again(judged: Root, wheels: dict[str, Any], whose: str) -> None:
    wheel = wheels["delta-1.0"]
    folder = judged.path / "wheels" / wheel.sha256
    folder.mkdir(mode=0o755)
    stored = folder / (wheel.path.name + (".part" if whose == "part" else ""))
    shutil.copy(wheel.path, stored)
    if whose == "part":
        stored.write_bytes(stored.read_bytes()[:100])
    os.chown(folder if whose == "directory" else stored, EVE, EVE)
    held = os.open(stored, os.O_RDWR)
    judged.converge(judged.declared.but(web=[wheel]))
    final = folder / wheel.path.name
    assert [os.stat(path).st_uid for path in (folder, final)] == [0, 0]
    # Whoever had it open writes into a file that has no name any more.
    if whose != "directory":
        assert os.fstat(held).st_nlink == 0
    assert hashlib.sha256(final.read_bytes()).hexdigest() == wheel.sha256
    os.close(held)
