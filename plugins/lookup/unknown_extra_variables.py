# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup by which a playbook refuses misspelled variables of the command line."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_extra_variables
author: The hermetic.python authors (@hermetic-python)
version_added: 1.0.0
short_description: Return extra variables that a playbook does not read
description:
  - Returns a sentence about each extra variable (C(-e), and the extra variables of an AWX job) that begins with O(prefix) and is not one of
    the terms, with the nearest name that is one.
  - Variables of the inventory are not examined, since they can be of other playbooks.
options:
  _terms:
    description: The names that the playbook reads.
    type: list
    elements: str
    required: true
  prefix:
    description: The beginning of the names that are the playbook's own.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse misspelled variables
  ansible.builtin.assert:
    that: unknown | length == 0
    fail_msg: "{{ unknown | join(' ') }}"
  vars:
    unknown: "{{ query('hermetic.python.unknown_extra_variables', 'rollout_hosts', 'rollout_soak', prefix='rollout_') }}"
"""

RETURN = r"""
_raw:
  description: One sentence for each variable.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars

from ..plugin_utils.rollout.variables import unknown


class LookupModule(LookupBase):
    """Return what is wrong with the names of extra variables."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        """Read the extra variables of this run and return the sentences."""
        self.set_options(var_options=variables, direct=options)
        return unknown(load_extra_vars(loader=self._loader), known=[str(term) for term in terms], prefix=self.get_option("prefix"))
