# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root on a machine, seen through the machine's own programs; nothing of this collection takes part."""

from __future__ import annotations

import os
from typing import Any

# A scenario whose root is another, or another user's, says so in its molecule.yml.
ROOT = os.environ.get("MACHINE_ROOT", "/opt/infra-system")
OWNER = os.environ.get("MACHINE_OWNER", "root")
BASELINE = "/usr/local/share/machine/system"


class Looked:
    """A root on a machine, seen through the machine's own programs."""

    def __init__(self, host: Any, root: str) -> None:
        self.host = host
        self.root = root

    def output(self, command: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        done = self.host.run(command)
        assert done.rc == 0, f"{command}: {done.rc}\n{done.stdout}\n{done.stderr}"
        return str(done.stdout).strip()

    def python(self, code: str, of: str | None = None, surrounding: str = "") -> str:
        """Run code by the system Python, or by that of an environment, and return what it printed."""
        program = f"{self.root}/envs/{of}/bin/python" if of else f"{self.root}/bin/python"
        return self.output(f"{surrounding} {program} -c '{code}'")

    def lines(self, command: str) -> list[str]:
        """Return the lines that a command printed."""
        return self.output(command).splitlines()
