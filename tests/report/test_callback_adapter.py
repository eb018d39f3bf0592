# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback makes of the events of a run, with a play and an inventory that only look like Ansible's."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.callback_adapter import CallbackAdapter

OPTIONS = {
    "name": "drift", "formats": ["json"], "policy": None, "history": False, "history_days": 9, "prometheus_file": None, "fail": True, "show": False,
}  # fmt: skip
ANSWER = {"findings": [], "plan": [], "generation": {"before": 1, "after": 1}, "bundles": {}}


class Screen:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def display(self, msg: str) -> None:
        """Show a line."""

    def warning(self, msg: str) -> None:
        """Show a warning."""

    def error(self, msg: str) -> None:
        self.errors.append(msg)


class Inventory:
    """Hosts a, b and c, of which c lies outside the limit."""

    def get_hosts(self, pattern: Any, ignore_limits: bool = False, ignore_restrictions: bool = False) -> list[Any]:
        return [named(name) for name in ("a", "b", *(["c"] if ignore_limits else []))]

    def get_host(self, name: str) -> Any:
        return named(name) if name in ("a", "b", "c") else None


def named(name: str) -> Any:
    return SimpleNamespace(get_name=lambda: name, get_groups=lambda: [SimpleNamespace(name=each) for each in ("all", "web")])


def play(number: str = "1") -> Any:
    return SimpleNamespace(_uuid=number, hosts="all", get_variable_manager=lambda: SimpleNamespace(_inventory=Inventory()))


def result(action: str, content: dict[str, Any], host: str = "a", **fields: Any) -> Any:
    task = SimpleNamespace(action=action, resolved_action=action, get_name=lambda: f"do {action}")
    return SimpleNamespace(task=task, host=named(host), result=content, _task_fields={"args": {}, "check_mode": False, **fields})


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def adapter(tmp_path: Path, screen: Screen) -> Iterator[CallbackAdapter]:
    """Return the adapter of a callback that was enabled by its user."""
    before = signal.getsignal(signal.SIGTERM)
    made = CallbackAdapter({**OPTIONS, "directory": str(tmp_path)}, by_role=False, display=screen)
    made.play_started(play())
    yield made
    made.playbook_ended()
    assert signal.getsignal(signal.SIGTERM) == before


def hosts(directory: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((directory / "drift.json").read_text())["hosts"]
    return {name: entry["reason"] or entry["state"] for name, entry in made.items()}


def test_a_playbook_without_our_modules_leaves_nothing(adapter: CallbackAdapter, tmp_path: Path) -> None:
    adapter.task_ended(result("ansible.builtin.debug", {}), "ok")
    assert adapter.playbook_ended() == 0
    assert list(tmp_path.iterdir()) == []


def test_all_hosts_of_the_play_are_listed(adapter: CallbackAdapter, tmp_path: Path) -> None:
    adapter.task_ended(result("hermetic.python.drift", ANSWER), "ok")
    assert adapter.playbook_ended() == 1
    assert hosts(tmp_path) == {"a": "clean", "b": "not_reached", "c": "outside_limit"}


def test_a_host_that_a_loop_of_another_task_lost_says_so(adapter: CallbackAdapter, tmp_path: Path) -> None:
    adapter.task_ended(result("ansible.builtin.copy", {"results": [{"failed": True}], "msg": "no space"}, host="b"), "failed")
    adapter.task_ended(result("hermetic.python.drift", ANSWER), "ok")
    adapter.playbook_ended()
    assert hosts(tmp_path)["b"] == "failed"


@pytest.mark.parametrize(("how", "ignored", "fields"), [("failed", True, {}), ("unreachable", False, {"ignore_unreachable": True})])
def test_what_the_play_ignores_loses_no_host(
    adapter: CallbackAdapter, tmp_path: Path, how: str, ignored: bool, fields: dict[str, Any]
) -> None:
    adapter.task_ended(result("ansible.builtin.copy", {"msg": "no"}, host="b", **fields), how, ignored=ignored)
    adapter.task_ended(result("hermetic.python.drift", ANSWER), "ok")
    adapter.playbook_ended()
    assert hosts(tmp_path)["b"] == "not_reached"


def test_a_loop_is_reported_by_its_turns(adapter: CallbackAdapter, tmp_path: Path) -> None:
    for root in ("/one", "/two"):
        adapter.item_ended(result("hermetic.python.drift", ANSWER, args={"root": root}), "ok")
    adapter.task_ended(result("hermetic.python.drift", {"results": [ANSWER, ANSWER]}), "ok")
    adapter.playbook_ended()
    assert hosts(tmp_path)["a"] == "clean"


def test_a_turn_that_failed_is_not_forgotten(adapter: CallbackAdapter, tmp_path: Path) -> None:
    adapter.item_ended(result("hermetic.python.drift", ANSWER, args={"root": "/one"}), "ok")
    adapter.item_ended(result("hermetic.python.drift", {"msg": "no"}, args={"root": "/two"}), "failed")
    adapter.task_ended(result("hermetic.python.drift", {"results": [ANSWER, {}]}), "failed")
    adapter.playbook_ended()
    assert hosts(tmp_path)["a"] == "failed"


def test_a_directory_that_cannot_be_used_is_reported_once(tmp_path: Path, screen: Screen) -> None:
    (tmp_path / "file").touch()
    made = CallbackAdapter({**OPTIONS, "directory": str(tmp_path / "file")}, by_role=False, display=screen)
    made.play_started(play())
    for name in ("a", "b"):
        made.task_ended(result("hermetic.python.drift", ANSWER, host=name), "ok")
    assert made.playbook_ended() == 1
    assert len(screen.errors) == 1


def test_wrong_options_keep_the_callback_from_being_loaded(tmp_path: Path, screen: Screen) -> None:
    with pytest.raises(HermeticError, match="options"):
        CallbackAdapter({**OPTIONS, "directory": str(tmp_path), "name": "../x"}, by_role=False, display=screen)


def test_by_the_role_a_report_is_that_of_its_play(tmp_path: Path, screen: Screen) -> None:
    made = CallbackAdapter({**OPTIONS, "directory": "unused"}, by_role=True, display=screen)
    content = {"options": {**OPTIONS, "directory": str(tmp_path), "merge": []}}
    made.play_started(play("1"))
    made.task_ended(result("hermetic.python.drift_report", content), "ok")
    made.task_ended(result("hermetic.python.drift", ANSWER), "ok")
    # A batch of the same play.
    made.play_started(play("1"))
    made.task_ended(result("hermetic.python.drift_report", content), "ok")
    made.task_ended(result("hermetic.python.drift", ANSWER, host="b"), "ok")
    assert not (tmp_path / "drift.json").exists()
    made.play_started(play("2"))
    assert hosts(tmp_path) == {"a": "clean", "b": "clean", "c": "outside_limit"}
    made.task_ended(result("hermetic.python.system", ANSWER), "ok")
    assert made.playbook_ended() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".reports.lock", "drift.json"]


def test_a_report_that_cannot_begin_is_an_error_unless_that_is_not_wanted(tmp_path: Path, screen: Screen) -> None:
    for fail, status in ((True, 1), ("no", 0)):
        made = CallbackAdapter(OPTIONS, by_role=True, display=screen)
        made.play_started(play())
        made.task_ended(result("hermetic.python.drift_report", {"msg": "wrong"}, args={"fail": fail}), "failed")
        assert made.playbook_ended() == status
