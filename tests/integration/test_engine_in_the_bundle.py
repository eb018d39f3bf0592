# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine carries a task out: the one that the bundle of the host carries, where it is the controller's, else the controller's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.engine_of_task import ARCHIVE, CODE, DIGEST
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import digest_of_members, engine_digest
from carried_engines import CARRIED, answering, carried, marked, played, put, rename
from roots import Archive, Declared, Root

SENT = "the controller's was sent instead"


def told(result: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether the engine of the bundle answered, and whether the controller's had to be sent against expectation."""
    warnings = json.dumps(result.get("warnings") or [])
    return CARRIED in warnings, SENT in warnings


def test_it_is_the_engine_of_the_release_that_built_the_bundle(root_with_bundle: Root, bundle_archive: Archive) -> None:
    members = carried(root_with_bundle.bundle())
    sources = {name: content for name, content in members.items() if name.endswith(".py")}
    assert digest_of_members(sources) == engine_digest()
    assert {f"{name}c" for name in sources} == set(members) - set(sources)
    stated = (root_with_bundle.bundle() / CODE / DIGEST).read_text().splitlines()
    assert stated[0] == engine_digest() == json.loads((root_with_bundle.bundle() / "bundle.json").read_text())["engine_digest"]
    assert (root_with_bundle.bundle() / CODE / "LICENSE").is_file()


def test_it_runs_by_hand_and_on_no_path_of_user_code(root_with_bundle: Root) -> None:
    python = str(root_with_bundle.bundle() / "bin/python3")
    request = {"format": 1, "command": "info", "root": str(root_with_bundle.path)}
    engine = str(root_with_bundle.bundle() / CODE / ARCHIVE)
    done = subprocess.run([python, "-I", engine], input=json.dumps(request), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["info"]["generation"] == 1
    hidden = subprocess.run([python, "-c", "import hermetic"], capture_output=True, text=True, check=False)
    assert "No module named 'hermetic'" in hidden.stderr


def test_a_task_runs_it_and_a_deep_verification_does_not(root_with_engine: Root, tmp_path: Path) -> None:
    put(root_with_engine.bundle(), marked(root_with_engine.bundle()))
    tasks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("system_info", {}),
        ("drift", {"verify": "quick"}),
        ("generation", {"state": "pruned"}),
        ("drift", {"verify": "deep"}),
    )
    results = played(root_with_engine, tmp_path, *tasks)
    assert [told(each) for each in results] == [(True, False)] * 3 + [(False, False)]
    # What was changed is hidden from a look by size and time, and read by the other one.
    assert results[1]["findings"] == []
    assert {Path(each["path"]).name for each in results[3]["findings"]} == {ARCHIVE, DIGEST}


def test_a_job_in_the_background_brings_the_engine(root_with_engine: Root, tmp_path: Path) -> None:
    put(root_with_engine.bundle(), marked(root_with_engine.bundle()))
    [result] = played(root_with_engine, tmp_path, ("system_info", {}), **{"async": 60, "poll": 1})
    assert result["info"]["generation"] == 1 and told(result) == (False, False)


def test_another_engine_is_not_run(root_with_engine: Root, tmp_path: Path) -> None:
    put(root_with_engine.bundle(), marked(root_with_engine.bundle()))
    rename(root_with_engine.bundle(), "0" * 64)
    [result] = played(root_with_engine, tmp_path, ("system_info", {}))
    assert told(result) == (False, False) and result["info"]["generation"] == 1


def _edited(root_with_engine: Root) -> None:
    put(root_with_engine.bundle(), marked(root_with_engine.bundle()), named=False)


def _crashing(root_with_engine: Root) -> None:
    put(root_with_engine.bundle(), answering(root_with_engine.bundle(), "raise SystemError('damaged')"))


@pytest.mark.parametrize("damage", [_edited, _crashing])
def test_a_damaged_engine_is_not_run_and_the_task_succeeds(root_with_engine: Root, tmp_path: Path, damage: Callable[[Root], None]) -> None:
    damage(root_with_engine)
    [result] = played(root_with_engine, tmp_path, ("system_info", {}))
    assert told(result) == (False, True) and result["info"]["generation"] == 1


def test_workers_run_it_too(
    tmp_path: Path, make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, wheels: dict[str, Any]
) -> None:
    root = make_root(tmp_path / "root", Declared({"python": bundle_archive}))
    root.converge()
    wheel = wheels["alpha-1.0"]
    members = carried(root.bundle())
    members.pop("hermetic/worker.pyc")
    members["hermetic/worker.py"] = members["hermetic/worker.py"].replace(b"gc.disable()", f"open({str(tmp_path / 'ran')!r}, 'w')".encode())
    put(root.bundle(), members)
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"alpha==1.0 --hash=sha256:{wheel.sha256}\n")
    [result] = played(root, tmp_path, ("virtualenv", {"name": "web", "lock": str(lock), "find_links": [str(wheel.path.parent)]}))
    assert result["changed"] and (tmp_path / "ran").exists()
