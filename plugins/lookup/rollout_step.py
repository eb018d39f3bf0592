# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup by which the playbook staged_rollout decides what becomes of a roll-out."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout_step
author: The hermetic.python authors (@hermetic-python)
version_added: 1.0.0
short_description: Decide what becomes of a staged roll-out
description:
  - Reads the reports that hosts left of themselves, and returns what is to be done with a staged roll-out now. It changes nothing.
  - A host that the roll-out has reached is bad if it left no report that counts, if its run failed, if a program or a check of it fails, or if it
    has not taken the release within O(hours).
options:
  _terms:
    description: Directories with reports.
    type: list
    elements: path
    required: true
  rollout:
    description: Name of the roll-out.
    type: str
    required: true
  record:
    description: Its record, as M(hermetic.python.repository) returns it. It is empty before it begins.
    type: dict
    required: true
  bundle:
    description: Name of the bundle.
    type: str
    required: true
  hosts:
    description: All hosts that the roll-out is about, whether they are reached or not.
    type: list
    elements: str
    required: true
  stages:
    description: The percentages of hosts, one after the other.
    type: list
    elements: str
    required: true
  limit:
    description: How many of the reached hosts may be bad; a number, or a percentage that is rounded down.
    type: raw
    default: 0
  soak:
    description: Seconds for which a stage is watched at least.
    type: int
    default: 0
  hours:
    description: After how many hours a report does not count any more, and a host should have taken the release.
    type: int
    default: 24
"""

EXAMPLES = r"""
- name: Say what would be done
  ansible.builtin.debug:
    msg: "{{ lookup('hermetic.python.rollout_step', '/srv/reports/pulled', rollout='october', record=read.rollout, bundle='python',
      hosts=groups['all'], stages=['1%', '10%', '100%']).reason }}"
"""

RETURN = r"""
_raw:
  description:
    - One step. C(action) is V(begin), V(wait), V(grow), V(halt), V(complete), or V(nothing) if the roll-out is over. C(percent) is that of V(begin)
      and V(grow). C(reason) says why, and C(good), C(bad) and C(pending) list the hosts that are reached.
  type: list
  elements: dict
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.hermetic.errors import HermeticError
from ..plugin_utils.drift_report.model.policy import Policy
from ..plugin_utils.drift_report.run.pulled_reports import merge_pulled, pulled_problems
from ..plugin_utils.rollout.stages import Gate, next_step, stages_of


class LookupModule(LookupBase):
    """Return the next step of a roll-out."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[dict[str, Any]]:
        """Read the reports and return the step."""
        self.set_options(var_options=variables, direct=options)
        try:
            return [self._step([str(term) for term in terms])]
        except HermeticError as error:
            raise AnsibleLookupError(str(error)) from error

    def _step(self, directories: list[str]) -> dict[str, Any]:
        problems = pulled_problems(directories)
        if not directories or problems:
            raise HermeticError("The reports of the hosts cannot be read.", problems or ["no directory of reports is named"])
        hours, hosts = self.get_option("hours"), self.get_option("hosts")
        gate = Gate(stages_of(self.get_option("stages")), self.get_option("limit"), self.get_option("soak"), hours)
        report, _strays = merge_pulled([Path(each) for each in directories], hours=hours, expected=hosts, policy=Policy())
        step = next_step(
            self.get_option("record"),
            {name: report["hosts"][name] for name in hosts},
            rollout=self.get_option("rollout"),
            bundle=self.get_option("bundle"),
            gate=gate,
            now=datetime.now(UTC),
        )
        return step.as_dict()
