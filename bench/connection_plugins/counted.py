# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to this machine that counts what it carries, as a connection by ssh would carry it, and what its commands cost."""

from __future__ import annotations

import json
import os
import resource
from typing import Any

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: counted
short_description: Count what is carried
description: Is the connection local, and writes the bytes of each exchange, and the processor time of its command, to the file COUNTED_EXCHANGES.
extends_documentation_fragment: [connection_pipelining]
"""


class Connection(Local):
    """Appends a line for each exchange, since each task has a process of its own."""

    transport = "counted"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command and count its words, what goes in and what comes out, and what it cost."""
        worked = _worked()
        status, output, errors = super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        _count(sent=len(cmd) + len(in_data or b""), received=len(output) + len(errors), seconds=_worked() - worked)
        return status, output, errors

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file and count it."""
        super().put_file(in_path, out_path)
        _count(sent=os.stat(in_path).st_size, received=0)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file and count it."""
        super().fetch_file(in_path, out_path)
        _count(sent=0, received=os.stat(out_path).st_size)


def _worked() -> float:
    """Return the processor time of what this process, which works for one host, has run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _count(**exchange: Any) -> None:
    line = json.dumps(exchange).encode() + b"\n"
    descriptor = os.open(os.environ["COUNTED_EXCHANGES"], os.O_WRONLY | os.O_APPEND)
    os.write(descriptor, line)
    os.close(descriptor)
