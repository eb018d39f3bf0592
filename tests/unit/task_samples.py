# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of target modules without Ansible and without a host: the test gives the engine's answers, and what the options resolve to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.spec import SPECS
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import BundleArtifact, Supply
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import DeclaredState
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_probe import HostFacts, Interpreter, parse_probe
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import declare
from ansible_collections.hermetic.python.plugins.plugin_utils.target.run import TargetRun
from ansible_collections.hermetic.python.plugins.plugin_utils.target.task import Task

ROOT = "/opt/infra-system"
BUNDLE_ID = "python-3.12.1+1-0123456789ab"
UNTOUCHED = parse_probe(
    "hermetic-probe-1 os=Linux machine=x86_64 uid=0 libc=glibc libc_version=2.36 root_type=missing root_writable=yes tools=tar "
    f"free=900000000 root={ROOT}"
)
INTERPRETER = Interpreter(BUNDLE_ID, f"{ROOT}/bundles/{BUNDLE_ID}/bin/python3", (3, 12, 1))
INSTALLED = dataclasses.replace(
    UNTOUCHED,
    root_type="directory",
    interpreter=INTERPRETER,
)
DAMAGED = dataclasses.replace(UNTOUCHED, root_type="directory", dead=(BUNDLE_ID,))
NOTHING = {"changed": False, "plan": [], "findings": [], "generation": {"before": None, "after": None}}
PYTHON = {"name": "python", "release": "3.12.1+1", "sha256": "a" * 64, "default": True, "hermetic": "launcher"}
INFO = {
    "root": ROOT,
    "generation": 1,
    "in_force": {"bundles": {"python": BUNDLE_ID}, "virtualenvs": {}, "default": "python"},
    "generations": [{"number": 1, "created": "2026-11-23T10:00:00Z", "pinned": False, "bundles": {"python": BUNDLE_ID}, "virtualenvs": {}}],
    "bundles": [],
    "virtualenvs": [],
}
STATE = DeclaredState(
    declaration=declare(bundles=[PYTHON]),
    bundles=(
        BundleArtifact(
            name="python",
            release="3.12.1+1",
            platform="linux-x86_64",
            sha256="a" * 64,
            size=1,
            filename="python.tar.gz",
            location="https://bundles.example/python.tar.gz",
            python={"version": "3.12.1", "abi": "cp312"},
            libc={"family": "glibc", "minimum": "2.17"},
            macos=None,
            hermetic="launcher",
            engine=True,
        ),
    ),
)
VIRTUALENV_STATE = DeclaredState(declaration=declare(virtualenvs=[{"name": "web", "bundle": "python", "wheels": []}]))


class Engine:
    """Stands in for the driver: hands out the answers in turn and keeps the requests."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.host: Any = SimpleNamespace(push=lambda local, name: f"/tmp/{name}")

    def look(self, options: Mapping[str, Any]) -> HostFacts:
        raise AssertionError("the facts are given")

    def start_engine(self, run: TargetRun, request: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError("nothing is started in the background")

    def run_engine(self, run: TargetRun, request: dict[str, Any], *, rehearsal: bool = False) -> dict[str, Any]:
        self.requests.append(request)
        return self.answers.pop(0)


def options_of(module: str, **given: Any) -> dict[str, Any]:
    """Return the options as Ansible fills them in."""
    return {name: given.get(name, entry.get("default")) for name, entry in SPECS[module].items()}


def task_of(
    module: str,
    *answers: dict[str, Any],
    facts: HostFacts = INSTALLED,
    check: bool = False,
    resolver: Mapping[str, Any] | None = None,
    **given: Any,
) -> Task:
    """Return a task with these options whose host gives these answers; ``resolver`` is what bundle, state and virtualenv resolve to."""
    run = TargetRun(
        driver=Engine(*answers),
        facts=facts,
        state=DeclaredState(declaration=declare()),
        supply=Supply.from_options({"index_url": "file:///nowhere"}),
        options=options_of(module, **given),
        shown={},
        local=False,
    )
    resolved = {name: lambda *_unused, _state=state, **_named: _state for name, state in (resolver or {}).items()}

    def make_resolver() -> Any:
        assert resolved, "nothing is to be looked up"
        return SimpleNamespace(**resolved)

    return Task(run, check=check, diff=True, make_resolver=make_resolver)


def requests_of(task: Task) -> list[dict[str, Any]]:
    """Return what the engine was asked for."""
    assert isinstance(task.run.driver, Engine)
    return task.run.driver.requests


def plugin_of(kind: type) -> Any:
    """Return an action plugin that Ansible has not made."""
    assert issubclass(kind, ActionBase)
    return object.__new__(kind)
