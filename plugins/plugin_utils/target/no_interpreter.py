# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why nothing on a host can run the engine, as the error that a task ends with."""

from __future__ import annotations

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import redacted
from .host_mounts import without_programs
from .host_probe import HostFacts
from .host_trust import shown_distrust


class NoInterpreter(HermeticError):
    """Raised when the host has nothing that could run the engine, and the task declares no bundle to bring there."""

    def __init__(self, facts: HostFacts) -> None:
        if facts.untrusted:
            message = (
                f"The interpreter of {', '.join(facts.untrusted)} below {facts.root} was not started, since another user may change it: "
                f"{shown_distrust(facts.distrust)}."
            )
        elif facts.changed:
            named = facts.interpreter.bundle_id if facts.interpreter else ""
            message = f"The bundle {named} below {facts.root} was changed ({redacted(facts.changed)}), and is not started."
        elif facts.dead:
            message = f"The interpreter of {', '.join(facts.dead)} below {facts.root} does not start."
            reason = without_programs(facts)
            if reason:
                super().__init__(f"{message} {reason}")
                return
        else:
            message = f"Nothing is installed below {facts.root}."
        super().__init__(f"{message} Run hermetic.python.system or hermetic.python.bundle with the bundle that the host should have.")
