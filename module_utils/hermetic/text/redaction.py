# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an address may be shown: no user name, no password, and of a query, where signatures travel, only that there is one."""

from __future__ import annotations

import re

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+:/+"
# A quotation mark ends an address where it ends a text; within a query it is a part of what must not be shown.
_INSIDE = r"(?:[^\s<>\"]|\"(?![\s,:;<>})\]]|$))"
_BEGINNING = re.compile(_SCHEME)
_ADDRESS = re.compile(rf"{_SCHEME}{_INSIDE}*|(?<![\w/:\\])//{_INSIDE}*@{_INSIDE}*")
# As a proxy may be written: the user's name and password before the host, without a scheme.
_BARE_LOGIN = re.compile(r"(?<![\w@/.\\])[^\s:/@'\"<>=(\[{,\\]+:(?![/\\\s])[^\s/@'\"<>]+@(?=[\w\[])")
_HOST = re.compile(r"(?:[^\s:/?#@\[\]\\]+|\[[0-9A-Fa-f:.%\w]+\])?(?::\d*)?")
_TRAILING = ".,;:!)]}>'\""
HIDDEN = "\u2026"


def redacted(text: str) -> str:
    """Return the text with every address in it as it may be shown."""
    if "/" not in text and "@" not in text:
        return text
    found = []
    begin = 0
    while match := _ADDRESS.search(text, begin):
        token, end = match[0], match.end()
        head, rest = _split_scheme(token)
        if _unclear(rest) and (more := _rest_of_login(text, end)) is not None:
            # A password with a blank or a quote in it ends the address too early.
            token, end = text[match.start() : more], more
        bare = token.rstrip(_TRAILING) if len(token.rstrip(_TRAILING)) > len(head) else token
        found += [_without_bare_logins(text[begin : match.start()]), shown(bare), token[len(bare) :]]
        begin = end
    return "".join([*found, _without_bare_logins(text[begin:])])


def shown(address: str) -> str:
    """Return one address, or a path, as it may be shown; what cannot be read for sure is hidden as a whole."""
    head, rest = _split_scheme(address)
    if not head:
        return _without_bare_logins(address)
    if is_ambiguous(address):
        return head + HIDDEN
    authority, tail = _split_authority(rest)
    path = re.split(r"[?#]", tail, maxsplit=1)[0]
    query = tail[len(path) :].startswith("?")
    return head + authority.rpartition("@")[2] + path + (f"?{HIDDEN}" if query else "")


def is_ambiguous(address: str) -> bool:
    """Return whether an address may hold a user name or password where a reader of addresses would see a path or query.

    ``http://user:p/w@host`` is one: for every program its host is ``user``. Nothing of it may be shown or asked.
    """
    head, rest = _split_scheme(address)
    return bool(head) and _unclear(rest)


def has_secret(address: str) -> bool:
    """Return whether an address holds what may not be shown: a user name, a password, a query or a fragment."""
    head, rest = _split_scheme(address)
    if not head:
        return False
    return bool(re.search(r"[?#]", rest)) or "@" in _split_authority(rest)[0] or is_ambiguous(address)


def _split_scheme(address: str) -> tuple[str, str]:
    """Return what stands before the host, and the rest; no scheme means a path, but for ``//user:password@host``."""
    match = _BEGINNING.match(address)
    if match:
        return match[0], address[match.end() :]
    if address.startswith("//") and "@" in address:
        return "//", address[2:]
    return "", address


def _split_authority(rest: str) -> tuple[str, str]:
    end = min((place for place in map(rest.find, "/?#\\") if place >= 0), default=len(rest))
    return rest[:end], rest[end:]


def _unclear(rest: str) -> bool:
    authority, tail = _split_authority(rest)
    host = authority.rpartition("@")[2]
    if not _HOST.fullmatch(host):
        return True
    if "@" in authority or "@" not in tail:
        return False
    # An @ after the host: a part of the path, unless what seems to be the host can be a user name.
    return ":" in host or not ("." in host or host in ("", "localhost"))


def _rest_of_login(text: str, end: int) -> int | None:
    line = text.find("\n", end)
    line = len(text) if line < 0 else line
    at = text.find("@", end, line)
    if at < 0:
        return None
    host = re.compile(r"[^\s<>\"']*").match(text, at)
    return host.end() if host else at + 1


def _without_bare_logins(text: str) -> str:
    return _BARE_LOGIN.sub("", text) if "@" in text else text
