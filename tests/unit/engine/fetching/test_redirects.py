# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a redirect may lead, and what goes along."""

from __future__ import annotations

import io
import urllib.request
from email.message import Message

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.redirects import RedirectRefused, Redirects, refuse_redirect


def followed(old: str, new: str, code: int = 302) -> urllib.request.Request | None:
    request = urllib.request.Request(old)
    request.pace = "the pace"  # type: ignore[attr-defined]
    request.add_unredirected_header("Authorization", "Basic secret")
    return Redirects().redirect_request(request, io.BytesIO(), code, "moved", Message(), new)


@pytest.mark.parametrize(
    ("old", "new", "goes_along"),
    [
        ("https://a.example/x", "https://a.example/y", True),
        ("https://a.example/x", "https://a.example:443/y", True),
        ("http://a.example/x", "https://a.example/y", True),
        ("https://a.example/x", "https://b.example/y", False),
        ("https://a.example/x", "https://a.example.evil/y", False),
        ("https://a.example/x", "https://a.example:8443/y", False),
        ("http://a.example:8080/x", "https://a.example/y", False),
        ("http://a.example:8080/x", "http://a.example:8080/y", True),
        ("http://a.example/x", "https://a.example:8443/y", False),
    ],
)
def test_credentials_go_to_the_same_server_only(old: str, new: str, goes_along: bool) -> None:
    request = followed(old, new)
    assert request is not None
    assert request.full_url == new
    assert ("Authorization" in request.unredirected_hdrs) is goes_along
    assert request.pace == "the pace"  # type: ignore[attr-defined]


def test_user_info_and_fragment_of_an_address_are_dropped() -> None:
    request = followed("https://a.example/x", "https://rob:pass@b.example/y?q=1#f")
    assert request is not None
    assert request.full_url == "https://b.example/y?q=1"


@pytest.mark.parametrize("new", ["file:///etc/passwd", "ftp://a.example/x", "data:,x", "javascript:x", ""])
def test_only_web_addresses_are_followed(new: str) -> None:
    with pytest.raises(RedirectRefused, match="only http and https"):
        refuse_redirect("https", new.partition(":")[0])
    if new:
        with pytest.raises(RedirectRefused):
            followed("https://a.example/x", new)


@pytest.mark.parametrize(("old", "new"), [("https", "http"), ("HTTPS", "HTTP")])
def test_encryption_is_not_given_up(old: str, new: str) -> None:
    with pytest.raises(RedirectRefused, match="from https to http"):
        refuse_redirect(old, new)


def test_every_code_is_followed_and_its_body_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, bytes]] = []
    monkeypatch.setattr(
        urllib.request.HTTPRedirectHandler,
        "http_error_302",
        lambda self, req, fp, code, msg, headers: seen.append((code, fp.read())),
    )
    for code in (301, 302, 303, 307, 308):
        body = io.BytesIO(b"without end")
        getattr(Redirects(), f"http_error_{code}")(urllib.request.Request("https://a.example"), body, code, "moved", Message())
        assert body.closed
    assert seen == [(301, b""), (302, b""), (303, b""), (307, b""), (307, b"")]
