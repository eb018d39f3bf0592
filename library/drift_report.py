#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configure the report of a play. The action plugin and the callback of the same name do the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Start the drift report of a play, or merge reports
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Makes the callback P(hermetic.python.drift_report#callback) report on this play, with these options. The report is written at the end of the
    play. A play with C(serial) gives one report.
  - With O(merge), immediately merges existing reports into one.
  - Fails if the callback is not loaded, because no report would be written then.
  - Runs on the controller and does not connect to a host. Use C(run_once). Running it again changes nothing.
  - The role P(hermetic.python.drift_report#role) uses it.
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
      - Directory on the controller for the reports and their history.
      - Relative paths in this and other options start from the working directory of C(ansible-playbook).
    type: path
    required: true
  name:
    description: File name of the reports, without extension.
    type: str
    default: drift
  formats:
    description: Formats to write.
    type: list
    elements: str
    choices: [json, jsonl, junit, prometheus, text, html]
    default: [json, jsonl, junit, prometheus, text, html]
  policy:
    description: YAML file with the policy, that is which findings are ignored, why, and until when. By default every finding counts.
    type: path
  update:
    description:
      - Update an existing report of this name. Hosts that this run does not check keep their entries.
      - Hosts that are no longer in the inventory are removed from it. The exit status is that of the hosts of this run.
    type: bool
    default: true
  history:
    description: Record runs in C(history.sqlite) in O(directory), to show which findings are new and which have been open longest.
    type: bool
    default: true
  history_days:
    description: Days after which runs, resolved findings, and hosts that no longer occur are removed from the history.
    type: int
    default: 400
  prometheus_file:
    description: Path of the Prometheus file, such as a file with the extension C(.prom) in the textfile directory of node_exporter. The default is in the
      report directory.
    type: path
  fail:
    description:
      - End C(ansible-playbook) with the exit status of the report, V(2) if something differs, and V(1) if a host was not checked, the run was cut
        off or the report could not be written. If the status of the report is V(0), that of Ansible is used.
    type: bool
    default: true
  show:
    description: Display the report as text at the end, in colour on a terminal.
    type: bool
    default: true
  merge:
    description:
      - JSON reports of other controllers or job slices to merge, and C(.gathering) files of killed runs. Globs are expanded.
      - If several reports contain a host, the latest check is used.
    type: list
    elements: str
    default: []
  pulled:
    description:
      - Directories on the controller in which hosts leave reports of themselves, as the role P(hermetic.python.pull#role) does, C(HOST.json) for
        each host. All of them are merged into one report.
      - A file counts for the host of its name only. A host whose report is damaged, incomplete, too old, of a later time or larger than 256 KiB
        is listed as not checked, with the reason. The reports are judged by O(policy), and not by a policy of their own.
      - Not together with O(merge).
    type: list
    elements: path
    default: []
  pulled_hours:
    description: With O(pulled), hours after which a report does not count any more.
    type: int
    default: 24
  pulled_expected:
    description: With O(pulled), hosts that must have a report. Those without one are listed as not checked.
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

- name: Merge the reports of three controllers
  hermetic.python.drift_report:
    directory: /srv/reports/all
    merge: [/srv/reports/*/drift.json]

- name: Merge what the hosts of the inventory have reported within two hours
  hermetic.python.drift_report:
    directory: /srv/reports/all
    pulled: [/srv/reports/pulled]
    pulled_hours: 2
    pulled_expected: "{{ groups['all'] }}"
"""

RETURN = r"""
options:
  description: The options of the report, with absolute paths.
  returned: success
  type: dict
  sample:
    directory: /srv/reports
    name: drift
    formats: [json, jsonl, junit, prometheus, text, html]
    policy: /srv/fleet/drift-policy.yml
    update: true
    history: true
    history_days: 400
    prometheus_file: null
    fail: true
    show: true
    merge: []
    pulled: []
    pulled_hours: 24
    pulled_expected: []
errors:
  description: All problems with the options, the policy and the reports to merge, one per entry.
  returned: failure
  type: list
  elements: str
  sample:
    - merge has '/srv/reports/*/drift.json', and there is no such file
msg:
  description: Why the task failed.
  returned: failure
  type: str
  sample: |-
    The drift report cannot be made as it is asked for.
      - merge has '/srv/reports/*/drift.json', and there is no such file
"""
