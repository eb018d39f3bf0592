# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes one drift report of the hosts' results."""

from __future__ import annotations

DOCUMENTATION = r"""
name: drift_summary
author: the hermetic.python authors
version_added: 1.0.0
short_description: Make one drift report of the results of many hosts
description:
  - Takes the registered result of M(hermetic.python.drift) of every host that a run was meant for.
  - A host whose result is missing, failed, skipped or unreachable counts as not checked, never as clean.
positional: _input
options:
  _input:
    description: Host names, each with its registered result; an empty value for a host that has none.
    type: dict
    required: true
  generated:
    description: When the report was made, as it is to be shown.
    type: str
    default: ''
  verify:
    description: How thoroughly the hosts were read, as it is to be shown.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show how many hosts differ
  ansible.builtin.debug:
    msg: "{{ (dict(ansible_play_hosts_all | zip(results)) | hermetic.python.drift_summary).totals.drift }}"
  vars:
    results: "{{ ansible_play_hosts_all | map('extract', hostvars) | map(attribute='drift', default={}) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: >-
    The report: C(format), C(generated), C(verify), C(exit) (0 all clean, 2 drift, 1 some host was not checked), C(totals) and
    C(hosts), where each host has C(state), C(findings) and C(message).
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.drift_text import summarise


def drift_summary(results: object, generated: str = "", verify: str = "") -> dict[str, Any]:
    """Return the report over the results of all hosts."""
    if not isinstance(results, Mapping):
        raise AnsibleFilterError(
            f"hermetic.python.drift_summary wants a dictionary of host names and results, not {type(results).__name__}."
        )
    return summarise(results, generated=generated, verify=verify)


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"drift_summary": drift_summary}
