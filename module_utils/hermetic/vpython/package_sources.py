# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where wheels are fetched from whose lock names no address: repositories of this project, and simple indexes, as a host is configured.

None of this decides what an environment holds: every wheel is known by its digest.
"""

from __future__ import annotations

import contextlib
import netrc
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import HermeticError
from ..fetching.pip_configuration import is_without_index, pip_configuration
from ..fs.record_files import read_json
from ..model.layout import Layout
from ..text.grammar import shown

INDEX_VARIABLE = "HERMETIC_VPYTHON_INDEX"
REPOSITORY_VARIABLE = "HERMETIC_VPYTHON_REPOSITORY"
_FORMAT = 1


@dataclass(frozen=True)
class PackageSources:
    """Addresses, best first."""

    repositories: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    ca_path: str | None = None
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """By host, for hosts of these addresses alone: a lock names whatever hosts its author likes."""

    def may_ask(self, source: str) -> bool:
        """Return whether an address may be fetched from: credentials that are meant for https are not sent in the clear."""
        parts = urlsplit(source)
        if parts.scheme.lower() != "http" or (parts.hostname or "") not in self.credentials:
            return True
        return any(
            urlsplit(each).scheme.lower() == "http" and urlsplit(each).hostname == parts.hostname
            for each in (*self.indexes, *self.repositories)
        )


def package_sources(host: str, environment: Mapping[str, str]) -> PackageSources:
    """Return the sources that variables name, else those of the host's file, else the indexes that pip is configured with."""
    stated = _of_host(host)
    repositories = _words(environment.get(REPOSITORY_VARIABLE)) or _list(stated, "repositories", host)
    indexes = _words(environment.get(INDEX_VARIABLE)) or _list(stated, "indexes", host) or _of_pip(environment)
    return PackageSources(repositories, indexes, environment.get("PIP_CERT") or None, _credentials([*repositories, *indexes], environment))


def _words(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").split())


def _of_host(host: str) -> Mapping[str, Any]:
    if not host:
        return {}
    path = Layout(Path(host)).package_sources
    try:
        found = read_json(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HermeticError(f"{path} cannot be read: {error}. Correct it, or remove it.") from error
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise HermeticError(f'{path} is {shown(found)}; expected {{"format": {_FORMAT}, "repositories": [], "indexes": []}}')
    return found


def _list(stated: Mapping[str, Any], key: str, host: str) -> tuple[str, ...]:
    value = stated.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise HermeticError(f"{Layout(Path(host)).package_sources}: {key} is {shown(value)}; expected a list of addresses")
    return tuple(value)


def _of_pip(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the indexes that pip is configured with on this host."""
    configured = pip_configuration(environment, home=_home(environment))
    if is_without_index(configured):
        return ()
    return (*_words(configured.get("index-url")), *_words(configured.get("extra-index-url")))


def _credentials(addresses: Iterable[str], environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what the user's netrc has for the hosts of addresses."""
    known = _netrc(environment)
    hosts = {urlsplit(address).hostname or "" for address in addresses} & known.keys()
    return {host: {"username": known[host][0], "password": known[host][1]} for host in hosts}


def _netrc(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    names = (".netrc", "_netrc") if sys.platform == "win32" else (".netrc",)
    for path in [Path(environment["NETRC"])] if environment.get("NETRC") else [_home(environment) / name for name in names]:
        with contextlib.suppress(OSError, netrc.NetrcParseError, UnicodeDecodeError):
            return {host: (login, password or "") for host, (login, _account, password) in netrc.netrc(path).hosts.items()}
    return {}


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or os.sep)
