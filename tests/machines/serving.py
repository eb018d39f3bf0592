# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server of the controller that goes on in the background, until the file that tells its address is removed."""

from __future__ import annotations

import functools
import http.server
import os
import threading
import time
from pathlib import Path


def start(directory: Path, file: Path) -> None:
    """Serve a directory in a process of its own; ``file`` holds the address when this returns."""
    file.unlink(missing_ok=True)
    if os.fork() == 0:
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        _serve(directory, file)
        os._exit(0)
    deadline = time.monotonic() + 120
    while not file.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no web server for {directory} after 120 s")
        time.sleep(0.02)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _serve(directory: Path, file: Path) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(directory)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    beside = file.with_name(f".{file.name}")
    beside.write_text(f"127.0.0.1:{server.server_address[1]}")
    beside.rename(file)
    while file.exists():
        time.sleep(0.5)
