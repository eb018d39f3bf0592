# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending a file to a web server by PUT: retried, verified, with secrets that never enter a message."""

from __future__ import annotations

import time

import requests
from requests.auth import HTTPBasicAuth

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import shown
from .http_failures import Stopped, failure_of, status_failure

_STORED = (200, 201, 202, 204)
_TIMEOUT = 60.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0


class UploadRefused(HermeticError):
    """No try to store a file on a server succeeded."""


def put(
    url: str, content: bytes, *, content_type: str, credentials: tuple[str, str] | None = None, ca_path: str | None = None, retries: int = 4
) -> None:
    """Store the content at a URL; raises UploadRefused with the reason of the last try."""
    auth = HTTPBasicAuth(credentials[0].encode(), credentials[1].encode()) if credentials is not None else None
    attempt = 0
    while (failure := _tried(url, content, content_type=content_type, auth=auth, ca_path=ca_path)) is not None:
        if not failure.retry or attempt == retries:
            raise UploadRefused(f"{shown(url)} was not stored: {failure.reason}.")
        time.sleep(max(min(_FIRST_PAUSE * 2**attempt, 10.0), min(failure.pause, _LONGEST_PAUSE)))
        attempt += 1


def _tried(url: str, content: bytes, *, content_type: str, auth: HTTPBasicAuth | None, ca_path: str | None) -> Stopped | None:
    try:
        answer = requests.put(
            url,
            data=content,
            headers={"Content-Type": content_type},
            auth=auth,
            timeout=_TIMEOUT,
            verify=ca_path or True,
            # A redirected PUT is a GET for many servers, and nothing would be stored.
            allow_redirects=False,
            stream=True,
        )
    except (requests.RequestException, UnicodeError) as error:
        return failure_of(error, timeout=_TIMEOUT)
    except OSError:
        return Stopped(f"the file of certificates {ca_path} cannot be read")
    with answer:
        if answer.status_code in _STORED:
            return None
        if 300 <= answer.status_code < 400:
            return Stopped(f"the server redirects (HTTP {answer.status_code}); give the address that it redirects to")
        return status_failure(answer.status_code, answer.headers.get("retry-after"))
