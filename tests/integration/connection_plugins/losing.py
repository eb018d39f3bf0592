# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to this machine that is lost after a number of tasks."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: losing
short_description: Lose the connection after some tasks
description: Is the connection local until LOSING_DIRECTORY has as many notes of tasks as the host may be asked for.
extends_documentation_fragment: [connection_pipelining]
options:
  tasks:
    description: How many tasks reach the host.
    type: int
    vars: [{name: losing_after}]
  host:
    description: Name of the host.
    vars: [{name: inventory_hostname}]
"""


class Connection(Local):
    """Counts the tasks of a host in files, since each task has a process of its own."""

    transport = "losing"
    _counted = False

    def _count(self) -> None:
        if self._counted:
            return
        place = os.environ["LOSING_DIRECTORY"]
        name = self.get_option("host")
        seen = sum(entry.startswith(f"{name}.") for entry in os.listdir(place))
        if seen >= self.get_option("tasks"):
            raise AnsibleConnectionFailure("the \x1b[31mline\x1b[0m is dead")
        with open(os.path.join(place, f"{name}.{seen}"), "x", encoding="utf-8"):
            self._counted = True

    def exec_command(self, *arguments: Any, **options: Any) -> Any:
        """Run a command while the host can be reached."""
        self._count()
        return super().exec_command(*arguments, **options)
