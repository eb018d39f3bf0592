# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module script: what a host is asked, and what it is sent when it lacks wheels."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.action import script
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import shown_options
from lock_samples import local_supply
from programs_samples import block, locked
from programs_samples import script as write_script
from supply_samples import make_wheel, sha256
from task_samples import options_of, plugin_of, requests_of, task_of

RAN = {"changed": True, "rc": 0, "stdout": "", "stderr": "", "environment_made": True, "msg": "The script ended with exit code 0."}


def lacks(*wheels: Path, named: bool = True, **changes: Any) -> dict[str, Any]:
    asked = [
        {"name": path.name.split("-")[0], "version": "1.0", "filename": path.name if named else None, "digests": [sha256(path)], **changes}
        for path in wheels
    ]
    return {"failed": True, "changed": False, "msg": "lacks", "lacks": asked, "byte_code": "f" * 64}


class Made:
    """A task of the module on a script that declares wheels of a directory of links."""

    def __init__(self, place: Path, *answers: dict[str, Any], background: bool = False, check: bool = False, **options: Any) -> None:
        (place / ".gclient").touch()
        self.supply = local_supply(place)
        path = write_script(place / "tool.py", "x")
        locked(path, block("x"))
        self.plugin = plugin_of(script.ActionModule)
        self.plugin._task = SimpleNamespace(async_val=60 if background else 0)
        # As over the connections to Windows hosts.
        self.plugin._connection = SimpleNamespace(has_native_async=True, _shell=SimpleNamespace(_IS_WINDOWS=False))
        self.plugin._find_needle = lambda _directory, name: name
        given = {"path": str(path), **options}
        self.plugin.refuse_options(options_of("script", **given))
        self.task = task_of("script", *answers, check=check, **given)
        self.task.run.supply = self.supply

    def run(self) -> dict[str, Any]:
        return self.task.run.carry_out(self.plugin.compose(self.task))

    @property
    def requests(self) -> list[dict[str, Any]]:
        return requests_of(self.task)


def test_a_host_that_has_everything_is_asked_once(tmp_path: Path) -> None:
    made = Made(tmp_path, RAN, arguments=["a b"], environment={"TOKEN": "secret"}, stdin="in")
    assert made.run() == RAN
    (request,) = made.requests
    assert (request["command"], request["artifacts"], request["program"]["arguments"]) == ("script", {}, ["a b"])
    assert base64.b64decode(request["program"]["files"]["tool.py"]).endswith(b"print()\n")


@pytest.mark.parametrize("named", [True, False])
def test_what_it_lacks_is_found_by_digest_and_copied_there(tmp_path: Path, named: bool) -> None:
    wheel = make_wheel(tmp_path / "links", "x-1.0-py3-none-any.whl")
    make_wheel(tmp_path / "links", "x-2.0-py3-none-any.whl")
    needs = {"failed": True, "changed": False, "msg": "needs", "needs": [{"sha256": sha256(wheel), "filename": wheel.name}]}
    made = Made(tmp_path, lacks(wheel, named=named), needs, RAN, transfer="push")
    assert made.run() == RAN
    assert [list(each["artifacts"]) for each in made.requests] == [[], [sha256(wheel)], [sha256(wheel)]]
    assert made.requests[1]["artifacts"][sha256(wheel)] == {"filename": wheel.name, "size": wheel.stat().st_size, "sources": []}
    assert made.task.run.pushed == {sha256(wheel): f"/tmp/{sha256(wheel)[:16]}-{wheel.name}"}


def test_what_is_nowhere_is_named_with_all_else_that_is_nowhere(tmp_path: Path) -> None:
    here = make_wheel(tmp_path / "links", "x-1.0-py3-none-any.whl")
    gone = [make_wheel(tmp_path / "gone", name) for name in ("y-1.0-py3-none-any.whl", "z-1.0-py3-none-any.whl")]
    with pytest.raises(HermeticError, match="Publish them") as caught:
        Made(tmp_path, lacks(here, *gone)).run()
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["y 1.0", "z 1.0"]


def test_a_host_is_sent_no_more_than_once(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "links", "x-1.0-py3-none-any.whl")
    made = Made(tmp_path, lacks(wheel), lacks(wheel))
    result = made.run()
    assert (result["failed"], result["msg"], "lacks" in result) == (True, "lacks", False)
    assert len(made.requests) == 2


@pytest.mark.parametrize(
    "change",
    [{"digests": []}, {"digests": ["x"]}, {"digests": "a" * 64}, {"filename": "../x.whl"}, {"name": 7}, {"version": "\x1b"}],
)
def test_a_host_that_asks_for_something_else_gets_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    wheel = make_wheel(tmp_path / "links", "x-1.0-py3-none-any.whl")
    with pytest.raises(HermeticError, match="asks for"):
        Made(tmp_path, lacks(wheel, **change)).run()
    with pytest.raises(HermeticError, match="asks for"):
        Made(tmp_path, {**lacks(wheel), "lacks": [7]}).run()


def test_an_environment_is_made_before_a_job_goes_to_the_background(tmp_path: Path) -> None:
    made = Made(tmp_path, RAN, background=True)
    request = made.plugin.compose(made.task)
    assert [each["program"].get("prepare_only") for each in made.requests] == [True]
    assert "prepare_only" not in request["program"]
    checked = Made(tmp_path, background=True, check=True)
    checked.plugin.compose(checked.task)
    assert checked.requests == []
    failing = Made(tmp_path, {"failed": True, "msg": "cannot be made", "errors": ["why"]}, background=True)
    with pytest.raises(HermeticError, match="cannot be made"):
        failing.plugin.compose(failing.task)


def test_secrets_are_in_no_shown_option() -> None:
    shown = shown_options(options_of("script", path="x", environment={"A": "secret"}, stdin="secret"))
    assert "secret" not in str(shown)
