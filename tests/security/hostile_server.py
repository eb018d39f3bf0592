# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server below HTTP: it sends whatever bytes a test gives it, in whatever pieces, without end if so asked."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator

OK = b"HTTP/1.1 200 OK\r\n"
Answer = Callable[[str], Iterable[bytes]]


class HostileServer:
    """Answers every request with what ``answer`` yields for its path, until the client is gone."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.paths: list[str] = []
        self.sent = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _unused = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            path = head.split(b" ", 2)[1].decode("latin-1")
            self.paths.append(path)
            for block in self.answer(path):
                connection.sendall(block)
                self.sent += len(block)


@contextlib.contextmanager
def hostile(answer: Answer) -> Iterator[HostileServer]:
    server = HostileServer(answer)
    try:
        yield server
    finally:
        server.close()


def endless_body(_path: str) -> Iterator[bytes]:
    yield OK + b"Content-Type: application/json\r\n\r\n"
    yield from itertools.repeat(b"x" * 65536)


def endless_chunks(_path: str) -> Iterator[bytes]:
    yield OK + b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from itertools.repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def endless_chunk_size(_path: str) -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from itertools.repeat(b"0" * 65536)


def endless_head(_path: str) -> Iterator[bytes]:
    yield OK
    for number in itertools.count():
        yield b"X-%d: %s\r\n" % (number, b"x" * 1000)


def one_long_field(_path: str) -> Iterator[bytes]:
    yield OK + b"X: "
    yield from itertools.repeat(b"x" * 65536)


def endless_interim_answers(_path: str) -> Iterator[bytes]:
    yield from itertools.repeat(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n")


def endless_status_line(_path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 "
    yield from itertools.repeat(b"x" * 65536)


def redirect_with_endless_body(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /next" + path.encode() + b"\r\n\r\n"
    yield from itertools.repeat(b"x" * 65536)


def refusal_with_endless_body(_path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 404 Not Found\r\n\r\n"
    yield from itertools.repeat(b"x" * 65536)


def drop_by_drop_body(_path: str) -> Iterator[bytes]:
    """Keep within every silence, and never come to an end."""
    yield OK + b"Content-Length: 100000\r\n\r\n"
    while True:
        time.sleep(0.05)
        yield b"x"


def drop_by_drop_head(_path: str) -> Iterator[bytes]:
    yield OK + b"X: "
    while True:
        time.sleep(0.05)
        yield b"x"


def gzip_bomb(_path: str) -> Iterator[bytes]:
    """One packed mebibyte is a gibibyte."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = b"\0" * (1 << 20)
    yield OK + b"Content-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n"
    while True:
        yield packer.compress(zeros)


def gzip_in_gzip(_path: str) -> Iterator[bytes]:
    inner = zlib.compress(b"\0" * (16 << 20), 9, wbits=31)
    yield OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + zlib.compress(inner, 9, wbits=31)


def answer(status: int, *fields: str, body: bytes = b"", reason: str = "Whatever") -> Answer:
    head = f"HTTP/1.1 {status} {reason}\r\n" + "".join(f"{field}\r\n" for field in fields)

    def send(_path: str) -> Iterator[bytes]:
        yield head.encode("latin-1") + f"Content-Length: {len(body)}\r\n\r\n".encode() + body

    return send
