# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command and write how much memory its largest process had, in kilobytes, to a file.

A program of its own, and a small one: the kernel counts what the process that starts a command has as memory of that command.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the words after the file's name, and end as they end."""
    process = os.fork()
    if process == 0:
        try:
            os.execvpe(sys.argv[2], sys.argv[2:], os.environ)
        finally:
            os._exit(127)
    _process, status, used = os.wait4(process, 0)
    with open(sys.argv[1], "w") as file:
        file.write(str(used.ru_maxrss))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
