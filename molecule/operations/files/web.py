# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that answers with the version of its package, what it runs from, and when it was started."""

from __future__ import annotations

import http.server
import json
import os
import sys
import time
from pathlib import Path

import idna

ABOUT = {"idna": idna.__version__, "prefix": os.path.realpath(sys.prefix), "base": sys.base_prefix, "started": time.time()}


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers every request in the same way."""

    def do_GET(self) -> None:
        """Say what runs here."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(ABOUT).encode())


server = http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), Answer)
with Path("/var/log/web.starts").open("a", encoding="utf-8") as starts:
    print(idna.__version__, file=starts)
# It listens: whoever started it need not wait.
if os.fork():
    os._exit(0)
os.setsid()
quiet = os.open(os.devnull, os.O_RDWR)
for descriptor in (0, 1, 2):
    os.dup2(quiet, descriptor)
Path("/run/web.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
server.serve_forever()
