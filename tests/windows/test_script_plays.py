# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that run scripts on a Windows host, in the environments that they declare."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import engine_digest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.carried_program import program_of_task
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip
from desk import ROOT, Desk, refused
from programs import write_program
from wheelhouse import Wheel

pytestmark = pytest.mark.slow

PLACE = "C:\\scripts"
SECRET = "not-to-be-shown"
BODY = (
    "import json, os, sys, alpha\n"
    "shown = {'argv': sys.argv[1:], 'stdin': sys.stdin.read(), 'alpha': alpha.VERSION, 'here': os.getcwd(), 'token': len(os.environ['TOKEN'])}\n"
    "print(json.dumps(shown))\n"
    "print('to stderr', file=sys.stderr)\n"
    "open('made.txt', 'w').close()\n"
    "sys.exit(int(sys.argv[1]))\n"
)
HARD = ["0", "two words", 'a "quote"', "ends\\", 'back\\"slash', "", "ü€"]


@pytest.fixture
def task(converged: Desk, tmp_path: Path, wheels: dict[str, Wheel]) -> dict[str, Any]:
    """Return the options of a script whose wheel is on the controller only."""
    converged.host.path(PLACE).mkdir(exist_ok=True)
    program = write_program(tmp_path, [wheels["alpha-1.0"]], body=BODY)
    variables = {"VPYTHON_VIRTUALENV_ROOT": "C:\\script-environments", "TOKEN": SECRET}

    return {"root": ROOT, "path": str(program), "chdir": PLACE, "environment": variables, "transfer": "push"}


def test_a_script_runs_on_a_windows_host_with_the_packages_that_it_declares(converged: Desk, task: dict[str, Any]) -> None:
    made = converged.host.path(PLACE) / "made.txt"
    planned = converged.module("script", "--check", **task, arguments=["0"])
    assert (planned.code, planned.last["changed"], made.exists()) == (0, True, False), planned.output
    first = converged.module("script", **task, arguments=HARD, stdin="input")
    assert first.code == 0, first.output
    shown = json.loads(first.last["stdout"])
    assert (shown["argv"], shown["alpha"], shown["here"], shown["token"]) == (HARD, "1.0", PLACE, len(SECRET))
    assert shown["stdin"].strip() == "input"
    assert (first.last["rc"], first.last["stderr"], first.last["environment_made"]) == (0, "to stderr", True)
    assert SECRET not in first.output and SECRET not in json.dumps(first.results)
    again = converged.module("script", **task, arguments=["3"])
    assert (again.code, again.last["rc"], again.last["environment_made"]) == (2, 3, False), again.output
    left_out = converged.module("script", **task, arguments=["0"], creates="made.txt")
    assert (left_out.code, left_out.last["changed"]) == (0, False), left_out.output
    assert converged.leftovers() == []


def test_a_job_in_the_background_has_its_environment_before_it_starts(converged: Desk, task: dict[str, Any]) -> None:
    """Ansible cannot start the job itself under Wine, so the module is then called as the job calls it."""
    variables = {**task["environment"], "VPYTHON_VIRTUALENV_ROOT": "C:\\background"}
    options = {**task, "environment": variables, "arguments": ["0"], "stdin": "input", "stdin_add_newline": True, "remote_src": False}
    made = converged.host.path(PLACE) / "made.txt"
    made.unlink(missing_ok=True)
    started = converged.module("script", task={"async": 60, "poll": 1}, **options)
    assert (started.code, "New-CimInstance" in started.output) == (2, True), started.output
    (environment,) = converged.host.path("C:\\background\\environments").iterdir()
    assert (environment / "Scripts" / "python.exe").is_file() and not made.exists()
    program = program_of_task(options, find=str).document
    request = {"format": 1, "command": "script", "root": ROOT, "program": program, "options": {}, "artifacts": {}}
    given: dict[str, Any] = {
        "platform": "windows-x86_64",
        "root": ROOT,
        "time_limit": 60,
        "background": True,
        "additions": "{}",
        "engine_digest": engine_digest(),
    }
    done = converged.module("win_engine", **given, request=json.dumps(request), engine=base64.b64encode(engine_zip()).decode())
    assert (done.code, done.last["rc"], done.last["environment_made"]) == (0, 0, False), done.output
    assert json.loads(done.last["stdout"])["alpha"] == "1.0" and made.exists()
    assert SECRET not in done.last["stdout"]


def test_what_a_windows_host_lacks_is_said(converged: Desk, task: dict[str, Any], tmp_path: Path) -> None:
    refused(converged.module("script", **{**task, "root": "C:\\nothing"}, arguments=["0"]), "C:\\nothing")
    refused(converged.module("script", **{**task, "chdir": "C:\\gone"}, arguments=["0"]), "C:\\gone")
    (Path(task["path"]).parent / "pylock.tool-py.toml").unlink()
    refused(converged.module("script", **task, arguments=["0"]), "hermetic-spec lock")
