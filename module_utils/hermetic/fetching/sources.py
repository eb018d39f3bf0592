# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open one source of an artifact, a URL or a path, as a stream of bytes, and say why when that fails."""

from __future__ import annotations

import base64
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Callable
from urllib.parse import unquote, urlsplit, urlunsplit

from ..text.redaction import is_ambiguous
from .pacing import Pace, TooSlow, paced
from .redirects import RedirectRefused, Redirects, host_of

_WORTH_A_RETRY = {408, 425, 429}
_HTTP_REMEDIES = {
    401: "give credentials for this host",
    403: "the credentials do not allow it",
    404: "publish the file there or correct the address",
    407: "give the proxy's credentials in the proxy variables of the environment",
    410: "publish the file there or correct the address",
}


class SourceFailed(Exception):
    """Raised when a source gave nothing, or not all; the text holds no credentials.

    ``retry``: it may help to ask again, after ``pause`` seconds. ``restart``: but from the first byte. ``unreachable``: the
    server as a whole is away, not this one file.
    """

    def __init__(self, reason: str, *, retry: bool = False, restart: bool = False, pause: float = 0.0, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.restart = restart
        self.pause = pause
        self.unreachable = unreachable


@dataclass(frozen=True)
class Access:
    """How sources may be reached: patience in seconds, bytes for each second, credentials by host name (or host:port), certificates."""

    timeout: float
    minimum_rate: float = 0.0
    download_timeout: float = 3600.0
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    ca_path: str | None = None


@dataclass(frozen=True)
class Opened:
    """A stream that begins at ``offset`` of the file; ``total`` is the size of the whole file when the source stated it.

    ``read`` raises SourceFailed, and nothing else, when the source is to blame.
    """

    read: Callable[[int], bytes]
    close: Callable[[], None]
    offset: int
    total: int | None


def is_remote(source: str) -> bool:
    """Return whether the source is fetched over the network."""
    return source.lower().startswith(("http://", "https://"))


def origin(source: str) -> str:
    """Return scheme, host and port of an address, without user info."""
    parts = urlsplit(source)
    return f"{parts.scheme}://{host_of(parts)}"


class Sources:
    """Opens sources with one set of access rules; safe to share between threads."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._opener: urllib.request.OpenerDirector | None = None

    def prepare(self) -> None:
        """Read the certificates; this is done before threads share them, and only when something remote is to be fetched."""
        opener = urllib.request.OpenerDirector()
        handlers: list[urllib.request.BaseHandler] = [
            urllib.request.ProxyHandler(),
            urllib.request.UnknownHandler(),
            _PlainHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            Redirects(),
        ]
        if hasattr(urllib.request, "HTTPSHandler"):
            import ssl

            try:
                context = ssl.create_default_context(cafile=self._access.ca_path)
            except (OSError, ssl.SSLError) as error:
                raise SourceFailed(
                    f"the CA file {self._access.ca_path} cannot be used: {error}; give a readable file of PEM certificates"
                ) from error
            handlers.append(_SecureHandler(context))
        for handler in handlers:
            opener.add_handler(handler)
        self._opener = opener

    def open(self, source: str, *, offset: int = 0, until: float | None = None) -> Opened:
        """Open the source, at the offset if it can; the caller closes what it gets. ``until`` ends it, by the monotonic clock."""
        if until is None:
            until = time.monotonic() + self._access.download_timeout
        return self._open_url(source, offset, until) if is_remote(source) else _open_path(source)

    def _open_url(self, source: str, offset: int, until: float) -> Opened:
        if is_ambiguous(source):
            raise SourceFailed("its user name or password holds a character that must be written as %40, %2F, %3F or %23")
        if self._opener is None:
            self.prepare()
        if self._opener is None:
            raise AssertionError("self._opener is set by now")
        pace = Pace(self._access.timeout, until=until, minimum_rate=self._access.minimum_rate)
        try:
            request = self._request(source, offset)
            request.pace = pace  # type: ignore[attr-defined]
            response = self._opener.open(request, timeout=max(0.001, min(self._access.timeout, until - time.monotonic())))
        except RedirectRefused as error:
            raise SourceFailed(str(error)) from error
        except TooSlow as error:
            raise SourceFailed(str(error), retry=True) from error
        except urllib.error.HTTPError as error:
            error.close()
            raise _http_failure(error) from error
        except (http.client.InvalidURL, ValueError) as error:
            raise SourceFailed("this is no usable address") from error
        except http.client.HTTPException as error:
            raise SourceFailed(f"the server broke the protocol ({type(error).__name__})", retry=True) from error
        except OSError as error:
            raise _network_failure(error, self._access.timeout) from error
        try:
            begin, total = _extent(response, offset)
        except SourceFailed:
            response.close()
            raise
        return Opened(read=_guarded(response.read1, self._access.timeout, pace), close=response.close, offset=begin, total=total)

    def _request(self, source: str, offset: int) -> urllib.request.Request:
        parts = urlsplit(source)
        request = urllib.request.Request(urlunsplit((parts.scheme, host_of(parts), parts.path, parts.query, "")))
        request.add_header("Accept-Encoding", "identity")
        request.add_header("User-Agent", "hermetic.python")
        if offset:
            request.add_header("Range", f"bytes={offset}-")
        user_info = parts.netloc.rpartition("@")[0]
        known = self._access.credentials.get(host_of(parts)) or self._access.credentials.get(parts.hostname or "")
        if user_info:
            user, _unused, password = user_info.partition(":")
            authorization: str | None = _basic(unquote(user), unquote(password))
        else:
            authorization = _basic(known.get("username") or "", known.get("password") or "") if known else None
        if authorization:
            request.add_unredirected_header("Authorization", authorization)
        return request


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: Any) -> Any:
        return self.do_open(paced(http.client.HTTPConnection, req.pace), req)


class _SecureHandler(urllib.request.BaseHandler):
    """Opens https as the library's own handler does, with answers that keep their pace."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._plain = urllib.request.HTTPHandler()

    def https_open(self, req: Any) -> Any:
        return self._plain.do_open(paced(http.client.HTTPSConnection, req.pace), req, context=self._context)

    https_request = urllib.request.AbstractHTTPHandler.do_request_


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _extent(response: Any, asked: int) -> tuple[int, int | None]:
    """Return where the body begins in the file, and how long the file is."""
    if response.status == 206:
        match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", response.headers.get("Content-Range", "").strip())
        if match is None or int(match[1]) != asked:
            raise SourceFailed("the server sent another part of the file than it was asked for", retry=True, restart=True)
        return asked, None if match[2] == "*" else int(match[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None


def _guarded(read: Callable[[int], bytes], timeout: float, pace: Pace) -> Callable[[int], bytes]:
    """Return a reader that raises failures of the network as SourceFailed; those of the disk raise OSError, too."""

    def guarded(size: int) -> bytes:
        try:
            block = read(size)
            pace.came(len(block))
            return block
        except TooSlow as error:
            raise SourceFailed(str(error), retry=True) from error
        except (http.client.HTTPException, ValueError) as error:
            raise SourceFailed("the server closed the connection too early", retry=True) from error
        except OSError as error:
            raise _network_failure(error, timeout) from error

    return guarded


def _http_failure(error: urllib.error.HTTPError) -> SourceFailed:
    if 300 <= error.code < 400:  # Python's own reason quotes the address with all that is in it
        return SourceFailed(f"HTTP {error.code}: redirected in a circle, or to an address that is neither http nor https")
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return SourceFailed("HTTP 416: the file there is shorter than the part that is here", retry=True, restart=True)
    # The server's own words may hold anything: an address with its query, or what moves a terminal.
    text = f"HTTP {error.code} {http.client.responses.get(error.code, '')}".strip()
    remedy = _HTTP_REMEDIES.get(error.code)
    retry = error.code >= 500 or error.code in _WORTH_A_RETRY
    return SourceFailed(
        f"{text}; {remedy}" if remedy else text, retry=retry, pause=_retry_after(error.headers.get("Retry-After", "")) if retry else 0.0
    )


def _retry_after(value: str) -> float:
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0


def _network_failure(error: OSError, timeout: float) -> SourceFailed:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    name = type(reason).__name__
    if name == "SSLCertVerificationError":
        detail = getattr(reason, "verify_message", "") or str(reason)
        return SourceFailed(f"the certificate of the server is not trusted ({detail}); give its CA as ca_path")
    if isinstance(reason, TimeoutError) or name == "timeout":
        return SourceFailed(f"no byte came for {timeout:g} s", retry=True, unreachable=isinstance(error, urllib.error.URLError))
    text = getattr(reason, "strerror", None) or str(reason)
    return SourceFailed(
        f"the server cannot be reached or hung up ({text})", retry=True, unreachable=isinstance(error, urllib.error.URLError)
    )


def _open_path(source: str) -> Opened:
    path = source
    if "://" in source:
        scheme, _unused, rest = source.partition("://")
        host, slash, rest = rest.partition("/")
        if scheme.lower() != "file" or host not in ("", "localhost"):
            raise SourceFailed("only http, https and file addresses and paths can be read")
        path = urllib.request.url2pathname(slash + rest)
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - the caller closes it
    except (OSError, ValueError) as error:
        raise SourceFailed(getattr(error, "strerror", None) or str(error)) from error

    def read(size: int) -> bytes:
        try:
            return file.read(size)
        except OSError as error:
            raise SourceFailed(f"cannot be read: {error.strerror or error}") from error

    return Opened(read=read, close=file.close, offset=0, total=None)
