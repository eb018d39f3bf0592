# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback that names, at the end of a run, the hosts that could not be reached."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unreachable_hosts
type: aggregate
author: The hermetic.python authors (@hermetic-python)
version_added: 1.0.0
short_description: List the hosts that could not be reached at the end of a run
description:
  - Displays every host that could not be reached, with the task and the reason, after the recap of a playbook.
  - A play with C(ignore_unreachable) would end with status V(0). With this callback it ends with V(4), as without C(ignore_unreachable), or with
    V(2) if a host failed as well.
  - The playbooks C(site) and C(rollback) of this collection enable it with P(hermetic.python.unreachable_hosts#lookup).
requirements:
  - enabled in C(callbacks_enabled), or one of the collection's playbooks C(site) and C(rollback)
"""

from typing import Any

from ansible.plugins.callback import CallbackBase

from ..plugin_utils.end_of_run import EndOfRun
from ..plugin_utils.target.unreachable_hosts import CALLBACK, FAILED, UNREACHABLE, Lost, Unreachable, named

_CONVERGES = "hermetic.python.system"


class CallbackModule(CallbackBase):
    """Remembers unreachable hosts until the playbook is over."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = CALLBACK
    CALLBACK_NEEDS_ENABLED = True

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Begin."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        EndOfRun.join(CALLBACK)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Remember a host with the first reason for which it was lost."""
        fields = result._task_fields if hasattr(result, "_task_fields") else result.task.dump_attrs()
        host = str(fields.get("delegate_to") or result.host.get_name())
        if fields.get("ignore_unreachable"):
            Lost.passed_over.add(host)
        message = str(result.result.get("msg") or "no reason was given")
        Lost.hosts.setdefault(host, Unreachable(host, result.task.get_name().strip(), message, bool(fields.get("check_mode"))))

    def v2_runner_on_ok(self, result: Any) -> None:
        """Forget a host that was reached after all, and brought to its state."""
        fields = result._task_fields if hasattr(result, "_task_fields") else result.task.dump_attrs()
        host = str(result.host.get_name())
        if (
            host in Lost.hosts
            and str(fields.get("action")) == _CONVERGES
            and not fields.get("check_mode")
            and not fields.get("delegate_to")
        ):
            Lost.reached_after_all(host)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Name the hosts, and end the run with the status for them where Ansible is set to ignore them."""
        for line in named(Lost.hosts):
            self._display.display(line, color="red")
        status = 0
        if Lost.passed_over:
            status = FAILED if stats.failures else UNREACHABLE
        Lost.hosts, Lost.passed_over = {}, set()
        EndOfRun.seen(CALLBACK, status)
