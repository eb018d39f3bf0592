# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A misspelled variable is named with the one that was meant, and every variable that the playbook explains is known to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.hermetic.python.plugins.plugin_utils.rollout.variables import unknown

PROJECT = Path(__file__).resolve().parents[4]
KNOWN = ("rollout_max_bad", "rollout_soak", "rollout_soak_interval")


def test_a_name_that_is_not_known_is_named_with_the_nearest_that_is() -> None:
    given = {"rollout_maxbad": 1, "rollout_soak": 1, "rollout_xyzzy": 1, "awx_job_id": 7, "rollouts": 1, "rollout_Soak": 1}
    assert unknown(given, known=KNOWN, prefix="rollout_") == [
        "'rollout_Soak' is not a variable of this playbook, the nearest is rollout_soak.",
        "'rollout_maxbad' is not a variable of this playbook, the nearest is rollout_max_bad.",
        "'rollout_xyzzy' is not a variable of this playbook.",
    ]
    assert unknown(dict.fromkeys(KNOWN, 1), known=KNOWN, prefix="rollout_") == []


def test_what_a_host_of_the_command_line_says_controls_no_terminal() -> None:
    (sentence,) = unknown({"rollout_\x1b[2J": 1}, known=KNOWN, prefix="rollout_")
    assert "\x1b" not in sentence


@pytest.mark.parametrize(("playbook", "refusals"), [("rollout", "tasks/rollout_refuse"), ("staged_rollout", "staged_rollout")])
def test_the_playbook_knows_what_it_explains_and_nothing_else(playbook: str, refusals: str) -> None:
    explained = re.findall(r"^#   -e (rollout_\w+)=", (PROJECT / f"playbooks/{playbook}.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert explained
    assert sorted(known_variables(yaml.safe_load((PROJECT / f"playbooks/{refusals}.yml").read_text(encoding="utf-8")))) == sorted(explained)


def known_variables(tasks: object) -> Iterator[str]:
    """Yield the names that plays, blocks or tasks give to the look-up of unknown ones."""
    if isinstance(tasks, dict):
        yield from tasks.get("vars", {}).get("rollout_read", ())
        tasks = list(tasks.values())
    if isinstance(tasks, list):
        for task in tasks:
            yield from known_variables(task)
