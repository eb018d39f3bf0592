# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading http(s) URLs on the controller: retried, verified, with credentials that never enter a message."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.util import Retry

from ..module_utils.hermetic.errors import BrokenArtifact, FetchFailed, redacted

_TRANSIENT = (408, 429, 500, 502, 503, 504)
_BLOCK = 1 << 20


@dataclass(frozen=True)
class HttpAnswer:
    """An answer to a GET; ``status`` is 200, 304 or 404, everything else was raised."""

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
    proxy: str | None = None
    timeout: float = 60.0
    retries: int = 4
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Read a URL into memory; 404 and 304 are answers, any other failure is raised."""
        try:
            with self._request(url, headers=headers) as response:
                if response.status_code not in (200, 304, 404):
                    raise FetchFailed(f"{url}: HTTP {response.status_code} {response.reason}")
                return HttpAnswer(response.status_code, response.url, response.content, response.headers)
        except requests.RequestException as error:
            raise self._failed(url, error) from error

    def digest(self, url: str) -> str:
        """Return the SHA-256 of what a URL holds, without keeping it."""
        try:
            with self._request(url, stream=True) as response:
                if response.status_code != 200:
                    raise FetchFailed(f"{url}: HTTP {response.status_code} {response.reason}")
                found = hashlib.sha256()
                for block in _body(response):
                    found.update(block)
                return found.hexdigest()
        except (_BrokenOff, requests.RequestException) as error:
            raise self._failed(url, error) from error

    def save(self, url: str, path: Path, *, sha256: str, size: int | None = None) -> None:
        """Write what a URL holds to a path; nothing is left there unless the digest is the wanted one."""
        for attempt in range(self.retries + 1):
            try:
                self._save_once(url, path, sha256=sha256, size=size)
                return
            except _BrokenOff as error:
                if attempt == self.retries:
                    raise self._failed(url, error) from error
                time.sleep(min(0.3 * 2**attempt, 10.0))
            except requests.RequestException as error:
                raise self._failed(url, error) from error

    def _save_once(self, url: str, path: Path, *, sha256: str, size: int | None) -> None:
        received = 0
        found = hashlib.sha256()
        handle, beside = tempfile.mkstemp(prefix=".part-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream, self._request(url, stream=True) as response:
                if response.status_code != 200:
                    raise FetchFailed(f"{url}: HTTP {response.status_code} {response.reason}")
                for block in _body(response):
                    received += len(block)
                    if size is not None and received > size:
                        raise BrokenArtifact(f"{url}: holds more than the {size} bytes that were promised")
                    found.update(block)
                    stream.write(block)
            if found.hexdigest() != sha256:
                raise BrokenArtifact(f"{url}: has SHA-256 {found.hexdigest()} ({received} bytes), wanted {sha256}")
            os.replace(beside, path)
        finally:
            if os.path.exists(beside):
                os.unlink(beside)

    def _request(self, url: str, *, headers: Mapping[str, str] | None = None, stream: bool = False) -> requests.Response:
        parts = urlsplit(url)
        known = self.credentials.get(parts.netloc) or self.credentials.get(parts.hostname or "")
        trusted = parts.netloc in self.trusted_hosts or parts.hostname in self.trusted_hosts
        return self._session.get(
            url,
            headers={"Accept-Encoding": "identity", **(headers or {})},
            # As UTF-8, which servers expect and hosts send; requests would write Latin-1.
            auth=HTTPBasicAuth((known.get("username") or "").encode(), (known.get("password") or "").encode()) if known else None,
            timeout=self.timeout,
            verify=False if trusted else (self.ca_path or True),
            stream=stream,
        )

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        again = Retry(
            total=self.retries, status_forcelist=_TRANSIENT, backoff_factor=0.3, raise_on_status=False, respect_retry_after_header=True
        )
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=again, pool_maxsize=32))
        if self.proxy:
            session.proxies = {"http": self.proxy, "https": self.proxy}
        return session

    def _failed(self, url: str, error: Exception) -> FetchFailed:
        return FetchFailed(f"{redacted(url)}: {redacted(str(error))}")


class _BrokenOff(Exception):
    """Raised when a connection drops within a body, which the adapter's own retries do not cover."""


def _body(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_BLOCK)
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError) as error:
        raise _BrokenOff(str(error)) from error
