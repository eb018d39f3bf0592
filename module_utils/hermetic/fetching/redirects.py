# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a redirect may lead, and what may go there with it."""

from __future__ import annotations

import io
import urllib.request
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


class RedirectRefused(Exception):
    """Raised when a server sends on to where nobody follows."""


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, and take credentials along only to the same server or from its http to its https."""

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Follow a redirect without reading what came with it, which may have no end."""
        fp.close()
        return super().http_error_302(req, io.BytesIO(), code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_302

    def http_error_308(self, req: Any, fp: Any, _code: int, msg: str, headers: Any) -> Any:
        """Follow a permanent redirect, which Python knows by itself since 3.11 only."""
        return self.http_error_302(req, fp, 307, msg, headers)

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> urllib.request.Request | None:
        new, old = urlsplit(newurl), urlsplit(req.full_url)
        refuse_redirect(old.scheme, new.scheme)
        bare = urlunsplit((new.scheme, host_of(new), new.path, new.query, ""))
        request = super().redirect_request(req, fp, code, msg, headers, bare)
        if request is None:
            return None
        request.pace = req.pace  # type: ignore[attr-defined]
        authorization = req.unredirected_hdrs.get("Authorization")
        if authorization and _may_follow(old, new):
            request.add_unredirected_header("Authorization", authorization)
        return request


def refuse_redirect(old: str, new: str) -> None:
    """Raise RedirectRefused unless an address of the one scheme may lead to one of the other."""
    if new.lower() not in DEFAULT_PORTS:
        raise RedirectRefused(f"redirected to a {new[:20] or 'nameless'} address; only http and https are followed")
    if old.lower() == "https" and new.lower() == "http":
        raise RedirectRefused("redirected from https to http, which is not followed; let the server redirect to https")


def host_of(parts: SplitResult) -> str:
    """Return host and port of an address, without user info."""
    return parts.netloc.rpartition("@")[2]


def _may_follow(old: SplitResult, new: SplitResult) -> bool:
    if old.hostname != new.hostname:
        return False
    ports = (old.port or DEFAULT_PORTS[old.scheme], new.port or DEFAULT_PORTS[new.scheme])
    return (old.scheme == new.scheme and ports[0] == ports[1]) or (old.scheme, new.scheme, *ports) == ("http", "https", 80, 443)
