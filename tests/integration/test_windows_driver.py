# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a Windows host is asked, and with what: the module's answers are given by the test."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import engine_digest
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import BundleArtifact, Supply
from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import BootstrapFailed
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import DeclaredState
from ansible_collections.hermetic.python.plugins.plugin_utils.target.no_interpreter import NoInterpreter
from ansible_collections.hermetic.python.plugins.plugin_utils.target.remembered_engine import RememberedEngine
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import compose_request, declare
from ansible_collections.hermetic.python.plugins.plugin_utils.target.run import TargetRun
from ansible_collections.hermetic.python.plugins.plugin_utils.target.windows_driver import ARCHIVE_MARK, WindowsDriver
from ansible_collections.hermetic.python.plugins.plugin_utils.target.windows_host import OtherPlatform, presumed_facts
from supply_samples import make_bundle, served, sha256

PACKED = "the engine, packed"
DONE = {"changed": True, "plan": [], "findings": [], "generation": {"before": None, "after": 1}}
FOUND = {"id": "python-3.12.1+1-0123456789ab", "version": "3.12.1"}


def answer(result: Mapping[str, Any] | None = DONE, *, warnings: tuple[str, ...] = (), **host: Any) -> dict[str, Any]:
    """Return an answer of the module."""
    about = {"platform": "windows-x86_64", "interpreter": FOUND, "dead": [], "bootstrapped": False, "problem": None, "seconds": {}, **host}
    given = {} if result is None else {"engine_result": json.dumps(result)}
    return {"changed": False, "host": about, "warnings": list(warnings), **given}


def problem(kind: str, **more: Any) -> dict[str, Any]:
    """Return an answer without a result."""
    return answer(None, interpreter=None, problem={"kind": kind, **more})


class Host:
    """Stands in for the connection; hands out the answers in turn and keeps what it was asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.pushed: list[str] = []

    def powershell_module(self, arguments: dict[str, Any], *, in_background: bool) -> dict[str, Any]:
        assert not in_background or arguments["background"]
        self.asked.append(arguments)
        return self.answers.pop(0)

    def push(self, local: str, name: str) -> str:
        self.pushed.append(name)
        return f"C:\\t\\{name}"

    def request(self, number: int = -1) -> dict[str, Any]:
        return json.loads(self.asked[number]["request"])

    def order(self, number: int = -1) -> dict[str, Any]:
        return json.loads(self.asked[number]["bootstrap"])


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return Supply.from_options({"cache": tmp_path / "cache", "index_url": "file:///nowhere", "ca_path": "/none", "retries": 0})


@pytest.fixture
def bundle(tmp_path: Path, supply: Supply) -> BundleArtifact:
    path = make_bundle(tmp_path / "bundles", platform="windows-x86_64")
    return supply.archive(str(path), sha256=sha256(path))


def run_of(host: Host, supply: Supply, *bundles: BundleArtifact, **options: Any) -> TargetRun:
    """Return a run for a declaration of these bundles."""
    return TargetRun(
        driver=WindowsDriver(host, lambda: PACKED, lambda run: RememberedEngine(run.supply.cache, "host", run.facts.root), time_limit=77),
        facts=presumed_facts("C:\\infra-system", "windows-x86_64"),
        state=DeclaredState(declaration=declare(), bundles=tuple(bundles)),
        supply=supply,
        options=options,
        shown={},
        local=False,
    )


def request_of(run: TargetRun, command: str = "converge") -> dict[str, Any]:
    """Return the request for it."""
    return compose_request(command, root=run.facts.root, check=False, options={}, declaration=declare(), artifacts=run.artifacts())


def test_a_host_that_has_a_bundle_is_asked_once(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(answer(seconds={"find": 0.2, "engine": 1.5}))
    run = run_of(host, supply, bundle)
    assert run.carry_out(request_of(run)) == DONE
    assert len(host.asked) == 1 and host.pushed == []
    assert (run.timings["find"], run.timings["engine"]) == (0.2, 1.5)
    assert host.asked[0]["time_limit"] == 77
    assert (host.asked[0]["engine"], host.asked[0]["engine_digest"]) == (PACKED, engine_digest())


def test_a_host_without_any_gets_the_archive_and_all_else_that_it_cannot_fetch(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(problem("interpreter"), answer(interpreter=None, bootstrapped=True))
    run = run_of(host, supply, bundle)
    assert run.carry_out(request_of(run)) == DONE
    assert "bootstrap" not in host.asked[0]
    assert host.pushed == [f"{bundle.sha256[:16]}-{bundle.filename}"]
    assert host.order()["sources"] == [f"C:\\t\\{host.pushed[0]}"]
    assert host.order()["sha256"] == bundle.sha256
    assert host.request()["artifacts"][bundle.sha256]["sources"][0] == ARCHIVE_MARK


def test_a_host_that_can_fetch_the_archive_is_asked_once(tmp_path: Path, supply: Supply) -> None:
    path = make_bundle(tmp_path / "served", platform="windows-x86_64")
    with served(tmp_path / "served") as server:
        bundle = supply.archive(f"{server.url}/{path.name}", sha256=sha256(path))
        host = Host(answer(interpreter=None, bootstrapped=True))
        run = run_of(host, supply, bundle)
        run.carry_out(request_of(run))
        kept = f"stored:C:\\infra-system\\wheels\\{bundle.sha256}\\{path.name}"
        assert host.order()["sources"] == [kept, f"{server.url}/{path.name}"]
    assert len(host.asked) == 1 and host.pushed == []


def test_a_host_that_cannot_reach_the_index_takes_its_bundle_from_the_root_in_the_second_round(tmp_path: Path, supply: Supply) -> None:
    """The first round fetched the bundle and stored it; only what it asked for in the end is copied there."""
    path = make_bundle(tmp_path / "served", platform="windows-x86_64")
    lacks = {"failed": True, "changed": False, "msg": "out of reach", "needs": []}
    with served(tmp_path / "served") as server:
        bundle = supply.archive(f"{server.url}/{path.name}", sha256=sha256(path))
        host = Host(answer(lacks, interpreter=None, root_type="missing", bootstrapped=True), answer(interpreter=None, bootstrapped=True))
        run = run_of(host, supply, bundle)
        run.carry_out(request_of(run))
    assert len(host.asked) == 2 and host.pushed == []
    assert host.order()["sources"][0].startswith("stored:C:\\infra-system\\wheels\\")


@pytest.mark.parametrize("step", ["fetch", "digest"])
def test_what_the_host_cannot_fetch_is_pushed_instead(tmp_path: Path, supply: Supply, step: str) -> None:
    path = make_bundle(tmp_path / "served", platform="windows-x86_64")
    with served(tmp_path / "served") as server:
        bundle = supply.archive(f"{server.url}/{path.name}", sha256=sha256(path))
        host = Host(problem("bootstrap", step=step, detail="x"), answer(interpreter=None, bootstrapped=True))
        run = run_of(host, supply, bundle)
        run.carry_out(request_of(run))
        assert len(host.asked) == 2 and len(host.pushed) == 1
        refused = Host(problem("bootstrap", step=step, detail="no route"))
        pulling = run_of(refused, supply, bundle, transfer="pull")
        with pytest.raises(BootstrapFailed, match="no route"):
            pulling.carry_out(request_of(pulling))
        assert refused.pushed == []


@pytest.mark.parametrize("step", ["archive", "interpreter", "place"])
def test_an_archive_that_is_no_good_is_not_pushed_as_well(supply: Supply, bundle: BundleArtifact, step: str) -> None:
    host = Host(problem("interpreter"), problem("bootstrap", step=step, detail="what is wrong"))
    run = run_of(host, supply, bundle)
    with pytest.raises(BootstrapFailed, match="what is wrong"):
        run.carry_out(request_of(run))
    assert len(host.pushed) == 1


def test_a_host_without_any_is_reported_of_where_no_bundle_is_declared(supply: Supply) -> None:
    run = run_of(Host(problem("interpreter")), supply)
    with pytest.raises(NoInterpreter, match="Nothing is installed below"):
        run.carry_out(request_of(run, "info"))


def test_another_platform_than_presumed_stops_before_anything_is_done(supply: Supply, bundle: BundleArtifact) -> None:
    run = run_of(Host(answer(None, platform="windows-arm64", problem={"kind": "platform"})), supply, bundle)
    with pytest.raises(OtherPlatform) as caught:
        run.carry_out(request_of(run))
    assert caught.value.facts.platform == "windows-arm64"


def test_a_time_limit_an_exit_code_and_the_last_output_reach_the_user(supply: Supply, bundle: BundleArtifact) -> None:
    about = {"python": "C:\\infra-system\\bundles\\b\\bin\\python.exe", "said": "a Traceback of https://me:secret@host/x"}
    late = problem("engine", timed_out=True, how="exit code -1", **about)
    run = run_of(Host(late), supply, bundle)
    with pytest.raises(HermeticError, match=r"within 77 s.*ended.*next run converges") as caught:
        run.carry_out(request_of(run))
    assert "secret" not in caught.value.message
    crashed = problem("engine", timed_out=False, how="exit code 0xC0000135, a DLL that it needs is missing", **about)
    # Once with the interpreter that the host has, once with the one of the archive that it is given then.
    host = Host(crashed, crashed)
    run = run_of(host, supply, bundle)
    with pytest.raises(HermeticError, match=r"0xC0000135.*DLL.*Traceback"):
        run.carry_out(request_of(run))
    assert len(host.pushed) == 1


def test_a_host_whose_interpreter_cannot_run_the_engine_gets_another_in_the_same_task(
    tmp_path: Path, supply: Supply, bundle: BundleArtifact
) -> None:
    about = {"python": "C:\\p\\python.exe", "timed_out": False, "how": "exit code 1", "said": "ModuleNotFoundError: json"}
    host = Host(problem("engine", **about), answer(interpreter=FOUND, bootstrapped=True, warnings=("damaged",)))
    run = run_of(host, supply, bundle)
    assert run.carry_out(request_of(run)) == DONE
    assert "bootstrap" not in host.asked[0]
    assert host.order()["sources"] == [f"C:\\t\\{host.pushed[0]}"]
    assert run.warnings == ["damaged"]
    path = make_bundle(tmp_path / "served", platform="windows-x86_64")
    with served(tmp_path / "served") as server:
        # Where it could fetch an archive, it has tried one.
        known = supply.archive(f"{server.url}/{path.name}", sha256=sha256(path))
        tried = Host(problem("engine", **about))
        run = run_of(tried, supply, known)
        with pytest.raises(HermeticError, match="ModuleNotFoundError"):
            run.carry_out(request_of(run))
    assert tried.pushed == []


def test_the_output_of_a_powershell_that_fails_is_shown(supply: Supply, bundle: BundleArtifact) -> None:
    run = run_of(
        Host({"failed": True, "msg": "MODULE FAILURE", "module_stdout": "", "module_stderr": "running scripts is disabled"}), supply
    )
    with pytest.raises(HermeticError, match="running scripts is disabled"):
        run.carry_out(request_of(run, "info"))


def test_credentials_are_in_no_parameter_that_is_logged(tmp_path: Path) -> None:
    path = make_bundle(tmp_path / "served", platform="windows-x86_64")
    with served(tmp_path / "served") as server:
        where = server.url.partition("://")[2]
        supply = Supply.from_options(
            {
                "cache": tmp_path / "c",
                "index_url": "file:///no",
                "retries": 0,
                "credentials": {where: {"username": "ops", "password": "s3cret"}},
            }
        )
        bundle = supply.archive(f"{server.url}/{path.name}", sha256=sha256(path))
        host = Host(answer())
        run = run_of(host, supply, bundle)
        run.carry_out(request_of(run))
    asked = host.asked[0]
    logged = {name: value for name, value in asked.items() if name not in ("request", "engine", "bootstrap")}
    assert set(logged) == {"root", "platform", "time_limit", "background", "uninstall", "engine_digest"}
    assert "s3cret" not in json.dumps(logged)
    assert host.request()["credentials"] == {where: {"username": "ops", "password": "s3cret"}}
    assert host.order()["credentials"] == host.request()["credentials"]


def test_a_job_in_the_background_is_rehearsed_and_then_started(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(answer({**DONE, "plan": [{"action": "x", "subject": "y", "reason": "z"}]}), {"started": 1, "ansible_job_id": "j1"})
    run = run_of(host, supply, bundle)
    result = run.carry_out(request_of(run), in_background=True)
    assert result["ansible_job_id"] == "j1"
    assert [asked["background"] for asked in host.asked] == [False, True]
    assert [json.loads(asked["request"])["check"] for asked in host.asked] == [True, False]
    # Nothing but the module sees this result, which has the keys of any other.
    assert "additions" not in host.asked[0]
    assert json.loads(host.asked[1]["additions"]) == {"platform": "windows-x86_64", "declared": run.state.summary}
    assert run.left_running


def test_a_job_in_the_background_brings_an_untouched_host_its_first_bundle(supply: Supply, bundle: BundleArtifact) -> None:
    missing: dict[str, Any] = {"interpreter": None, "root_type": "missing"}
    planned = answer({**DONE, "plan": [{"action": "x", "subject": "y", "reason": "z"}]}, bootstrapped=True, **missing)
    host = Host(answer(None, problem={"kind": "interpreter"}, **missing), planned, {"started": 1})
    run = run_of(host, supply, bundle)
    assert run.carry_out(request_of(run), in_background=True) == {"started": 1}
    assert host.pushed == [f"{bundle.sha256[:16]}-{bundle.filename}"]
    assert host.order()["sources"] == [f"C:\\t\\{host.pushed[0]}"]


# --- which engine runs


def carrying(bundle: BundleArtifact) -> BundleArtifact:
    """Return the artifact of a bundle that holds this controller's engine."""
    return dataclasses.replace(bundle, engine_digest=engine_digest())


def engines(host: Host) -> list[str | None]:
    """Return the engine that came with each question."""
    return [asked.get("engine") for asked in host.asked]


def test_a_declared_bundle_with_the_same_engine_is_sent_the_request_only(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(answer(engine_digest=engine_digest()))
    run = run_of(host, supply, carrying(bundle))
    assert run.carry_out(request_of(run)) == DONE
    assert engines(host) == [None]


def test_a_wrong_guess_costs_one_exchange_once(supply: Supply, bundle: BundleArtifact) -> None:
    needs = answer(None, engine_digest="0" * 64, problem={"kind": "needs_engine", "detail": ""})
    host = Host(needs, answer(engine_digest="0" * 64), answer(engine_digest="0" * 64))
    run = run_of(host, supply, carrying(bundle))
    assert run.carry_out(request_of(run)) == DONE
    assert engines(host) == [None, PACKED] and run.warnings == []
    # The next task knows better, whatever is declared.
    again = run_of(host, supply, carrying(bundle))
    again.carry_out(request_of(again))
    assert engines(host)[2:] == [PACKED]


def test_what_a_host_has_is_remembered(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(answer(engine_digest=engine_digest()), answer(engine_digest=engine_digest()))
    for _number in range(2):
        run = run_of(host, supply, bundle)
        run.carry_out(request_of(run))
    assert engines(host) == [PACKED, None]


def test_a_damaged_engine_is_replaced_by_the_one_of_the_controller_with_a_warning(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(answer(None, problem={"kind": "needs_engine", "detail": "engine.zip has another SHA-256"}), answer())
    run = run_of(host, supply, carrying(bundle))
    assert run.carry_out(request_of(run)) == DONE
    assert engines(host) == [None, PACKED]
    assert "engine.zip has another SHA-256" in run.warnings[0]


def test_a_host_that_says_so_for_ever_is_a_failure(supply: Supply, bundle: BundleArtifact) -> None:
    needs = answer(None, problem={"kind": "needs_engine", "detail": ""})
    run = run_of(Host(needs, needs), supply, carrying(bundle))
    with pytest.raises(HermeticError, match="gave no result"):
        run.carry_out(request_of(run))


def test_a_deep_verification_brings_the_engine(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(answer(engine_digest=engine_digest()))
    run = run_of(host, supply, carrying(bundle))
    run.carry_out({**request_of(run), "options": {"verify": "deep"}})
    assert engines(host) == [PACKED]


def test_a_job_in_the_background_has_the_engine_with_it(supply: Supply, bundle: BundleArtifact) -> None:
    host = Host(answer(engine_digest=engine_digest()), {"started": 1})
    run = run_of(host, supply, carrying(bundle))
    run.carry_out(request_of(run), in_background=True)
    assert engines(host) == [None, PACKED]
