# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback that makes one report of a whole run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: drift_report
type: aggregate
author: The hermetic.python authors (@hermetic-python)
version_added: 1.0.0
short_description: Write one drift report for all hosts of a run
description:
  - Collects the results of M(hermetic.python.drift), M(hermetic.python.system), M(hermetic.python.virtualenv) and M(hermetic.python.bundle)
    during the plays, and writes one report at the end, as JSON, JSON Lines, JUnit XML, Prometheus text, plain text and HTML.
  - Lists every host of a play with such a task. A host that was unreachable, failed, was skipped, was not reached or is outside C(--limit) is
    listed as not checked, never as clean.
  - Results are written to a file beside the reports as they arrive. An interrupted run writes a report that is marked incomplete. A killed run
    leaves this file, and the next run, or a merge, writes its report.
  - The role P(hermetic.python.drift_report#role) enables this callback and sets its options. Enable it yourself to get a report of every run in
    which one of the modules is used.
requirements:
  - enabled in C(callbacks_enabled), or the role P(hermetic.python.drift_report#role) in the first playbook
options:
  directory:
    description: Directory on the controller for the reports and their history.
    type: path
    default: reports
    env:
      - name: HERMETIC_DRIFT_REPORT_DIRECTORY
    ini:
      - section: callback_hermetic_drift_report
        key: directory
  name:
    description: File name of the reports, without extension.
    type: str
    default: drift
    env:
      - name: HERMETIC_DRIFT_REPORT_NAME
    ini:
      - section: callback_hermetic_drift_report
        key: name
  formats:
    description: Formats to write.
    type: list
    elements: str
    choices: [json, jsonl, junit, prometheus, text, html]
    default: [json, jsonl, junit, prometheus, text, html]
    env:
      - name: HERMETIC_DRIFT_REPORT_FORMATS
    ini:
      - section: callback_hermetic_drift_report
        key: formats
  policy:
    description: YAML file with the policy, that is which findings are ignored, why, and until when. By default every finding counts.
    type: path
    env:
      - name: HERMETIC_DRIFT_REPORT_POLICY
    ini:
      - section: callback_hermetic_drift_report
        key: policy
  update:
    description:
      - Update an existing report of this name. Hosts that this run does not check keep their entries.
      - Hosts that are no longer in the inventory are removed from it. The exit status is that of the hosts of this run.
    type: bool
    default: true
    env:
      - name: HERMETIC_DRIFT_REPORT_UPDATE
    ini:
      - section: callback_hermetic_drift_report
        key: update
  history:
    description: Record runs in C(history.sqlite) in the directory, to show which findings are new and which have been open longest.
    type: bool
    default: true
    env:
      - name: HERMETIC_DRIFT_REPORT_HISTORY
    ini:
      - section: callback_hermetic_drift_report
        key: history
  history_days:
    description: Days after which runs, resolved findings, and hosts that no longer occur are removed from the history.
    type: int
    default: 400
    env:
      - name: HERMETIC_DRIFT_REPORT_HISTORY_DAYS
    ini:
      - section: callback_hermetic_drift_report
        key: history_days
  prometheus_file:
    description: Path of the Prometheus file, such as a file with the extension C(.prom) in the textfile directory of node_exporter. The default is in the
      report directory.
    type: path
    env:
      - name: HERMETIC_DRIFT_REPORT_PROMETHEUS_FILE
    ini:
      - section: callback_hermetic_drift_report
        key: prometheus_file
  fail:
    description:
      - End C(ansible-playbook) with the exit status of the report, V(2) if something differs, and V(1) if a host was not checked, the run was cut
        off or the report could not be written. If the status of the report is V(0), that of Ansible is used.
      - C(ansible-playbook) then ends directly after the playbook. List this callback last in C(callbacks_enabled).
    type: bool
    default: false
    env:
      - name: HERMETIC_DRIFT_REPORT_FAIL
    ini:
      - section: callback_hermetic_drift_report
        key: fail
  show:
    description: Display the report as text at the end, in colour on a terminal.
    type: bool
    default: true
    env:
      - name: HERMETIC_DRIFT_REPORT_SHOW
    ini:
      - section: callback_hermetic_drift_report
        key: show
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.callback import CallbackBase

from ..plugin_utils.end_of_run import EndOfRun
from ..plugin_utils.missing_libraries import explain_import

try:
    from ..plugin_utils.drift_report.run.callback_adapter import CallbackAdapter
    from ..plugin_utils.drift_report.run.callback_state import CallbackState
except ImportError as error:  # a library of the controller is missing
    MISSING: ImportError | None = error
else:
    MISSING = None

OPTIONS = ("directory", "name", "formats", "policy", "update", "history", "history_days", "prometheus_file", "fail", "show")


class CallbackModule(CallbackBase):
    """Pass events on to the adapter, which knows nothing of the plugin."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "hermetic.python.drift_report"
    CALLBACK_NEEDS_ENABLED = True

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Read the options and begin to record."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        if MISSING is not None:
            raise AnsibleError(explain_import("The drift report", MISSING))
        self._adapter = CallbackAdapter(
            {name: self.get_option(name) for name in OPTIONS}, by_role=CallbackState.by_role, display=self._display
        )
        CallbackState.active = True
        EndOfRun.join(self.CALLBACK_NAME)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Record the hosts of a play."""
        self._adapter.play_started(play)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Record the result of a task."""
        self._adapter.task_ended(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Record a failed task, which may have findings nevertheless."""
        self._adapter.task_ended(result, "failed", ignored=ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Record an unreachable host."""
        self._adapter.task_ended(result, "unreachable")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Record a skipped task."""
        self._adapter.task_ended(result, "skipped")

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """Record the result of a loop item."""
        self._adapter.item_ended(result, "ok")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """Record a failed loop item."""
        self._adapter.item_ended(result, "failed")

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """Record a skipped loop item."""
        self._adapter.item_ended(result, "skipped")

    def v2_playbook_on_stats(self, _stats: Any) -> None:
        """Write the report, and end the run with its exit status if the option fail is set."""
        EndOfRun.seen(self.CALLBACK_NAME, self._adapter.playbook_ended())
