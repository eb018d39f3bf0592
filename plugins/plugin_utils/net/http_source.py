# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading http(s) URLs on the controller: retried, verified, bounded in size and time, with secrets that never enter a message."""

from __future__ import annotations

import hashlib
import re
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.auth import HTTPBasicAuth

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.fetching.pacing import Pace, TooSlow
from ...module_utils.hermetic.fetching.redirects import RedirectRefused, refuse_redirect
from ...module_utils.hermetic.text.redaction import shown
from .http_failures import SourceUnavailable, Stopped, failure_of, status_failure
from .local_file import replacing
from .paced_session import keeping, paced_session
from .size_limits import TooLarge
from .url_credentials import certain, entry_of, host_names, origin_of, split_credentials

_BLOCK = 64 << 10
_MOST_REDIRECTS = 10
_LONGEST_PAUSE = 120.0
_REDIRECTS = (301, 302, 303, 307, 308)
PAGE_LIMIT = 32 << 20
"""Bytes of an index or a page, unpacked."""
PAGE_TIME = 300.0
"""Seconds for an index or a page, all tries together."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class HttpAnswer:
    """An answer to a GET; ``status`` is 200, 304 or one that counts as absent (404), everything else was raised."""

    status: int
    url: str
    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class HttpSource:
    """An HTTP client; a proxy, netrc and the environment's CA bundle are honoured as ``requests`` does."""

    ca_path: str | None = None
    trusted_hosts: Sequence[str] = ()
    """Hosts (or host:port) whose certificate is not checked."""
    verified_hosts: Collection[str] = ()
    """Host and port of those whose certificate is checked nevertheless."""
    proxy: str | None = None
    timeout: float = 60.0
    retries: int = 4
    download_timeout: float = 3600.0
    minimum_rate: float = 0.0
    maximum_size: int = 4 << 30
    """Bytes of a file whose size is not known."""
    page_limit: int = PAGE_LIMIT
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    _away: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, limit: int | None = None, absent: Collection[int] = (404,)
    ) -> HttpAnswer:
        """Read a URL into memory; 304 and what counts as absent are answers, any other failure is raised.

        With a limit, one byte more raises ``TooLarge``. Object stores answer 403 for what is not there, where nobody may list them.
        """

        def read(until: float) -> HttpAnswer:
            with self._opened(url, until=until, headers=headers) as (response, address, pace):
                if response.status_code not in (200, 304, *absent):
                    raise _refusal(response)
                content = b""
                if response.status_code == 200:
                    content = _whole(_unpacked(response, pace, self.page_limit), self.page_limit, url=url, own=limit)
                return HttpAnswer(response.status_code, address, content, response.headers)

        return self._tried(url, read, seconds=min(PAGE_TIME, self.download_timeout))

    def digest(self, url: str) -> str:
        """Return the SHA-256 of what a URL holds, without keeping it."""

        def read(until: float) -> str:
            found = hashlib.sha256()
            for block in self._blocks(url, until=until, size=None):
                found.update(block)
            return found.hexdigest()

        return self._tried(url, read, seconds=self.download_timeout)

    def save(self, url: str, path: Path, *, sha256: str, size: int | None = None) -> None:
        """Write what a URL holds to a path; nothing is left there unless the digest is the wanted one."""

        def read(until: float) -> None:
            received = 0
            found = hashlib.sha256()
            with replacing(path) as stream:
                for block in self._blocks(url, until=until, size=size):
                    received += len(block)
                    found.update(block)
                    stream.write(block)
                if found.hexdigest() != sha256:
                    raise BrokenArtifact(f"{shown(url)}: has SHA-256 {found.hexdigest()} ({received} bytes), expected {sha256}")

        self._tried(url, read, seconds=self.download_timeout)

    def _tried(self, url: str, read: Callable[[float], Answer], *, seconds: float) -> Answer:
        """Return what one of the allowed tries gave, or raise the reason of the last one."""
        until = time.monotonic() + seconds
        place = origin_of(url)
        for attempt in range(self.retries + 1):
            if place in self._away:
                raise SourceUnavailable(url, self._away[place])
            try:
                return read(until)
            except Stopped as stopped:
                failure = stopped
            except (TooSlow, RedirectRefused, requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
                failure = failure_of(error, timeout=self.timeout)
            pause = max(min(0.3 * 2**attempt, 10.0), min(failure.pause, _LONGEST_PAUSE))
            if not failure.retry or attempt == self.retries or time.monotonic() + pause >= until:
                break
            time.sleep(pause)
        if failure.everything:
            # Fifty projects of one index need not all wait for a server that is away.
            self._away[place] = failure.reason
        raise SourceUnavailable(url, failure.reason)

    def _blocks(self, url: str, *, until: float, size: int | None) -> Iterator[bytes]:
        """Yield the bytes of a file; raise an error at the first byte that is too many."""
        with self._opened(url, until=until) as (response, _address, pace):
            if response.status_code != 200:
                raise _refusal(response)
            limit = self.maximum_size if size is None else size
            if (_announced(response) or 0) > limit:
                raise _too_long(url, limit, known=size is not None)
            received = 0
            for block in _raw(response, pace):
                received += len(block)
                if received > limit:
                    raise _too_long(url, limit, known=size is not None)
                yield block

    @contextmanager
    def _opened(self, url: str, *, until: float, headers: Mapping[str, str] | None = None) -> Iterator[tuple[requests.Response, str, Pace]]:
        """Ask, follow redirects, and give the answer whose body is not read yet, with the address that it came from."""
        pace = Pace(self.timeout, until=until, minimum_rate=self.minimum_rate)
        address = url
        with keeping(pace):
            for _unused in range(_MOST_REDIRECTS + 1):
                response = self._request(address, headers=headers, until=until)
                try:
                    location = response.headers.get("location")
                    if response.status_code not in _REDIRECTS or location is None:
                        yield response, address, pace
                        return
                    address = _redirected(address, location)
                finally:
                    response.close()
        raise Stopped(f"redirected more than {_MOST_REDIRECTS} times")

    def _request(self, url: str, *, headers: Mapping[str, str] | None, until: float) -> requests.Response:
        # Host and port come first: a port of its own is a server of its own.
        known = entry_of(self.credentials, url)
        names = host_names(url)
        trusted = any(name in self.trusted_hosts for name in names) and not any(name.lower() in self.verified_hosts for name in names[:1])
        try:
            return self._session.get(
                url,
                headers={"Accept-Encoding": "identity", **(headers or {})},
                # As UTF-8, which servers expect and hosts send; requests would write Latin-1.
                auth=HTTPBasicAuth((known.get("username") or "").encode(), (known.get("password") or "").encode()) if known else None,
                timeout=max(0.001, min(self.timeout, until - time.monotonic())),
                verify=False if trusted else (self.ca_path or True),
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise
        except OSError as error:
            # The library's own way to say that it cannot read the certificates.
            raise Stopped(
                f"the file of certificates {self.ca_path} cannot be read; give a readable one as ca_path", everything=True
            ) from error

    @cached_property
    def _session(self) -> requests.Session:
        return paced_session(self.proxy)


def _redirected(address: str, location: str) -> str:
    """Return where an answer sends on to, without user info, or raise an error when nobody follows."""
    try:
        # Header fields arrive as Latin-1, whatever they were written in.
        following = urljoin(address, location.encode("latin-1").decode("utf-8", "replace"))
        refuse_redirect(urlsplit(address).scheme, urlsplit(following).scheme)
        return split_credentials(certain(following))[0]
    except (HermeticError, ValueError) as error:
        raise Stopped("redirected to what is no usable address") from error


def _refusal(response: requests.Response) -> Stopped:
    return status_failure(response.status_code, response.headers.get("retry-after"))


def _too_long(url: str, limit: int, *, known: bool) -> HermeticError:
    if known:
        return BrokenArtifact(f"{shown(url)}: holds more than the {limit} bytes that were promised")
    return SourceUnavailable(url, f"it has more than the {limit} bytes that a download may have (maximum_size)")


def _raw(response: requests.Response, pace: Pace) -> Iterator[bytes]:
    """Yield the body as it travels; the library's own unpacking makes a thousand bytes of one before anybody can count them."""
    read = getattr(response.raw, "read1", None) or response.raw.read
    announced = _announced(response)
    received = 0
    while block := read(_BLOCK, decode_content=False):
        pace.came(len(block))
        received += len(block)
        yield block
    if announced is not None and received < announced:
        raise Stopped(f"the connection ended after {received} of {announced} bytes", retry=True)


def _announced(response: requests.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    if "transfer-encoding" in response.headers or not re.fullmatch(r"[0-9]{1,18}", length):
        return None
    return int(length)


def _unpacked(response: requests.Response, pace: Pace, limit: int) -> Iterator[bytes]:
    """Yield the body in pieces of bounded size, unpacked where the server packed it."""
    packed = _limited(_raw(response, pace), limit)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from packed
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Stopped("the server packed its answer in another way than gzip, which nobody asked for")
    unpacker = zlib.decompressobj(wbits=31)
    for block in packed:
        waiting = block
        while waiting:
            try:
                piece = unpacker.decompress(waiting, _BLOCK)
            except zlib.error as error:
                raise Stopped("the server's answer is not the gzip that it claims to be", retry=True) from error
            yield piece
            waiting = unpacker.unconsumed_tail
            if unpacker.eof:
                waiting = unpacker.unused_data
                unpacker = zlib.decompressobj(wbits=31)
    while piece := unpacker.decompress(unpacker.unconsumed_tail, _BLOCK):
        yield piece


def _whole(pieces: Iterator[bytes], most: int, *, url: str, own: int | None) -> bytes:
    """Return all of an answer; a limit of its own has an error of its own."""
    content = bytearray()
    for piece in _limited(pieces, most):
        content += piece
        if own is not None and len(content) > own:
            raise TooLarge(url, own)
    return bytes(content)


def _limited(pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise Stopped(f"it has more than the {limit} bytes that an index or a page may have")
        yield piece
