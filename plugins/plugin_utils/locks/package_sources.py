# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where packages come from: what the options say, else what pip on the controller is configured with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.fetching.pip_configuration import is_without_index
from ...module_utils.hermetic.text.redaction import shown
from ..net.controller_cache import ControllerCache, digest_of, local_path
from ..net.url_credentials import split_credentials
from .pip_configuration import built_in_index, pip_configuration, variables


@dataclass(frozen=True)
class PackageSources:
    """Indexes and wheel directories to look into, and how to reach them; URLs carry no credentials."""

    configured_urls: tuple[str, ...] = ()
    """The indexes that options and pip's configuration name."""
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    ca_path: str | None = None
    proxy: str | None = None
    timeout: float = 60.0
    retries: int = 4
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()
    built_in: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    """Returns the index that pip has built in, where no other takes its place; it may start a process."""
    unreadable: str | None = None
    """Why pip's configuration is not known, where an index depends on it."""

    @cached_property
    def index_urls(self) -> tuple[str, ...]:
        """All indexes; pip is asked for its own only when they are needed."""
        first = self._default[0]
        return (*first, *(url for url in self.configured_urls if url not in first))

    @property
    def unknown(self) -> str | None:
        """Why the indexes are not known, when they are not."""
        problem = self._default[1]
        if problem is None:
            return None
        return (
            f"no package index is known: {problem}; set the option index_url (or PIP_INDEX_URL), "
            "or PIP_NO_INDEX=1 and find_links to a directory of wheels"
        )

    @cached_property
    def _default(self) -> tuple[tuple[str, ...], str | None]:
        if self.unreadable is not None or self.built_in is None:
            return (), self.unreadable
        try:
            return (self.built_in(),), None
        except HermeticError as error:
            return (), error.message

    @cached_property
    def digest(self) -> str:
        """The identity of the places that are looked into."""
        return digest_of([self.index_urls, self.find_links])


def configured_sources(options: Mapping[str, Any], *, cache: ControllerCache) -> PackageSources:
    """Put the options (those of ``Supply.from_options``) over what pip is configured with."""
    pip: Mapping[str, str] = {}
    unreadable = None
    if not all(_words(options.get(name)) for name in ("index_url", "find_links", "ca_path")):
        try:
            pip = pip_configuration()
        except HermeticError as error:
            # No default takes the place of an index that such a file may name: private names would go to the public index.
            pip, unreadable = variables(), error.message
    credentials: dict[str, Mapping[str, str]] = {}
    warnings: list[str] = []
    built_in = None
    if _words(options.get("index_url")):
        indexes, unreadable = _words(options["index_url"]), None
    elif is_without_index(pip):
        indexes, unreadable = [], None
    else:
        indexes = _words(pip.get("index-url"))
        if indexes:
            unreadable = None
        else:
            built_in = partial(built_in_index, cache)
        indexes += _words(pip.get("extra-index-url"))
    indexes += _words(options.get("extra_index_urls"))
    links = _words(options.get("find_links")) or _words(pip.get("find-links"))

    def usable(locations: Sequence[str]) -> tuple[str, ...]:
        found = []
        for location in locations:
            clean, known = split_credentials(location)
            credentials.update(known)
            path = local_path(clean)
            if path is not None and not path.exists():
                warnings.append(f"Package source {shown(location)} is ignored: there is no such file or directory")
            elif clean not in found:
                found.append(clean)
        return tuple(found)

    trusted = _words(options.get("trusted_hosts")) or _words(pip.get("trusted-host"))
    return PackageSources(
        configured_urls=usable(indexes),
        find_links=usable(links),
        trusted_hosts=tuple(trusted),
        ca_path=options.get("ca_path") or pip.get("cert") or None,
        proxy=pip.get("proxy") or None,
        timeout=float(options.get("timeout") or _number(pip, "timeout") or _number(pip, "default-timeout") or 60.0),
        retries=int(options["retries"] if options.get("retries") is not None else _number(pip, "retries", 4)),
        credentials={**credentials, **(options.get("credentials") or {})},
        warnings=tuple(warnings),
        built_in=built_in,
        unreadable=unreadable,
    )


def _number(pip: Mapping[str, str], name: str, default: float = 0) -> float:
    value = str(pip.get(name, "")).strip()
    try:
        return float(value or default)
    except ValueError as error:
        raise HermeticError(
            f"pip on the controller is configured with {name} = {value[:40]!r}; expected a number. Correct it (pip config debug)"
        ) from error


def _words(value: object) -> list[str]:
    """Return the words of one text or of several; an empty one is none."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [text for text in map(str, value) if text.strip()]
    return str(value).split()
