# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cable that can be cut: it carries a host's connections until so many bytes have gone there, and none afterwards."""

from __future__ import annotations

import contextlib
import socket
import threading


class Cable:
    """Listens on this machine and carries what arrives to a host; ``cut`` tells whether the limit was reached."""

    def __init__(self, address: str, port: int, *, limit: int) -> None:
        self._there = (address, port)
        self._left = limit
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.cut = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End every connection and take no more."""
        for end in [self._listener, *self._ends]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
                far = socket.create_connection(self._there)
            except OSError:
                return
            self._ends += [near, far]
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, destination: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                if counted:
                    self._left -= len(data)
                    if self._left < 0:
                        self.cut.set()
                        self.close()
                        return
                destination.sendall(data)
            destination.shutdown(socket.SHUT_WR)
