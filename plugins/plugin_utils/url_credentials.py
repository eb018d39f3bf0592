# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user name and password that a URL may hold, kept apart from the URL that is shown."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit


def split_credentials(url: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the URL without user info, and the user info as ``{host: {username, password}}`` (empty when there is none)."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, {}
    user_info, _unused, host = parts.netloc.rpartition("@")
    user, _unused, password = user_info.partition(":")
    clean = urlunsplit(parts._replace(netloc=host))
    return clean, {host: {"username": unquote(user), "password": unquote(password)}}
