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
short_description: Make one report of what all hosts answered
description:
  - Gathers the results of M(hermetic.python.drift), M(hermetic.python.system), M(hermetic.python.virtualenv) and M(hermetic.python.bundle)
    while the plays run, and writes one report at their end, as JSON, JSON Lines, JUnit XML, Prometheus text, plain text and HTML.
  - Every host that a play with such a task is meant for is listed. One that was unreachable, failed, was skipped, was not reached or lies
    outside C(--limit) is listed as not checked, never as clean.
  - Results go into a file beside the reports as they arrive. A run that is cut off leaves a report that is marked incomplete; one that is
    killed leaves that file, of which the next run, or a merge, makes the report.
  - The role P(hermetic.python.drift_report#role) turns this callback on and sets its options. Enable it yourself to have a report of every
    run in which one of the modules is used.
requirements:
  - enabled in C(callbacks_enabled), or the role P(hermetic.python.drift_report#role) in the first playbook
options:
  directory:
    description: Directory on the controller for the reports, and for their history.
    type: path
    default: reports
    env:
      - name: HERMETIC_DRIFT_REPORT_DIRECTORY
    ini:
      - section: callback_hermetic_drift_report
        key: directory
  name:
    description: Name of the report's files, without their endings.
    type: str
    default: drift
    env:
      - name: HERMETIC_DRIFT_REPORT_NAME
    ini:
      - section: callback_hermetic_drift_report
        key: name
  formats:
    description: What is written.
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
    description: YAML file with what does not count, by which reason and until when. Without one, everything counts.
    type: path
    env:
      - name: HERMETIC_DRIFT_REPORT_POLICY
    ini:
      - section: callback_hermetic_drift_report
        key: policy
  update:
    description:
      - Whether a report of this name that is there keeps what it says of hosts that this run does not ask.
      - A host that the inventory does not know any more goes. The exit status is that of the hosts of this run.
    type: bool
    default: true
    env:
      - name: HERMETIC_DRIFT_REPORT_UPDATE
    ini:
      - section: callback_hermetic_drift_report
        key: update
  history:
    description: Whether runs are remembered in C(history.sqlite) in the directory, which shows what is new and what is open longest.
    type: bool
    default: true
    env:
      - name: HERMETIC_DRIFT_REPORT_HISTORY
    ini:
      - section: callback_hermetic_drift_report
        key: history
  history_days:
    description: Days after which a run, a finding that is resolved, and a host that no run knows any more are forgotten.
    type: int
    default: 400
    env:
      - name: HERMETIC_DRIFT_REPORT_HISTORY_DAYS
    ini:
      - section: callback_hermetic_drift_report
        key: history_days
  prometheus_file:
    description: Where the Prometheus text goes instead, such as a file that ends in C(.prom) in node_exporter's textfile directory.
    type: path
    env:
      - name: HERMETIC_DRIFT_REPORT_PROMETHEUS_FILE
    ini:
      - section: callback_hermetic_drift_report
        key: prometheus_file
  fail:
    description:
      - Whether C(ansible-playbook) ends with the exit status of the report, V(2) where something differs and V(1) where a host was not
        checked, the run was cut off or the report could not be written. Where the report says V(0), Ansible's own status stays.
      - C(ansible-playbook) ends right after the playbook then, so name this callback last in C(callbacks_enabled).
    type: bool
    default: false
    env:
      - name: HERMETIC_DRIFT_REPORT_FAIL
    ini:
      - section: callback_hermetic_drift_report
        key: fail
  show:
    description: Whether the report is shown as text at the end, in colour on a terminal.
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
