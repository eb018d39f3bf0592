# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that misbehaves as a test scripts it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fetch_samples import BODY


@dataclass
class Server:
    """A server whose answers a test scripts: one function for each request, the last one for all that follow."""

    url: str
    port: int
    script: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)


def serve() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with state.guard:
                state.requests.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
                answer = state.script.pop(0) if len(state.script) > 1 else state.script[0]
            answer(self)

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    port = listener.server_address[1]
    state = Server(url=f"http://127.0.0.1:{port}", port=port)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    listener.shutdown()
    thread.join()
    listener.server_close()


def whole(handler: BaseHTTPRequestHandler, body: bytes = BODY) -> None:
    """Answer with everything, whatever range was asked for."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def ranged(handler: BaseHTTPRequestHandler) -> None:
    """Answer as a good server does."""
    wanted = handler.headers.get("Range")
    if not wanted:
        return whole(handler)
    begin = int(wanted.split("=")[1].rstrip("-"))
    handler.send_response(206)
    handler.send_header("Content-Length", str(len(BODY) - begin))
    handler.send_header("Content-Range", f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}")
    handler.end_headers()
    handler.wfile.write(BODY[begin:])
    return None


def truncated(handler: BaseHTTPRequestHandler) -> None:
    """Announce everything and hang up after a part."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(BODY)))
    handler.end_headers()
    handler.wfile.write(BODY[:100_000])
    handler.close_connection = True


def without_end(handler: BaseHTTPRequestHandler) -> None:
    """Send everything and keep the connection open."""
    whole(handler)
    handler.wfile.flush()
    time.sleep(3)
    handler.close_connection = True


def chunked(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for begin in range(0, len(BODY), 50_000):
        block = BODY[begin : begin + 50_000]
        handler.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Begin, then say nothing for long."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(BODY)))
    handler.end_headers()
    handler.wfile.write(BODY[:10])
    handler.wfile.flush()
    time.sleep(3)
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    for _ in range(100):
        handler.wfile.write(BODY)


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
