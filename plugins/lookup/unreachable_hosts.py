# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup by which a playbook turns the callback on."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unreachable_hosts
author: The hermetic.python authors (@hermetic-python)
version_added: 1.0.0
short_description: Enable the callback that lists unreachable hosts
description:
  - Makes C(ansible-playbook) load the callback P(hermetic.python.unreachable_hosts#callback), and returns its terms.
  - Ansible loads callbacks when the first play begins. Loading therefore works only while a playbook is parsed, that is in the arguments of
    M(ansible.builtin.import_role) and M(ansible.builtin.import_tasks), and not in a task.
  - In the C(hosts) of a later play, O(which) returns host patterns from what the callback has recorded so far.
options:
  _terms:
    description: The terms to return. With O(which=others), patterns of hosts.
    type: list
    elements: str
  which:
    description:
      - V(terms) returns the terms unchanged.
      - V(others) returns the terms with a pattern that excludes the hosts that could not be reached.
      - V(passed_over) returns the hosts that could not be reached in a play that continued without them (C(ignore_unreachable)).
    type: str
    choices: [terms, others, passed_over]
    default: terms
seealso:
  - plugin: hermetic.python.unreachable_hosts
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Bring the hosts to their declared state, and name those that cannot be reached at the end
  ansible.builtin.import_role:
    name: "{{ lookup('hermetic.python.unreachable_hosts', 'hermetic.python.system_bundle') }}"
  ignore_unreachable: true

- name: Go on with the hosts that can be reached
  hosts: "{{ query('hermetic.python.unreachable_hosts', 'all', which='others') }}"
"""

RETURN = r"""
_raw:
  description: The terms, or patterns of hosts.
  type: list
  elements: str
"""

from typing import Any

from ansible import constants as C  # noqa: N812
from ansible.plugins.lookup import LookupBase

from ..plugin_utils.target.unreachable_hosts import CALLBACK, patterns


class LookupModule(LookupBase):
    """Return the terms, or patterns."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        """Ask for the callback and return the terms, or patterns."""
        self.set_options(var_options=variables, direct=options)
        if CALLBACK not in C.CALLBACKS_ENABLED:
            C.CALLBACKS_ENABLED.append(CALLBACK)
        return patterns(self.get_option("which"), list(terms))
