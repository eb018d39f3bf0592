# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make an environment as bin/vpython3 has it made, and end by SIGKILL before one of the calls that change the disk.

Run as ``python kill_maker.py ENGINE LIBRARY COUNT REPORT`` with the question at descriptor 3; COUNT 0 carries it out and reports how many calls there are.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

_NAMES = ("rename", "replace", "symlink", "link", "mkdir", "unlink", "rmdir", "fsync", "utime", "open")


def main() -> int:
    """Return what the maker returns."""
    archive, library, count, report = sys.argv[1:]
    sys.path[:0] = [archive, library]
    calls = 0
    guard = threading.Lock()

    def wrap(name: str) -> None:
        original = getattr(os, name)

        def counted(*arguments: Any, **settings: Any) -> Any:
            nonlocal calls
            if name != "open" or arguments[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                with guard:
                    calls += 1
                    if calls == int(count):
                        os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **settings)

        setattr(os, name, counted)
        for supported in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
            if original in supported:
                supported.add(counted)

    for name in _NAMES:
        wrap(name)
    from hermetic.vpython.launch import main as launch  # type: ignore[import-not-found]

    status = int(launch())
    if int(count) == 0:
        with open(report, "w", encoding="ascii") as stream:
            stream.write(str(calls))
    return status


if __name__ == "__main__":
    sys.exit(main())
