#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Require the handlers that declarations notify. The action plugin of the same name does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: require_handlers
short_description: Require that a play has the handlers that declarations notify
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Fails if a C(notify) of the declared bundles and VirtualEnvs has a name that is neither that of a handler of the play nor a topic that one listens
    to. All such names are listed. Ansible itself notices only when the handler is notified, that is after the change.
  - The handlers of roles count as soon as Ansible has loaded the role. Those of a role that a later C(include_role) loads do not.
  - Names of handlers may have templates. If one of them cannot be resolved yet, a name that is not found is a warning instead of an error, and so
    it is if Ansible is configured not to fail for missing handlers (C(error_on_missing_handler)).
  - In a file of tasks, load it with M(ansible.builtin.include_tasks). A task that is parsed with the playbook does not know the handlers of the roles
    of the play.
  - Runs on the controller and does not connect to a host.
  - The role P(hermetic.python.system_bundle#role) uses it.
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.attributes.info
attributes:
  idempotent:
    description: When run twice in a row, with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Systems that the managed host can run. The host is not contacted.
    platforms: all
    support: full
    details: []
  async:
    description: Supports being used with the C(async) keyword.
    support: none
    details: []
  become:
    description: Is usable alongside the C(become) keywords.
    support: none
    details:
      - Nothing is run.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: none
    details:
      - Handlers are those of the play, whatever the host.
options:
  bundles:
    description: Declared bundles, of which C(name) and C(notify) are read.
    type: list
    elements: dict
    default: []
  virtualenvs:
    description: Declared VirtualEnvs, of which C(name) and C(notify) are read.
    type: list
    elements: dict
    default: []
seealso:
  - plugin: hermetic.python.reactions
    plugin_type: filter
  - plugin: hermetic.python.without_reactions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Require the handlers before anything is changed
  hermetic.python.require_handlers:
    virtualenvs: "{{ system_bundle_virtualenvs }}"
"""

RETURN = r"""
handlers:
  description: What can be notified in the play, names of handlers and topics.
  returned: always
  type: list
  elements: str
  sample: [Reload proxy]
errors:
  description: Each declaration and name that nothing in the play has, one per entry.
  returned: failure
  type: list
  elements: str
  sample:
    - the VirtualEnv 'web' notifies 'Relaod proxy'; the play has 'Reload proxy'
msg:
  description: Why the task failed.
  returned: failure
  type: str
  sample: |-
    The declaration of web01 notifies handlers that this play does not have; nothing was changed.
    Correct the names, or add the handlers to the play. Its handlers and topics are: Reload proxy.
      - the VirtualEnv 'web' notifies 'Relaod proxy'; the play has 'Reload proxy'
"""
