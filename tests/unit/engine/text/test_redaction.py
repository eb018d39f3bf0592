# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an address may be shown, in whatever way the secret in it is written."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.redaction import has_secret, is_ambiguous, redacted, shown

SECRETS = [
    "http://user:s3cret@host/x",
    "HTTPS://user:s3cret@host/x",
    "http://s3cret@host/x",
    "//user:s3cret@host/x",
    "http://user:s3c%72et-s3cret@host/x",
    "http://user:s3cret@[::1]:8443/x",
    "http://user:p/s3cret@host",
    "http://user:s3cret/w@host",
    "http://user:p?s3cret@host",
    "http://user:s3cret#w@host",
    "http://user:12/s3cret@host",
    "http://user:12?s3cret@host",
    "http://user:p@s3cret@host",
    "http://user:s3cret word@host/x",
    'http://user:p"s3cret@host/x',
    "http://user:p<s3cret@host/x",
    "http://user:p\\s3cret@host/x",
    "http://to/s3cret@host/x",
    "https://host/x.whl?sig=s3cret",
    "https://host/x.whl?sig=s3cret&b='s3cret",
    'https://host/x.whl?sig="s3cret"',
    "https://host?s3cret",
    "https://host/x.whl#s3cret",
    "https:/host/x.whl?s3cret",
    "file:///x.whl?s3cret",
    "git+ssh://user:s3cret@host/x",
    "user:s3cret@proxy:3128",
]


@pytest.mark.parametrize("address", SECRETS)
@pytest.mark.parametrize("around", ["{}", "{}, publish it", "['{}', 'b']", '{{"url":"{}","b":"c"}}', "({})", "a: {}: HTTP 404; next\nline"])
def test_no_secret_is_left_in_a_text(address: str, around: str) -> None:
    text = redacted(around.format(address))
    assert "s3cret" not in text
    assert redacted(text) == text


@pytest.mark.parametrize("address", [address for address in SECRETS if address.lower().startswith(("http", "file", "git", "//"))])
def test_an_address_by_itself_is_shown_without_its_secret(address: str) -> None:
    assert "s3cret" not in shown(address)
    assert has_secret(address)


@pytest.mark.parametrize(
    "text",
    [
        "https://host/path/x-1.0.whl: HTTP 404; publish the file there",
        "https://repo.example/@scope/x.whl",
        "file:web/share/jupyter/labextensions/@scope/x.js is gone",
        "C:/path@2 and C:\\x:y@z and //server/share/x",
        "virtualenv:web: written by a@b.example",
        "['https://host/a', 'https://host/b']",
        "http://[2001:db8::1]:8080/x",
        "see https://host:8443/x?\u2026, or /a/b",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text


def test_the_host_stays_where_it_is_certain() -> None:
    assert redacted("got https://u:p@host:1/a?b#c;") == "got https://host:1/a?\u2026;"
    assert shown("http://user:pa@ss@127.0.0.1:1/x?token=t") == "http://127.0.0.1:1/x?\u2026"


@pytest.mark.parametrize("address", ["http://user:p/w@host", "http://user:p?w@host", "http://user:p#w@host", "http://[bad/x"])
def test_an_unescaped_login_is_ambiguous(address: str) -> None:
    assert is_ambiguous(address)
    assert shown(address) == "http://\u2026"
