# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a request to a server failed, in words that contain nothing of the address and nothing that the server sent."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses

import requests
import urllib3

from ...module_utils.hermetic.errors import FetchFailed
from ...module_utils.hermetic.fetching.pacing import TooSlow
from ...module_utils.hermetic.fetching.redirects import RedirectRefused
from ...module_utils.hermetic.text.redaction import shown
from .url_credentials import origin_of

_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_REMEDIES = {
    401: "give credentials for this host",
    403: "the credentials do not allow it",
    404: "publish it there or correct the address",
    407: "give the proxy's credentials in the proxy's address",
    410: "publish it there or correct the address",
}
_UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.LocationParseError,
    UnicodeError,
)


class Stopped(Exception):
    """Raised when one try at a server failed.

    ``retry``: it may help to ask again, after ``pause`` seconds. ``everything``: the server as a whole is to blame.
    """

    def __init__(self, reason: str, *, retry: bool = False, pause: float = 0.0, everything: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.pause = pause
        self.everything = everything


class SourceUnavailable(FetchFailed):
    """Raised when a server does not give what it was asked for; ``place`` and ``reason`` are the same for all that fails in this way."""

    def __init__(self, url: str, reason: str) -> None:
        self.place = origin_of(url)
        self.reason = reason
        super().__init__(f"{shown(url)}: {reason}")


def status_failure(status: int, retry_after: str | None) -> Stopped:
    """Return what an answer with this status means."""
    phrase, remedy = responses.get(status, ""), _REMEDIES.get(status)
    reason = f"HTTP {status} {phrase}".strip()
    retry = status in _TRANSIENT
    return Stopped(
        f"{reason}; {remedy}" if remedy else reason,
        retry=retry,
        pause=_seconds(retry_after or "") if retry else 0.0,
        everything=status == 407,
    )


def failure_of(error: Exception, *, timeout: float) -> Stopped:
    """Return what an exception of the HTTP library means."""
    causes = list(_causes(error))

    def first(*kinds: type[BaseException]) -> BaseException | None:
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    if slow := first(TooSlow):
        return Stopped(str(slow), retry=True)
    if refused := first(RedirectRefused):
        return Stopped(str(refused))
    if first(*_UNUSABLE):
        return Stopped("this is no usable address")
    through = "the proxy: " if first(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError) else ""
    if untrusted := first(ssl.SSLCertVerificationError):
        detail = getattr(untrusted, "verify_message", "") or "it cannot be verified"
        return Stopped(f"{through}the certificate of the server is not trusted ({detail}); give its CA as ca_path", everything=True)
    if broken := first(ssl.SSLError):
        detail = str(getattr(broken, "reason", None) or "no reason given").replace("_", " ").lower()
        return Stopped(f"{through}TLS failed ({detail}); the server may speak another protocol at this port", everything=True)
    if first(requests.exceptions.SSLError):
        return Stopped(f"{through}TLS failed; check the file of certificates (ca_path)", everything=True)
    if first(socket.gaierror):
        return Stopped(f"{through}the name of the server cannot be resolved", retry=True, everything=True)
    if first(ConnectionRefusedError):
        return Stopped(f"{through}the server refused the connection", retry=True, everything=True)
    if first(urllib3.exceptions.ConnectTimeoutError):
        return Stopped(f"{through}no connection within {timeout:g} s", retry=True, everything=True)
    if first(TimeoutError, urllib3.exceptions.TimeoutError, requests.exceptions.Timeout):
        return Stopped(f"{through}no byte came for {timeout:g} s", retry=True)
    if system := first(OSError) if not causes or not isinstance(error, requests.RequestException) else first(ConnectionError):
        return Stopped(
            f"{through}the server cannot be reached or hung up ({getattr(system, 'strerror', None) or 'no reason given'})", retry=True
        )
    return Stopped(f"{through}the server cannot be reached or hung up", retry=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it was made from, in whatever way the libraries keep them."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def _seconds(retry_after: str) -> float:
    if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0
