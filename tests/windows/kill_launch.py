# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand where vpython3.exe looks for the engine, and have the engine end in the middle of making an environment.

The variable KILL_LAUNCH has the settings of kill_driver, and ``path``, the engine; without it, the engine does what it always does.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main(*, descriptor: int) -> int:
    """Make the environment; without ``at``, report all calls that change the disk."""
    given = json.loads(os.environ.get("KILL_LAUNCH", "{}"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "hermetic"]:
        del sys.modules[name]
    stand_in = sys.path[0]
    sys.path[0] = f"{stand_in}.whole"
    launch = importlib.import_module("hermetic.vpython.launch")
    if not given:
        return int(launch.main(descriptor=descriptor))
    sys.path.append(stand_in)
    driver = importlib.import_module("kill_driver")
    sys.path.remove(stand_in)
    importlib.import_module("hermetic.vpython.building")
    driver._given.update({"package": "hermetic", **given})
    driver._install()
    status = int(launch.main(descriptor=descriptor))
    if "report" in given:
        calls = {kind: list(names) for kind, names in driver._calls.items()}
        with open(given["report"], "w", encoding="utf-8") as stream:
            json.dump(calls, stream)
    return status
