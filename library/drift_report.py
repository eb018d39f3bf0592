#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a play; the work is done by the action plugin and the callback of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Begin a drift report of this play, or merge several
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Tells the callback P(hermetic.python.drift_report#callback) that this play is to be reported on, and how. The report is written
    when the play is over. A serial play is one report.
  - With O(merge), makes one report of several that are there already, right away.
  - Fails where the callback is not loaded, since nothing would be written then.
  - Runs on the controller; no connection to a host is made. Use C(run_once), since a second time changes nothing.
  - The role P(hermetic.python.drift_report#role) uses it.
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.attributes.info
attributes:
  idempotent:
    description: When run twice in a row, with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Systems that the managed host may run. It is not touched.
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
      - Reports are written as the user who runs Ansible.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: none
    details:
      - Reports are always on the controller.
requirements:
  - jsonschema on the controller
  - prometheus-client on the controller, where V(prometheus) is among O(formats)
options:
  directory:
    description:
      - Directory on the controller for the reports, and for their history.
      - This and all other relative paths start from the directory that C(ansible-playbook) is run in.
    type: path
    required: true
  name:
    description: Name of the report's files, without their endings.
    type: str
    default: drift
  formats:
    description: What is written.
    type: list
    elements: str
    choices: [json, jsonl, junit, prometheus, text, html]
    default: [json, jsonl, junit, prometheus, text, html]
  policy:
    description: YAML file with what does not count, by which reason and until when. Without one, everything counts.
    type: path
  update:
    description:
      - Whether a report of this name that is there keeps what it says of hosts that this run does not ask.
      - A host that the inventory does not know any more goes. The exit status is that of the hosts of this run.
    type: bool
    default: true
  history:
    description: Whether runs are remembered in C(history.sqlite) in O(directory), which tells what is new and what is open longest.
    type: bool
    default: true
  history_days:
    description: Days after which a run, a finding that is resolved, and a host that no run knows any more are forgotten.
    type: int
    default: 400
  prometheus_file:
    description: Where the Prometheus text goes instead, such as a file that ends in C(.prom) in node_exporter's textfile directory.
    type: path
  fail:
    description:
      - Whether C(ansible-playbook) ends with the exit status of the report, V(2) where something differs and V(1) where a host was not
        checked, the run was cut off or the report could not be written. Where the report says V(0), Ansible's own status stays.
    type: bool
    default: true
  show:
    description: Whether the report is shown as text at the end, in colour on a terminal.
    type: bool
    default: true
  merge:
    description:
      - JSON reports of other controllers or job slices, and the C(.gathering) files of runs that were killed. Globs are expanded.
      - A host that several of them name is taken from the one that checked it last.
    type: list
    elements: str
    default: []
seealso:
  - module: hermetic.python.drift
  - plugin: hermetic.python.drift_report
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Report on this play
  hermetic.python.drift_report:
    directory: /srv/reports
    policy: drift-policy.yml

- name: Make one report of the reports of three controllers
  hermetic.python.drift_report:
    directory: /srv/reports/all
    merge: [/srv/reports/*/drift.json]
"""

RETURN = r"""
options:
  description: The options, with absolute paths.
  returned: success
  type: dict
  sample:
    directory: /srv/reports
    name: drift
errors:
  description: Everything that is wrong with the options, the policy and the reports to be merged.
  returned: failure
  type: list
  elements: str
"""
