# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the playbooks mean the same however the command line gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

PROJECT = Path(__file__).resolve().parents[2]
SERIAL = {"site": ["1", "10%", "100%"], "repair": "100%", "rollback": "100%"}


def serial_of(playbook: str, **variables: Any) -> Any:
    """Return what Ansible makes of the serial of a playbook."""
    plays = yaml.safe_load((PROJECT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    (expression,) = (play["serial"] for play in plays if "serial" in play)
    return Templar(loader=DataLoader(), variables=variables).template(trust_as_template(expression))


@pytest.mark.parametrize("playbook", SERIAL)
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ('["1", "10%"]', ["1", "10%"]),
        ("[1, 10%]", [1, "10%"]),
        ("1", 1),
        ("25%", "25%"),
        (["1", "10%"], ["1", "10%"]),
        (3, 3),
    ],
)
def test_a_serial_may_be_a_text_or_a_list(playbook: str, given: Any, meant: Any) -> None:
    assert serial_of(playbook, **{f"{playbook}_serial": given}) == meant


@pytest.mark.parametrize(("playbook", "meant"), SERIAL.items())
def test_without_a_serial_there_is_a_default(playbook: str, meant: Any) -> None:
    assert serial_of(playbook) == meant


def test_the_reports_of_a_repair_are_of_that_moment() -> None:
    plays = yaml.safe_load((PROJECT / "playbooks" / "repair.yml").read_text(encoding="utf-8"))
    roles = [role["vars"] for play in plays for role in play["roles"] if role["role"].endswith("drift_report")]
    assert [role["drift_report_name"] for role in roles] == ["repair-before", "repair-after"]
    for role in roles:
        assert (role["drift_report_history"], role["drift_report_update"]) == (False, False)
