# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays against a Windows host whose interpreter does not start, cannot run the engine, or does not end."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.locking import _LOCKED_BYTE
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import engine_digest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip
from desk import ROOT, Desk

pytestmark = pytest.mark.slow


def _lacks_a_dll(bundle: Path) -> None:
    (bundle / "bin/python312.dll").unlink()


def _is_no_program(bundle: Path) -> None:
    # A new file, as an installer that goes wrong leaves it: the old one has other names, by which it still starts.
    (bundle / "bin/python.exe").unlink()
    (bundle / "bin/python.exe").write_bytes(b"MZ, and no program behind it\n")


@pytest.mark.parametrize("damage", [_lacks_a_dll, _is_no_program])
@pytest.mark.parametrize("transfer", ["fetched", "pushed"])
def test_a_bundle_whose_interpreter_does_not_start_is_reported_and_repaired_in_one_task(
    damage: Callable[[Path], None], transfer: str, converged: Desk
) -> None:
    damage(converged.bundle)
    if transfer == "fetched":
        told = converged.module("drift")
        assert told.code == 0, told.output
        (finding,) = told.last["findings"]
        assert (finding["subject"], finding["kind"], finding["cause"]) == ("bundle:python", "not_runnable", "tampered")
        assert finding["path"] == f"{ROOT}\\bundles\\{converged.archive.id}\\bin\\python.exe"
        assert converged.module("system_info").last["info"]["damaged"] == [converged.archive.id]
    _repaired(
        converged,
        converged.declared() if transfer == "fetched" else converged.pushed(),
        f"The interpreter of {converged.archive.id} does not start; a temporary one was unpacked instead",
    )


@pytest.mark.parametrize("transfer", ["fetched", "pushed"])
def test_an_interpreter_that_starts_and_cannot_run_the_engine_is_repaired_in_one_task(transfer: str, converged: Desk) -> None:
    shutil.rmtree(converged.bundle / "bin/Lib/json")
    _repaired(
        converged,
        converged.declared() if transfer == "fetched" else converged.pushed(),
        f"{converged.archive.id}\\bin\\python.exe starts but cannot run the engine, so it was damaged",
        "No module named 'json'",
    )


def _repaired(desk: Desk, options: dict[str, Any], *warnings: str) -> None:
    """Converge a host whose own Python is of no use; it must be whole then, and the user must know."""
    repaired = desk.module("system", **options)
    assert repaired.code == 0, repaired.output
    assert repaired.last["changed"] is True
    assert "repair_bundle bundle:python" in repaired.last["msg"]
    told = "\n".join(repaired.last["warnings"])
    assert not [text for text in warnings if text not in told], told
    assert desk.host.python("-c", "print(1)").strip() == "1"
    assert desk.leftovers() == []
    again = desk.module("drift", **desk.declared(verify="deep"))
    assert again.last["findings"] == [], again.output


def test_an_engine_that_takes_too_long_is_ended_with_its_last_words(converged: Desk) -> None:
    code = (
        "import msvcrt, time; file = open(r'C:\\infra-system\\state\\lock', 'r+b'); "
        f"file.seek({_LOCKED_BYTE}); "
        "msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1); print(1, flush=True); time.sleep(600)"
    )
    holder = converged.host.popen([f"{ROOT}\\bin\\python.exe", "-c", code])
    assert holder.stdout is not None and holder.stdout.readline().strip() == b"1"
    try:
        waiting = {"format": 1, "command": "drift", "root": ROOT, "options": {"lock_timeout": 600}}
        # As the other modules call it, but with a limit that no time is lost with.
        given: dict[str, Any] = {"root": ROOT, "platform": "windows-x86_64", "time_limit": 5, "request": json.dumps(waiting)}
        played = converged.module("win_engine", **given, engine_digest=engine_digest(), engine=base64.b64encode(engine_zip()).decode())
        problem = played.last["host"]["problem"]
        assert (problem["kind"], problem["timed_out"]) == ("engine", True), problem
        assert "engine_result" not in played.last
        assert not converged.host.processes("engine.zip")
    finally:
        converged.host.kill()
        holder.wait(timeout=120)
    again = converged.module("system", **converged.declared())
    assert (again.code, again.last["changed"]) == (0, False), again.output
