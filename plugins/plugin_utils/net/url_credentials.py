# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of an address that are secrets, kept apart from the address that is shown, and what belongs to which host."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import is_ambiguous, shown

Entry = TypeVar("Entry")


def split_credentials(url: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the URL without user info, and the user info as ``{host: {username, password}}`` (empty when there is none)."""
    parts = split_address(url)
    if not parts.netloc:
        return url, {}
    user_info, _unused, host = parts.netloc.rpartition("@")
    clean = urlunsplit(parts._replace(netloc=host))
    if not user_info:
        return clean, {}
    user, _unused, password = user_info.partition(":")
    return clean, {host: {"username": unquote(user), "password": unquote(password)}}


def split_address(url: str) -> SplitResult:
    """Take an address apart, or raise an error that shows nothing of it that may be a secret."""
    if is_ambiguous(url):
        raise HermeticError(
            f"The address {shown(url)} cannot be used: its host is not certain, as where a user name or password holds '/', '?', '#' or '@'. "
            "Write these as %2F, %3F, %23 and %40, or give user name and password as credentials"
        )
    try:
        parts = urlsplit(url)
        _unused = parts.port
    except ValueError as error:
        raise HermeticError(f"The address {shown(url)} cannot be used: its host or port is invalid; correct it") from error
    return parts


def certain(url: str) -> str:
    """Return an address that a server gave with each ``@`` after its host encoded, so that nobody takes it for the end of a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.replace("@", "%40"), query=parts.query.replace("@", "%40"), fragment=""))


def entry_of(table: Mapping[str, Entry], url: str) -> Entry | None:
    """Return what a table by host name, or by host and port, has for the host of an address."""
    return next((table[name] for name in host_names(url) if name in table), None)


def host_names(url: str) -> tuple[str, ...]:
    """Return the names by which the host of an address is known in tables, the most particular first."""
    try:
        parts = urlsplit(url)
        hostname = parts.hostname or ""
    except ValueError:
        return ()
    place = parts.netloc.rpartition("@")[2]
    bracketed = (f"[{hostname}]",) if ":" in hostname else ()
    return tuple(dict.fromkeys(name for name in (place, place.lower(), hostname, *bracketed) if name))


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, without user info."""
    parts = split_address(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def below(base: str, path: str) -> str:
    """Return the address of a path below an address, whose query stays: a signature is for all that lies below it."""
    parts = urlsplit(base)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}", fragment=""))


def is_loopback(url: str) -> bool:
    """Return whether an address is one of this machine itself."""
    hostname = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return hostname == "localhost" or hostname.endswith(".localhost")


def last_name(url: str) -> str:
    """Return the file name that an address or path ends in, without query and fragment."""
    path = urlsplit(url).path if "://" in url else url
    return unquote(path).rpartition("/")[2]
