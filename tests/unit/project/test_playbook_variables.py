# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the playbooks mean the same however the command line gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv
from ansible_collections.hermetic.python.plugins.filter.serial_batches import serial_batches
from jinja2.nativetypes import NativeEnvironment

PROJECT = Path(__file__).resolve().parents[3]
SERIAL = {"site": ["1", "10%", "100%"], "repair": ["100%"], "rollback": ["100%"]}


def serial_of(playbook: str, **variables: Any) -> Any:
    """Return what Ansible makes of the serial of a playbook."""
    plays = yaml.safe_load((PROJECT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    (expression,) = (play["serial"] for play in plays if "serial" in play)
    environment = NativeEnvironment()
    environment.filters["hermetic.python.serial_batches"] = serial_batches
    return environment.from_string(expression).render(variables)


@pytest.mark.parametrize("playbook", SERIAL)
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ('["1", "10%"]', ["1", "10%"]),
        ('["1","10%"]', ["1", "10%"]),
        ("[1, 10%]", ["1", "10%"]),
        ("1,10%", ["1", "10%"]),
        ("1, 10%, 100%", ["1", "10%", "100%"]),
        ("1", ["1"]),
        ("25%", ["25%"]),
        (["1", "10%"], ["1", "10%"]),
        ([1, "10%"], ["1", "10%"]),
        (3, ["3"]),
        (0, ["0"]),
    ],
)
def test_a_serial_may_be_a_text_or_a_list(playbook: str, given: Any, meant: Any) -> None:
    assert serial_of(playbook, **{f"{playbook}_serial": given}) == meant


@pytest.mark.parametrize("playbook", SERIAL)
@pytest.mark.parametrize("text", ['["1", "10%"]', "['1', '10%']", '[1, "10%"]', "1,10%", '["1","10%"]', '[ "1" , "10%" ]'])
def test_a_serial_of_the_command_line_is_read_as_ansible_hands_it_over(playbook: str, text: str) -> None:
    assert serial_of(playbook, **parse_kv(f"{playbook}_serial={text}")) == ["1", "10%"]


@pytest.mark.parametrize("given", ["", "[]", '["1",', "many", "10 %", "-1", "1;2", [], [1, None], {"a": 1}, True, None, 1.5])
def test_a_serial_that_cannot_be_read_never_means_all_hosts(given: Any) -> None:
    with pytest.raises(AnsibleError, match="numbers of hosts or percentages"):
        serial_of("site", site_serial=given)


def test_words_of_other_variables_are_no_part_of_a_whole_serial() -> None:
    assert serial_of("site", site_serial="1", **parse_kv("note=see ticket 42")) == ["1"]


@pytest.mark.parametrize(("playbook", "meant"), SERIAL.items())
def test_without_a_serial_there_is_a_default(playbook: str, meant: Any) -> None:
    assert serial_of(playbook) == meant


def test_the_reports_of_a_repair_are_of_that_moment() -> None:
    plays = yaml.safe_load((PROJECT / "playbooks" / "repair.yml").read_text(encoding="utf-8"))
    roles = [role["vars"] for play in plays for role in play.get("roles", ()) if role["role"].endswith("drift_report")]
    assert [role["drift_report_name"] for role in roles] == ["repair-before", "repair-after"]
    for role in roles:
        assert (role["drift_report_history"], role["drift_report_update"]) == (False, False)


@pytest.mark.parametrize("playbook", ["repair", "rollback", "rollout", "site"])
def test_the_handlers_of_a_play_are_those_of_the_fleet_and_no_task_is_among_them(playbook: str) -> None:
    plays = yaml.safe_load((PROJECT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    handlers = [handler for play in plays for handler in play.get("handlers", ())]
    assert len(handlers) >= 2
    for handler in handlers:
        assert handler["name"] == "Read the handlers of the fleet"
        assert f"({playbook}_handlers | expanduser | realpath)" in handler["ansible.builtin.import_tasks"]
