# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a task from its options to its result, on hosts that are stood in for by what their modules answer."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.action import bundle, drift, generation, system, system_info, virtualenv
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.no_interpreter import NoInterpreter
from task_samples import BUNDLE_ID, NOTHING, ROOT, options_of, plugin_of

PLUGINS = {each.ActionModule.MODULE: each.ActionModule for each in (bundle, drift, generation, system, system_info, virtualenv)}
CHANGING = {"bundle", "generation", "system", "virtualenv"}
PROBED = (
    "hermetic-probe-1 os=Linux machine=x86_64 uid=1000 libc=glibc libc_version=2.36 root_type={} root_writable={} tools=tar{} root=" + ROOT
)
NOT_WRITABLE = PROBED.format("directory", "no", "")
INSTALLED = PROBED.format("directory", "yes", f" engine=3.12.1:{BUNDLE_ID}")


@pytest.fixture(autouse=True)
def _without_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody ask pip, which is a process of its own, for the index that it has built in."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def action_on(
    module: str, *answers: dict[str, Any], probe: str | None = None, check: bool = False, background: int = 0, **variables: Any
) -> Any:
    """Return a plugin whose host gives these answers: a POSIX one if it is probed, else one of Windows; ``asked`` are its modules."""
    plugin = plugin_of(PLUGINS[module])
    given, plugin.asked = list(answers), []

    def execute(**call: Any) -> dict[str, Any]:
        plugin.asked.append(call)
        return given.pop(0)

    plugin._task = SimpleNamespace(args={}, check_mode=check, diff=False, async_val=background, timeout=0, delegate_to=None)
    shell = SimpleNamespace(_IS_WINDOWS=probe is None, tmpdir="/tmp/t", build_module_command=str, join=" ".join)
    # As over the connections to Windows hosts, where this says nothing about calls that are not to be in the background.
    plugin._connection = SimpleNamespace(transport="ssh", has_native_async=True, _shell=shell)
    plugin._execute_module = execute
    plugin._low_level_execute_command = lambda command: {"rc": 0, "stdout": probe, "stderr": ""}
    plugin._vars = {"inventory_hostname": "host", **variables}
    plugin._in_background = False
    return plugin


def windows(result: dict[str, Any] | None = None, *, platform: str = "windows-x86_64", **host: Any) -> dict[str, Any]:
    """Return what win_engine answers."""
    about = {
        "platform": platform,
        "interpreter": {"id": BUNDLE_ID, "version": "3.12.1"},
        "dead": [],
        "problem": None,
        "seconds": {},
        **host,
    }
    return {"changed": False, "host": about, "warnings": [], "engine_result": json.dumps(result)}


EMPTY = windows(interpreter=None, root_type="missing", problem={"kind": "interpreter"})


@pytest.mark.parametrize("module", sorted(PLUGINS))
def test_only_what_changes_a_host_needs_a_root_that_can_be_written(module: str) -> None:
    assert PLUGINS[module].CHANGES_HOST is (module in CHANGING)
    answer = {**NOTHING, "info": {"generations": [], "bundles": [], "virtualenvs": []}}
    options = options_of(module, name="web", state={"generation": "active"}.get(module, "absent"))
    plugin = action_on(module, answer, probe=NOT_WRITABLE)
    if module in CHANGING:
        with pytest.raises(HermeticError, match=r"cannot be written by the user with uid 1000.*become"):
            plugin._answer(options)
    else:
        with pytest.raises(NoInterpreter) if module == "drift" else pytest.MonkeyPatch.context():
            plugin._answer(options)
    assert plugin.asked == []


def test_a_posix_host_is_probed_and_its_module_runs_on_what_was_found() -> None:
    plugin = action_on("generation", {**NOTHING, "diff": {"before": "a", "after": "b"}}, probe=INSTALLED)
    result = plugin._answer(options_of("generation"))
    (call,) = plugin.asked
    assert call["module_name"] == "hermetic.python.generation"
    assert call["task_vars"]["ansible_python_interpreter"] == f"{ROOT}/bundles/{BUNDLE_ID}/bin/python3 -IS"
    assert (result["platform"], sorted(result["timings"])) == ("linux-x86_64", ["controller", "module", "probe"])
    assert "diff" not in result


def test_a_windows_host_is_not_probed() -> None:
    plugin = action_on("generation", windows(NOTHING, seconds={"find": 0.1}))
    result = plugin._answer(options_of("generation"))
    assert [call["module_name"] for call in plugin.asked] == ["hermetic.python.win_engine"]
    assert (result["platform"], sorted(result["timings"])) == ("windows-x86_64", ["controller", "find", "module"])


def test_a_windows_host_of_another_platform_than_presumed_is_asked_again() -> None:
    other = windows(platform="windows-arm64", problem={"kind": "platform"})
    plugin = action_on("generation", other, windows(NOTHING, platform="windows-arm64"))
    assert plugin._answer(options_of("generation"))["platform"] == "windows-arm64"
    assert [call["module_args"]["platform"] for call in plugin.asked] == ["windows-x86_64", "windows-arm64"]


def test_another_platform_than_the_inventory_names_is_an_error() -> None:
    with pytest.raises(HermeticError, match=r"hermetic_platform is windows-x86, and the host is windows-arm64"):
        action_on("generation", windows(platform="windows-arm64"), hermetic_platform="windows-x86")._answer(options_of("generation"))
    for platform in ("linux-x86_64", "windows-ia64"):
        with pytest.raises(HermeticError, match=f"hermetic_platform is {platform}, and the host is reached as a Windows host"):
            action_on("generation", hermetic_platform=platform)._answer(options_of("generation"))
    with pytest.raises(HermeticError, match=r"hermetic_platform is windows-x86, and the host is linux-x86_64"):
        action_on("generation", probe=INSTALLED, hermetic_platform="windows-x86")._answer(options_of("generation"))


def test_a_virtualenv_for_a_windows_host_that_has_nothing_is_a_failure_with_a_remedy() -> None:
    plugin = action_on("virtualenv", EMPTY)
    with pytest.raises(NoInterpreter, match=r"Nothing is installed below.*Run hermetic\.python\.system"):
        plugin._answer(options_of("virtualenv", name="web", lock="x"))


@pytest.mark.parametrize("module", ["bundle", "virtualenv", "system"])
def test_nothing_is_removed_from_a_windows_host_that_has_nothing(module: str) -> None:
    result = action_on(module, EMPTY)._answer(options_of(module, name="web", state="absent"))
    assert (result["changed"], result["msg"].partition(":")[0]) == (False, "Nothing to do")


def test_a_windows_host_that_has_nothing_is_reported() -> None:
    assert action_on("system_info", EMPTY)._answer(options_of("system_info"))["info"]["generations"] == []


@pytest.mark.parametrize("module", ["system_info", "drift"])
def test_a_posix_host_whose_interpreter_dies_is_reported_as_damaged(module: str) -> None:
    died = {"failed": True, "module_stdout": "", "module_stderr": "Traceback"}
    result = action_on(module, dict(died), probe=INSTALLED)._answer(options_of(module))
    found = result["info"]["damaged"] if module == "system_info" else [each["subject"] for each in result["findings"]]
    assert found == [BUNDLE_ID if module == "system_info" else "bundle:python"]
    failed = action_on("generation", dict(died), probe=INSTALLED)._answer(options_of("generation"))
    assert failed["failed"] and failed["module_stderr"] == "Traceback"
