# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the engine of a POSIX host is reached: which interpreter runs it, what is brought there, and what is taken away again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.envelope import unpack
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import engine_digest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.no_interpreter import NoInterpreter
from ansible_collections.hermetic.python.plugins.plugin_utils.target.posix_driver import PosixDriver
from ansible_collections.hermetic.python.plugins.plugin_utils.target.run import TargetRun
from task_samples import BUNDLE_ID, DAMAGED, INSTALLED, INTERPRETER, ROOT, STATE, UNTOUCHED, task_of

ENGINE = "the engine, packed"
PLACE = f"{ROOT}/.bootstrap-x1"
UNPACKED = f"hermetic-bootstrap-1 version=3.12.1 root_made=no place={PLACE} archive={PLACE}/archive"
DONE = {"changed": True, "plan": [{"action": "a", "subject": "b", "reason": "c"}], "findings": [], "generation": {"before": 1, "after": 2}}
DIED = {"failed": True, "module_stdout": "", "module_stderr": "Traceback\nModuleNotFoundError: json"}


class Host:
    """Stands in for a POSIX host: hands out the module's answers in turn and keeps what it was asked."""

    def __init__(self, *answers: dict[str, Any], stdout: str = UNPACKED) -> None:
        self.answers = list(answers)
        self.stdout = stdout
        self.commands: list[str] = []
        self.pythons: list[str] = []
        self.parcels: list[dict[str, Any]] = []
        self.engines: list[str | None] = []

    def command(self, command: str) -> Mapping[str, Any]:
        self.commands.append(command)
        return {"rc": 0, "stdout": self.stdout, "stderr": ""}

    def python_module(self, python: str, arguments: dict[str, Any], *, in_background: bool) -> dict[str, Any]:
        self.pythons.append(python)
        self.parcels.append(unpack(arguments["_request"]))
        self.engines.append(arguments.get("_engine"))
        return self.answers.pop(0)

    def temporary_directory(self) -> str:
        return "/tmp/t"

    def push(self, local: str, name: str) -> str:
        raise AssertionError("the host fetches all by itself")

    def push_text(self, text: str, name: str) -> str:
        raise AssertionError("there is no secret")


def run_on(host: Host, facts: Any, *, declared: bool = True) -> tuple[TargetRun, dict[str, Any]]:
    """Return a run on the host, and the request for it."""
    task = task_of("system", facts=facts)
    task.run.driver = PosixDriver(host, lambda: ENGINE)
    request = task.declaring("converge", STATE, scope="system") if declared else task.request("info")
    return task.run, request


def test_an_installed_interpreter_runs_the_engine_at_once() -> None:
    host = Host(DONE)
    run, request = run_on(host, INSTALLED)
    assert run.carry_out(request) == DONE
    run.close()
    assert host.pythons == [INTERPRETER.path] and host.commands == []


@pytest.mark.parametrize("facts", [UNTOUCHED, DAMAGED], ids=["untouched", "damaged"])
def test_a_temporary_interpreter_is_unpacked_and_taken_away(facts: Any) -> None:
    host = Host(DONE)
    run, request = run_on(host, facts)
    assert run.carry_out(request) == DONE
    assert host.pythons == [f"{PLACE}/tree/bin/python3"]
    assert host.parcels[0]["request"]["artifacts"][STATE.bundles[0].sha256]["sources"][0] == f"{PLACE}/archive"
    assert len(host.commands) == 1
    run.close()
    assert host.commands[1] == f"rm -rf {PLACE}"
    run.close()
    assert len(host.commands) == 2
    assert [BUNDLE_ID in warning for warning in run.warnings] == [True] * len(facts.damaged)


def test_a_host_without_interpreter_and_without_a_declared_bundle_is_a_failure() -> None:
    run, request = run_on(Host(), UNTOUCHED, declared=False)
    with pytest.raises(NoInterpreter, match="Nothing is installed below"):
        run.carry_out(request)


def test_an_interpreter_that_proves_to_be_damaged_is_not_asked_again() -> None:
    host = Host(DIED, DONE, DONE)
    run, request = run_on(host, INSTALLED)
    assert run.carry_out(request) == DONE
    temporary = f"{PLACE}/tree/bin/python3"
    assert host.pythons == [INTERPRETER.path, temporary]
    assert "ModuleNotFoundError: json" in run.warnings[0]
    # A repair asks twice: what is installed, and then to repair it.
    run.carry_out(request)
    assert host.pythons[2:] == [temporary]
    assert len(host.commands) == 1


@pytest.mark.parametrize(("answer", "times"), [(DIED, 1), ({"failed": True, "needs_engine": "it is another"}, 2)])
def test_a_script_whose_answer_got_lost_is_not_run_again(answer: dict[str, Any], times: int) -> None:
    """Only an engine that says that it did not begin is replaced by another one."""
    own = dataclasses.replace(INSTALLED, interpreter=dataclasses.replace(INTERPRETER, engine_digest=engine_digest()))
    host = Host(answer, DONE)
    task = task_of("script", facts=own, path="x")
    task.run.driver = PosixDriver(host, lambda: ENGINE)
    task.run.carry_out(task.request("script", program={"script": "/x"}))
    assert len(host.pythons) == times


def test_a_job_in_the_background_is_rehearsed_and_removes_its_interpreter_itself() -> None:
    host = Host(DONE, {"started": 1})
    run, request = run_on(host, UNTOUCHED)
    assert run.carry_out(request, in_background=True) == {"started": 1}
    assert [parcel["request"]["check"] for parcel in host.parcels] == [True, False]
    assert [parcel["discard"] for parcel in host.parcels] == [[], [PLACE]]
    assert host.parcels[1]["additions"] == {"platform": "linux-x86_64", "declared": STATE.summary}
    run.close()
    assert len(host.commands) == 1
    # It was unpacked for the job itself, which installs from it.
    assert " install " in host.commands[0].rpartition("' bootstrap ")[2]


def test_a_job_in_the_background_does_not_start_on_a_damaged_interpreter() -> None:
    host = Host(DIED, DONE, {"started": 1})
    run, request = run_on(host, INSTALLED)
    assert run.carry_out(request, in_background=True) == {"started": 1}
    temporary = f"{PLACE}/tree/bin/python3"
    assert host.pythons == [INTERPRETER.path, temporary, temporary]
    assert host.parcels[2]["discard"] == [PLACE]


def test_a_job_whose_rehearsal_fails_is_not_started() -> None:
    host = Host({"failed": True, "msg": "no room"})
    run, request = run_on(host, INSTALLED)
    assert run.carry_out(request, in_background=True)["msg"] == "no room"
    assert not run.left_running


def test_the_bundle_that_verifies_a_host_is_compared_once() -> None:
    lacks = {"failed": True, "changed": False, "msg": "out of reach", "needs": []}
    host = Host(lacks, DONE, stdout="hermetic-verify-1 same ")
    run, request = run_on(host, INSTALLED)
    run.carry_out({**request, "known": {f"bundles/{BUNDLE_ID}": ["0" * 64]}})
    assert len(host.parcels) == 2 and len(host.commands) == 1
    assert run.verified


def test_a_bundle_that_is_not_as_published_is_not_started() -> None:
    host = Host(stdout="hermetic-verify-1 changed lib/os.py")
    run, request = run_on(host, INSTALLED, declared=False)
    with pytest.raises(NoInterpreter, match=r"was changed \(lib/os\.py\), and is not started"):
        run.carry_out({**request, "known": {f"bundles/{BUNDLE_ID}": ["0" * 64]}})
    assert host.pythons == []


# --- which engine runs

CARRIES = dataclasses.replace(INSTALLED, interpreter=dataclasses.replace(INTERPRETER, engine_digest=engine_digest()))
OTHER = dataclasses.replace(INSTALLED, interpreter=dataclasses.replace(INTERPRETER, engine_digest="0" * 64))
LACKS = {"failed": True, "msg": "lacks the engine", "needs_engine": "its engine cannot be read: gone"}


def test_a_bundle_with_the_same_engine_is_sent_the_request_only() -> None:
    host = Host(DONE)
    run, request = run_on(host, CARRIES)
    assert run.carry_out(request) == DONE
    assert host.engines == [None] and host.parcels[0]["engine"] == engine_digest()
    assert run.warnings == []


@pytest.mark.parametrize("facts", [INSTALLED, OTHER], ids=["no engine", "another engine"])
def test_any_other_bundle_is_sent_the_engine(facts: Any) -> None:
    host = Host(DONE)
    run, request = run_on(host, facts)
    assert run.carry_out(request) == DONE
    assert host.engines == [ENGINE]


def test_a_host_does_not_vouch_for_itself_in_a_deep_verification() -> None:
    host = Host(DONE)
    run, request = run_on(host, CARRIES)
    run.carry_out({**request, "options": {**request["options"], "verify": "deep"}})
    assert host.engines == [ENGINE]


def test_a_removal_does_not_run_from_what_it_removes() -> None:
    host = Host(DONE)
    run, request = run_on(host, CARRIES)
    run.carry_out({**request, "command": "uninstall"})
    assert host.engines == [ENGINE]


@pytest.mark.parametrize("answer", [LACKS, DIED], ids=["engine missing", "engine crashes"])
def test_an_engine_that_is_damaged_is_replaced_by_the_one_of_the_controller(answer: dict[str, Any]) -> None:
    host = Host(answer, DONE, DONE)
    run, request = run_on(host, CARRIES)
    assert run.carry_out(request) == DONE
    assert host.engines == [None, ENGINE] and host.pythons == [INTERPRETER.path] * 2
    assert "the controller's was sent instead" in run.warnings[0]
    # It is not tried again by the same task.
    run.carry_out(request)
    assert host.engines[2:] == [ENGINE] and len(run.warnings) == 1


def test_an_interpreter_that_fails_with_either_engine_is_replaced() -> None:
    host = Host(DIED, DIED, DONE)
    run, request = run_on(host, CARRIES)
    assert run.carry_out(request) == DONE
    assert host.engines == [None, ENGINE, ENGINE]
    assert host.pythons == [INTERPRETER.path, INTERPRETER.path, f"{PLACE}/tree/bin/python3"]


def test_a_job_in_the_background_always_has_the_engine_with_it() -> None:
    host = Host(DONE, {"started": 1})
    run, request = run_on(host, CARRIES)
    assert run.carry_out(request, in_background=True) == {"started": 1}
    assert host.engines == [None, ENGINE]


@pytest.mark.parametrize("carried", [True, False])
def test_a_temporary_interpreter_has_the_engine_of_its_bundle(carried: bool) -> None:
    host = Host(DONE)
    run, request = run_on(host, UNTOUCHED)
    [bundle] = STATE.bundles
    digest = engine_digest() if carried else None
    run.state = dataclasses.replace(STATE, bundles=(dataclasses.replace(bundle, engine_digest=digest),))
    assert run.carry_out(request) == DONE
    assert host.engines == [None if carried else ENGINE]
