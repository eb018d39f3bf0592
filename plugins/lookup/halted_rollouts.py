# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup by which the role system_bundle learns which roll-outs a host has to go back from."""

from __future__ import annotations

DOCUMENTATION = r"""
name: halted_rollouts
author: The hermetic.python authors (@hermetic-python)
version_added: 1.0.0
short_description: Return the staged roll-outs that are halted
description:
  - Reads the index of a repository, and returns the names of the staged roll-outs of the bundles that are halted.
options:
  _terms:
    description: Names of bundles.
    type: list
    elements: str
    required: true
  repository:
    description: Directory or URL of the repository.
    type: str
    required: true
  public_key:
    description: File with the public key, or the root of TUF, by which the repository is trusted.
    type: path
  allow_unsigned:
    description: Accept an unsigned index over http.
    type: bool
  ca_path:
    description: File with the CA certificates.
    type: path
  credentials:
    description: User names and passwords by host, as in M(hermetic.python.system).
    type: dict
"""

EXAMPLES = r"""
- name: Go back from what is halted
  hermetic.python.generation:
    rollout: "{{ item }}"
  loop: "{{ query('hermetic.python.halted_rollouts', 'python', repository='https://packages.example.com/hermetic', public_key='keys/repository.pem.pub') }}"
"""

RETURN = r"""
_raw:
  description: The names.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.hermetic.errors import HermeticError
from ..plugin_utils.repository.staged_release import halted_rollouts
from ..plugin_utils.supply import Supply


class LookupModule(LookupBase):
    """Return the names of roll-outs."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
        """Read the index and return the names."""
        self.set_options(var_options=variables, direct=options)
        given = {name: self.get_option(name) for name in ("allow_unsigned", "ca_path", "credentials")}
        key = self.get_option("public_key")
        try:
            index = Supply.from_options(given).index(self.get_option("repository"), public_key=self._loader.path_dwim(key) if key else None)
        except HermeticError as error:
            raise AnsibleLookupError(str(error)) from error
        bundles = index.content["bundles"]
        return sorted({name for term in terms if term in bundles for name in halted_rollouts(bundles[term])})
