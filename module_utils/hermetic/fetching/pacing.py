# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bound what one exchange with a server may take: the time of its head, its bytes for each second, its size, and the whole."""

from __future__ import annotations

import http.client
import io
import socket
import time
from functools import partial
from typing import Any, Callable

HEAD_LIMIT = 256 << 10
"""Bytes of status line and header fields, those of interim answers included."""

_TOO_LONG = "it took longer than the whole transfer may take (download_timeout)"


class TooSlow(Exception):
    """Raised when a server keeps within every silence and still does not get on; no OSError, so that nobody takes it for another failure."""


class Pace:
    """The limits of one exchange; ``clock`` is for tests."""

    def __init__(self, timeout: float, *, until: float, minimum_rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout = timeout
        self._until = until
        self._rate = minimum_rate
        self._clock = clock
        self._begun = clock()
        self._came = 0
        self._head = 0
        self._in_head = False

    def begin_head(self) -> None:
        """Begin with an answer, of which there are several where requests are redirected."""
        self._begun, self._head, self._in_head = self._clock(), 0, True

    def end_head(self) -> None:
        """Begin with the content of an answer."""
        self._begun, self._came, self._in_head = self._clock(), 0, False

    def patience(self) -> float:
        """Return the seconds that may pass until the next byte; raises TooSlow when none are left."""
        now = self._clock()
        if now >= self._until:
            raise TooSlow(_TOO_LONG)
        if self._in_head:
            if now - self._begun >= self._timeout:
                raise TooSlow(f"the head of its answer was not complete after {self._timeout:g} s")
            return min(self._timeout - (now - self._begun), self._until - now)
        if now - self._begun >= self._timeout:
            if self._came < self._rate * (now - self._begun):
                raise TooSlow(
                    f"{self._came} bytes came in {now - self._begun:.0f} s, less than {self._rate:g} for each second (minimum_rate)"
                )
            self._begun, self._came = now, 0
        return min(self._timeout, self._until - now)

    def check_silence(self) -> None:
        """Raise TooSlow where it was another limit than that of silence that ended the wait for a byte."""
        now = self._clock()
        if now >= self._until:
            raise TooSlow(_TOO_LONG)
        if self._in_head and self._head and now - self._begun >= self._timeout:
            raise TooSlow(f"the head of its answer was not complete after {self._timeout:g} s")

    def read(self, count: int) -> None:
        """Count bytes that were read from the connection."""
        if self._in_head:
            self._head += count
            if self._head > HEAD_LIMIT:
                raise TooSlow(f"the head of its answer is longer than {HEAD_LIMIT} bytes")

    def came(self, count: int) -> None:
        """Count bytes of content: what a protocol sends beside it is no progress."""
        self._came += count


class PacedResponse(http.client.HTTPResponse):
    """An answer of a server that is read within the limits of its pace."""

    def __init__(self, sock: socket.socket, *arguments: Any, pace: Pace | None = None, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self._pace = pace
        if pace is not None:
            pace.begin_head()
            self.fp = io.BufferedReader(_PacedStream(self.fp.detach(), sock, pace))

    def begin(self) -> None:
        """Read the head."""
        super().begin()
        if self._pace is not None:
            self._pace.end_head()


class _PacedStream(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, connection: socket.socket, pace: Pace) -> None:
        self._raw = raw
        self._connection = connection
        self._pace = pace

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(self._pace.patience())
        try:
            count: int | None = self._raw.readinto(buffer)
        except OSError:
            self._pace.check_silence()
            raise
        self._pace.read(count or 0)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def paced(connection: Callable[..., http.client.HTTPConnection], pace: Pace) -> Callable[..., http.client.HTTPConnection]:
    """Return what makes such a connection, with answers that keep the pace."""

    def make(host: str, **named: Any) -> http.client.HTTPConnection:
        made = connection(host, **named)
        made.response_class = partial(PacedResponse, pace=pace)  # type: ignore[assignment]
        return made

    return make
