# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server that answers as a test tells it to: cut off, late, or with an error."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server:
    """A web server that answers as it is told to: for every path a list of answers, of which the last one stays."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.answers: dict[str, list[Callable[[BaseHTTPRequestHandler], None]]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Range")))
                waiting = outer.answers.get(self.path) or [status(404)]
                answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                self.close_connection = True
                answer(self)

            def log_message(self, format: str, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        """Return an address of this server, with a password in it that nobody may see."""
        return f"http://someone:hush-hush@127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with a status and nothing else."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def content(data: bytes, *, until: int | None = None, pause: float = 0.0) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with a file, from the place that is asked for; the connection ends at ``until``."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        begin = int((handler.headers.get("Range") or "bytes=0-").partition("=")[2].rstrip("-"))
        handler.send_response(206 if begin else 200)
        if begin:
            handler.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Length", str(len(data) - begin))
        handler.end_headers()
        handler.wfile.flush()
        time.sleep(pause)
        handler.wfile.write(data[begin:until])

    return answer
