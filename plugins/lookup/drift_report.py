# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup by which the role turns the callback on."""

from __future__ import annotations

DOCUMENTATION = r"""
name: drift_report
author: The hermetic.python authors (@hermetic-python)
version_added: 1.0.0
short_description: Enable the callback of the drift report
description:
  - Makes C(ansible-playbook) load the callback P(hermetic.python.drift_report#callback), and returns its terms unchanged.
  - Ansible loads callbacks when the first play begins. The lookup therefore works only while a playbook is parsed, that is in the arguments of
    M(ansible.builtin.import_role) and M(ansible.builtin.import_tasks), and not in a task.
  - The role P(hermetic.python.drift_report#role) uses it. You rarely need it yourself.
options:
  _terms:
    description: What is returned.
    type: list
    elements: str
    required: true
seealso:
  - plugin: hermetic.python.drift_report
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Load the callback and start the report
  ansible.builtin.import_tasks: "{{ lookup('hermetic.python.drift_report', 'begin/tell.yml') }}"
"""

RETURN = r"""
_raw:
  description: The terms.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.drift_report.run.callback_state import ask_for_callback


class LookupModule(LookupBase):
    """Return the terms."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **_options: Any) -> list[str]:
        """Ask for the callback and return the terms."""
        del variables
        ask_for_callback()
        return list(terms)
