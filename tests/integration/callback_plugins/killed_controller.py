# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill the controller at a chosen event of a run, as if its machine had lost the power, for the tests of what is left then."""

from __future__ import annotations

import os
import signal
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: killed_controller
type: aggregate
short_description: Kill the controller at an event
description: >
  Ends the controller with SIGKILL at the event that KILL_CONTROLLER_AT names by its number or its words, such as "started c Go back". The
  workers that are busy with hosts then live on. Every event is a line in the file that CONTROLLER_EVENTS names.
"""


class CallbackModule(CallbackBase):
    """Counts the beginnings and ends of tasks, and ends the run at one of them."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killed_controller"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def _pass(self, words: str) -> None:
        self.count += 1
        with open(os.environ["CONTROLLER_EVENTS"], "a", encoding="utf-8") as stream:
            stream.write(f"{words}\n")
        if os.environ.get("KILL_CONTROLLER_AT") in (str(self.count), words):
            os.kill(os.getpid(), signal.SIGKILL)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        # Planning is not what is to be interrupted.
        self._pass(" ".join(["plans" if task.check_mode else "started", host.get_name(), task.get_name().split(" : ")[-1]]))

    def v2_runner_on_ok(self, result: Any) -> None:
        self._pass(f"ended {result._host.get_name()} {result._task.get_name().split(' : ')[-1]}")
