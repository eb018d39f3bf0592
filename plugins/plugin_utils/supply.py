# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facade of the controller's supply side: locks, wheels, bundles and where to get them, for action plugins.

An action plugin makes one ``Supply`` per task and asks it everything; nothing else of this directory need be imported,
except the value types that it returns (``Lock``, ``Target``, ``Selection``, ``Wheel``, ``Index``, ``BundleArtifact``, ``PrebuiltArtifact``).

    supply = Supply.from_options({"cache": None, "index_url": None, …})         # every key optional, see ``from_options``
    bundle = supply.bundle("python", repository="https://repo.example.com/python", channel="stable",
                           platform="linux-x86_64", public_key="/etc/hermetic/repository.pub")
    bundle = supply.archive("/srv/python-3.12.1+1-linux-x86_64.tar.gz", sha256="…")   # without a repository
    lock = supply.lock("locks/pylock.recipes.toml")                             # digest known, content parsed on demand
    selection = supply.select(lock, bundle.target, extras=(), groups=None)      # memoised on disk
    supply.prove([DeclaredLock("recipes", lock)], [bundle.target])              # one error for everything that is missing
    request["artifacts"] = supply.artifacts([bundle, *selection.wheels], index=index)   # {sha256: {filename, size, sources}}
    request["credentials"] = supply.credentials                                 # {host: {username, password}}; keep out of results
    path = supply.download(wheel_or_bundle)                                     # a verified local file

Every error is a ``HermeticError`` (``.message``, ``.problems``); non-fatal remarks collect in ``supply.warnings``.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.model.request import credentials_problems, option_problems
from ..module_utils.hermetic.spec import DOWNLOADS
from ..module_utils.hermetic.text.redaction import shown
from .locks.held_wheels import HeldWheels
from .locks.lock_file import Lock, read_lock
from .locks.package_sources import PackageSources, configured_sources
from .locks.simple_index import OfferedFile, WheelCandidates
from .locks.wheel import Wheel
from .locks.wheel_selection import DeclaredLock, Selection, prove, select
from .net.controller_cache import ControllerCache, digest_of, local_path
from .net.url_credentials import host_names, is_loopback, split_address, split_credentials
from .platforms import Target, stated_values
from .repository.bundle_artifact import BundleArtifact, archive_artifact
from .repository.index import Index, load_index
from .repository.prebuilt_artifact import PrebuiltArtifact

if TYPE_CHECKING:
    from .net.http_source import HttpSource

Artifact = Wheel | BundleArtifact | PrebuiltArtifact
_LIMITS = ("download_timeout", "minimum_rate", "maximum_size")

__all__ = [
    "Artifact",
    "BundleArtifact",
    "DeclaredLock",
    "Index",
    "Lock",
    "PrebuiltArtifact",
    "Selection",
    "Supply",
    "Target",
    "Wheel",
    "download_problems",
]


def download_problems(options: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with the options of downloads; a host refuses the same."""
    return option_problems({name: options[name] for name in DOWNLOADS if name != "credentials" and options.get(name) is not None})


class Supply:
    """Answers what a host needs and where it comes from; one object per task, its memory shared between forks on disk."""

    def __init__(self, *, cache: ControllerCache, options: Mapping[str, Any] | None = None) -> None:
        self.cache = cache
        self.warnings: list[str] = []
        self._options = dict(options or {})
        self._found_credentials: dict[str, dict[str, str]] = {}
        self._verified_hosts: set[str] = set()
        self._sources: PackageSources | None = None
        self._http: HttpSource | None = None
        self._making_http = threading.Lock()
        self._candidates: WheelCandidates | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any] | None = None) -> Supply:
        """Make a supply from module options; a missing or null option means what pip on the controller is configured with.

        Keys: ``cache`` (directory), ``run`` (what one run of Ansible is known by), ``index_url``, ``extra_index_urls`` (list, in
        addition to the option's or pip's index), ``find_links`` (list), ``trusted_hosts`` (list), ``ca_path``, ``timeout`` (seconds),
        ``retries``, ``download_timeout``, ``minimum_rate``, ``maximum_size``, ``allow_unsigned``, ``marker_values``,
        ``credentials`` ({host: {username, password}}). An empty list means the same as none.
        """
        options = dict(options or {})
        problems = list(credentials_problems(options.get("credentials")))
        if problems:
            raise HermeticError(f"The option credentials cannot be used. {problems[0]}", problems)
        return cls(cache=ControllerCache.at(options.get("cache")), options=options)

    @property
    def sources(self) -> PackageSources:
        """Where packages come from; asked of pip at first use only."""
        if self._sources is None:
            self._sources = configured_sources(self._options, cache=self.cache)
            self.warnings.extend(self._sources.warnings)
        return self._sources

    @property
    def http(self) -> HttpSource:
        """The one HTTP client of this task; pages are read in several threads."""
        with self._making_http:
            if self._http is None:
                # A task that finds all that it needs on the disk is spared a tenth of a second.
                from .net.http_source import HttpSource

                self._http = HttpSource(
                    ca_path=self.sources.ca_path,
                    trusted_hosts=self.sources.trusted_hosts,
                    verified_hosts=self._verified_hosts,
                    proxy=self.sources.proxy,
                    timeout=self.sources.timeout,
                    retries=self.sources.retries,
                    **{name: self._options[name] for name in _LIMITS if self._options.get(name) is not None},
                    credentials={**self.sources.credentials, **self._found_credentials},
                )
            return self._http

    def offers(self) -> WheelCandidates:
        """Return what the configured indexes and wheel directories offer; their pages are read once per task."""
        if self._candidates is None:
            self._candidates = WheelCandidates(self.sources, http=lambda: self.http, cache=self.cache)
        return self._candidates

    @property
    def credentials(self) -> dict[str, dict[str, str]]:
        """The user names and passwords that options, pip's configuration and URLs held, by host; never to be shown."""
        return {host: dict(known) for host, known in {**self.sources.credentials, **self._found_credentials}.items()}

    def lock(self, path: str | Path) -> Lock:
        """Read a lock file; see ``locks.read_lock``."""
        return read_lock(path)

    def select(
        self, lock: Lock, target: Target, *, extras: Sequence[str] = (), groups: Sequence[str] | None = None, refresh: bool = False
    ) -> Selection:
        """Select the wheels of a lock for a target; see ``wheel_selection.select``. ``groups`` None means the lock's default groups."""
        selection = select(lock, self._stated(target), extras=extras, groups=groups, offers=self.offers, cache=self.cache, refresh=refresh)
        self._remember(selection)
        return selection

    def prove(
        self, declared: Iterable[DeclaredLock], targets: Iterable[Target], *, index: Index | None = None
    ) -> dict[tuple[str, str], Selection]:
        """Select every declared lock for every target, or raise one error that lists everything that is missing.

        The answer is keyed by (declared name, ``target.label``). What the index of a repository has of a requirements lock is not asked for
        elsewhere.
        """
        stated = [
            dataclasses.replace(each, targets=None if each.targets is None else tuple(map(self._stated, each.targets))) for each in declared
        ]
        held = held_wheels(index) if index is not None else _nothing_held
        selections = prove(stated, map(self._stated, targets), offers=self.offers, cache=self.cache, held=held)
        for selection in selections.values():
            self._remember(selection)
        return selections

    def _stated(self, target: Target) -> Target:
        values = stated_values(self._options.get("marker_values"))
        return dataclasses.replace(target, stated=values.get(target.platform.name, ()))

    def index(self, location: str, *, public_key: str | Path | None = None, max_age: float = 30.0) -> Index:
        """Load the index of a repository; see ``repository_index.load_index``."""
        location = self.without_credentials(location)
        if local_path(location) is None:
            self._check_trust(location, signed=bool(public_key))
        index = load_index(
            location,
            public_key=public_key,
            cache=self.cache,
            http=self._http_for(location),
            max_age=max_age,
            run=str(self._options.get("run") or ""),
        )
        for warning in index.warnings:
            self._warn(warning)
        return index

    def _check_trust(self, location: str, *, signed: bool) -> None:
        """Warn of, or refuse, a repository that others than its publisher could speak for."""
        encrypted = split_address(location).scheme.lower() == "https"
        self._verified_hosts.add(next(iter(host_names(location)), "").lower())
        if encrypted and any(name in self.sources.trusted_hosts for name in host_names(location)):
            self._warn(
                f"pip's trusted-host names the host of the repository {shown(location)}; its certificate is checked nevertheless. "
                "Give the certificate of its authority as ca_path."
            )
        if signed or is_loopback(location):
            return
        if not encrypted and not self._options.get("allow_unsigned"):
            raise HermeticError(
                f"The index of the repository {shown(location)} is neither signed nor read over https: whoever is on the way could choose "
                "what runs on the hosts. Sign it and give public_key, serve it over https, or set allow_unsigned to accept that"
            )
        self._warn(
            f"The index of the repository {shown(location)} is not checked by a signature, since no public_key is given: "
            "whoever can write to its server chooses what runs on the hosts."
        )

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def bundle(
        self,
        name: str,
        *,
        repository: str,
        platform: str,
        release: str | None = None,
        channel: str = "stable",
        public_key: str | Path | None = None,
    ) -> BundleArtifact:
        """Resolve a bundle of a repository: the release if one is given, else what the channel names."""
        return self.index(repository, public_key=public_key).resolve(name, platform=platform, release=release, channel=channel)

    def archive(self, location: str, *, sha256: str | None = None) -> BundleArtifact:
        """Describe a bundle archive that lies outside any repository; a URL needs its ``sha256``."""
        location = self.without_credentials(location)
        return archive_artifact(location, sha256=sha256, cache=self.cache, http=self._http_for(location))

    def artifacts(self, items: Iterable[Artifact], *, index: Index | None = None) -> dict[str, dict[str, Any]]:
        """Return the ``artifacts`` table of a request; an index that has a wheel is named before the wheel's own source."""
        table: dict[str, dict[str, Any]] = {}
        for item in items:
            sources = list(item.sources)
            mirrored = index.wheel(item.sha256) if index is not None else None
            if mirrored is not None and mirrored not in sources:
                sources.insert(0, mirrored)
            entry = table.setdefault(item.sha256, {"filename": item.filename, "size": item.size, "sources": []})
            if not isinstance(item, Wheel) and item.unpacked is not None:
                entry["unpacked"] = item.unpacked
            if isinstance(item, BundleArtifact) and item.members:
                entry["members"] = list(item.members)
            entry["sources"].extend(source for source in sources if source not in entry["sources"])
        return table

    def download(self, item: Artifact, *, index: Index | None = None) -> Path:
        """Return a verified local file of a wheel or bundle: the file itself where its source is a path, else a cached copy."""
        entry = self.artifacts([item], index=index)[item.sha256]
        return self.cache.download(
            entry["sources"], sha256=item.sha256, filename=item.filename, size=item.size, http=self._http_for(*entry["sources"])
        )

    def without_credentials(self, url: str) -> str:
        """Return the URL without user info, which is kept for the requests to its host."""
        clean, found = split_credentials(url)
        if found:
            self._found_credentials.update(found)
            self._http = None
        return clean

    def _http_for(self, *locations: str) -> HttpSource | None:
        # pip is asked for certificates and proxy only when there is something on the web to read.
        return self.http if any(local_path(location) is None for location in locations) else None

    def _remember(self, selection: Selection) -> None:
        for warning in selection.warnings:
            self._warn(warning)


def held_wheels(index: Index) -> Callable[[Target], HeldWheels]:
    """Return what gives the wheels of a repository for a target."""
    wheels = index.content["wheels"]
    digest = digest_of([index.base, wheels]) if wheels else ""

    def of(target: Target) -> HeldWheels:
        return HeldWheels(digest, lambda: _loaded(index, target.label))

    return of


def _loaded(index: Index, label: str) -> tuple[list[OfferedFile], frozenset[str]]:
    files, selected = [], set()
    for sha256, (filename, size, place, labels) in sorted(index.wheels().items()):
        files.append(OfferedFile(filename, sha256=sha256, size=size, **({"url": place} if "://" in place else {"path": place})))
        if label in labels:
            selected.add(sha256)
    return files, frozenset(selected)


def _nothing_held(_target: Target) -> HeldWheels:
    return HeldWheels()
