# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action plugin makes its task of: the driver for its host, and the run with all that the options name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import DOWNLOADS, SPECS, WHEEL_SELECTION
from ...module_utils.hermetic.text.printable import printable_lines
from ..engine_code import engine_digest
from ..net.controller_cache import ControllerCache, digest_of
from ..supply import Supply
from .declared_state import DeclaredState
from .engine_choice import engine_to_send
from .host_probe import HostFacts
from .posix_driver import PosixDriver
from .reached_host import ReachedHost
from .remembered_engine import RememberedEngine
from .request import declare, shown_options
from .resolver import Resolver
from .run import EngineDriver, TargetRun
from .task import Task
from .task_files import found_file
from .task_variables import expected_platform, host_name, platforms_of_play

display = Display()

THIS_RUN = str(constants.DEFAULT_LOCAL_TMP)
"""Ansible makes this directory once for each run, before it forks: nothing else names a run in all of its processes."""
# Ansible imports this before it forks: what is read here is read once for all hosts.
engine_digest()
_SUPPLY_OPTIONS = (*WHEEL_SELECTION, *DOWNLOADS, "allow_unsigned")


def driver_for(action: ActionBase, *, module: str, variables: Mapping[str, Any]) -> EngineDriver:
    """Return how the engine of the host is reached that the task runs on."""
    task = action._task
    host = ReachedHost(action, module=module, variables=variables)
    if getattr(action._connection._shell, "_IS_WINDOWS", False):
        # Few plays have such hosts, and Ansible compiles what it imports in every run.
        from .windows_driver import WindowsDriver, engine_time_limit

        expected = expected_platform(variables, delegate_to=task.delegate_to)
        name = host_name(variables, delegate_to=task.delegate_to)

        def remembered(run: TargetRun) -> RememberedEngine:
            return RememberedEngine(run.supply.cache, name, run.facts.root)

        return WindowsDriver(host, _packed_engine, remembered, expected, engine_time_limit(task.timeout, task.async_val))
    return PosixDriver(host, _packed_engine)


def task_on(
    facts: HostFacts,
    driver: EngineDriver,
    action: ActionBase,
    options: Mapping[str, Any],
    *,
    module: str,
    variables: Mapping[str, Any],
    timings: dict[str, float],
) -> Task:
    """Return the task on a host of which these facts are known or presumed."""
    supply = Supply.from_options({"run": THIS_RUN, **{name: options.get(name) for name in _SUPPLY_OPTIONS}})
    run = TargetRun(
        driver=driver,
        facts=facts,
        state=DeclaredState(declaration=declare()),
        supply=supply,
        options=options,
        shown=shown_options({name: options[name] for name in action._task.args if name in SPECS[module]}),
        local=action._connection.transport == "local",
        show=lambda text: display.vv(printable_lines(text), host=variables.get("inventory_hostname")),
        timings=timings,
    )

    def make_resolver() -> Resolver:
        others = [] if options.get("prove") == "host" else _platforms(action, variables)
        return Resolver(
            options,
            supply=supply,
            facts=run.facts,
            platforms=[*(options.get("platforms") or []), *others],
            find_file=lambda path: found_file(path, action._find_needle),
            host=host_name(variables, delegate_to=action._task.delegate_to),
        )

    return Task(run, check=bool(action._task.check_mode), diff=bool(action._task.diff), make_resolver=make_resolver)


def _once_in_a_run(kind: str, key: str, compute: Callable[[], Any], *, valid: Callable[[Any], bool]) -> Any:
    """Return what one fork computes and the others read from the directory of the run, which goes with it."""
    try:
        return ControllerCache(Path(THIS_RUN) / "hermetic.python").memo(kind, key, compute, valid=valid)
    except HermeticError:
        # Another user could change what lies there, so each fork works for itself.
        return compute()


def _packed_engine() -> str:
    packed: str = _once_in_a_run("engine", engine_digest(), engine_to_send, valid=lambda kept: isinstance(kept, str))
    return packed


def _platforms(action: ActionBase, variables: Mapping[str, Any]) -> list[str]:
    """Return the platforms of the play, looked up by one fork for each task: the variables of all hosts take all hosts as long."""
    hosts = list(variables.get("ansible_play_hosts_all") or [])
    if len(hosts) < 2:
        return platforms_of_play(variables)
    found: list[str] = _once_in_a_run(
        "platforms",
        digest_of([str(action._task._uuid), hosts]),
        lambda: platforms_of_play(variables),
        valid=lambda kept: isinstance(kept, list) and all(isinstance(each, str) for each in kept),
    )
    return found
