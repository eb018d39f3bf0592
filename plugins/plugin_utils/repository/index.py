# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a repository's index, from a path or a web server, and resolving names in it to digests."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlunsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.model.bundle_json import ENGINE_DIGEST
from ...module_utils.hermetic.model.confinement import is_open
from ...module_utils.hermetic.text.redaction import shown
from ..net.controller_cache import ControllerCache, local_path
from ..net.url_credentials import below, split_address
from ..trust.anchor import Anchor, root_anchor
from ..trust.layout import FLAG, TUF
from ..trust.metadata_source import DirectorySource, WebSource
from . import signature as signatures
from .bundle_archive import MANIFEST, MEMBERS, UNPACKED
from .bundle_artifact import BundleArtifact
from .index_document import SELECTED_FOR, parse_index
from .prebuilt_artifact import PREBUILT, PrebuiltArtifact, prebuilt_artifact
from .published_file import FILES, PublishedFile
from .reader import INDEX, DirectoryReader, WebReader
from .release_order import newest_first
from .staged_release import Staged, staged_release
from .trusted_reader import TrustedIndex, TrustedReader

if TYPE_CHECKING:
    from ..net.http_source import HttpSource

_THIS_PROCESS = f"process {os.getpid()} {time.time_ns()}"


@dataclass(frozen=True)
class Index:
    """A repository's index, checked."""

    base: str
    """The URL or directory that its paths start from."""
    content: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def serial(self) -> int:
        """The number that goes up with each change."""
        return int(self.content["serial"])

    def release(self, bundle: str, *, channel: str = "stable") -> str:
        """Return the release that a channel of a bundle names now."""
        channels = self._bundle(bundle)["channels"]
        if channel not in channels:
            raise HermeticError(
                f"Bundle {bundle!r} has no channel {channel!r} in the repository {shown(self.base)}; channels: {_listed(sorted(channels))}. "
                "Move the channel to a release with the repository module, or name one of these"
            )
        return str(channels[channel])

    def resolve(self, bundle: str, *, platform: str, release: str | None = None, channel: str = "stable") -> BundleArtifact:
        """Return the archive of a bundle for a platform: of the release if one is given, else of what the channel names."""
        found = self._bundle(bundle)
        release = release or self.release(bundle, channel=channel)
        if release not in found["releases"]:
            raise HermeticError(
                f"Bundle {bundle!r} has no release {release!r} in the repository {shown(self.base)}; "
                f"releases: {_listed(newest_first(found['releases']))}"
            )
        platforms = found["releases"][release]["platforms"]
        if platform not in platforms:
            raise HermeticError(
                f"Release {release} of bundle {bundle!r} is not there for {platform} in the repository {shown(self.base)}; "
                f"platforms: {_listed(sorted(platforms))}. Build and publish it for that platform"
            )
        entry = platforms[platform]
        return BundleArtifact(
            name=bundle,
            release=release,
            platform=platform,
            sha256=entry["sha256"],
            size=entry["size"],
            filename=entry["path"].rpartition("/")[2],
            location=self.locate(entry["path"]),
            python=entry["python"],
            libc=entry.get("libc"),
            macos=entry.get("macos"),
            hermetic=entry["hermetic"],
            engine=entry["engine"],
            packages=tuple(entry.get("packages") or ()),
            looks_above=is_open({**entry, "platform": platform}),
            manifest=entry.get(MANIFEST),
            unpacked=entry.get(UNPACKED),
            members=tuple(entry.get(MEMBERS) or ()),
            engine_digest=entry.get(ENGINE_DIGEST),
        )

    def staged(self, bundle: str, *, channel: str, host: str) -> Staged | None:
        """Return what a host takes instead of what a channel of a bundle names, where a staged roll-out has reached it."""
        return staged_release(self._bundle(bundle), channel=channel, host=host)

    def platforms(self, bundle: str, *, release: str) -> tuple[str, ...]:
        """Return the platforms that a release is there for."""
        return tuple(sorted(self._bundle(bundle)["releases"].get(release, {}).get("platforms", {})))

    def wheel(self, sha256: str) -> str | None:
        """Return where the repository holds a wheel, or None."""
        entry = self.content["wheels"].get(sha256)
        return self.locate(entry["path"]) if entry else None

    def wheels(self) -> dict[str, tuple[str, int, str, tuple[str, ...]]]:
        """Return file name, size, place and the labels of targets that it was selected for, of each wheel by its digest."""
        return {
            sha256: (entry["path"].rpartition("/")[2], entry["size"], self.locate(entry["path"]), tuple(entry.get(SELECTED_FOR) or ()))
            for sha256, entry in self.content["wheels"].items()
        }

    def prebuilt(self, sha256: str, *, byte_code: str) -> PrebuiltArtifact | None:
        """Return the archive that stands for a wheel on bundles of a byte code, or None."""
        entry = (self.content.get(PREBUILT) or {}).get(sha256, {}).get(byte_code)
        return prebuilt_artifact(sha256, byte_code, entry, location=self.locate(entry["path"])) if entry else None

    def file(self, name: str) -> PublishedFile:
        """Return what is published under a name."""
        files = self.content.get(FILES) or {}
        if name not in files:
            raise HermeticError(
                f"The repository {shown(self.base)} has no file {name!r}; files: {_listed(sorted(files))}. Publish it with the option files of the "
                "module repository, or name one of these"
            )
        entry = files[name]
        return PublishedFile(name, entry["sha256"], entry["size"], self.locate(entry["path"]))

    def locate(self, path: str) -> str:
        """Return the URL or path of a file that the index names."""
        return below(self.base, quote(path)) if "://" in self.base else str(Path(self.base) / path)

    def _bundle(self, name: str) -> Mapping[str, Any]:
        if name not in self.content["bundles"]:
            raise HermeticError(
                f"Bundle {name!r} is not in the repository {shown(self.base)}; bundles: {_listed(sorted(self.content['bundles']))}"
            )
        found: Mapping[str, Any] = self.content["bundles"][name]
        return found


def load_index(
    location: str,
    *,
    public_key: str | Path | None = None,
    cache: ControllerCache | None = None,
    http: HttpSource | None = None,
    max_age: float = 30.0,
    run: str = "",
) -> Index:
    """Load the index of a repository from a directory, file URL or http(s) URL (of the directory or of ``index.json``).

    ``public_key`` is a file with an Ed25519 key or with a root of TUF. With it, an index that is not signed as it says is an error, and so is
    one older than this controller has seen before. A web server is asked at most every ``max_age`` seconds per location within one ``run``,
    and then only for what changed.
    """
    base = _base(location)
    directory = local_path(base)
    if directory is not None:
        base = str(directory.absolute())
    elif http is None:
        from ..net.http_source import HttpSource

        http = HttpSource()
    run = run or _THIS_PROCESS
    web = http if directory is None else None
    read = DirectoryReader(Path(base)) if web is None else WebReader(base, web, cache, max_age, run)
    if not public_key:
        return _parsed(base, read(with_signature=False, fresh=False)[0])
    root = root_anchor(public_key)
    key = signatures.read_public_key(public_key) if root is None else None
    source = DirectorySource(Path(base)) if web is None else WebSource(base, web)
    trusted = TrustedReader(base, source, root or Anchor(str(public_key), key=key), cache, max_age, run)
    found = trusted() if trusted.is_known() else None
    if key is None or found is not None:
        return _trusted(base, found, cache, key)
    content, signed = _signed(read, key)
    index = _parsed(base, content) if signed is True else None
    if index is None or index.content.get(FLAG) == TUF:
        found = trusted()
        if found is not None:
            return _trusted(base, found, cache, key)
    if index is None or index.content.get(FLAG) == TUF:
        what = "has no signature" if signed is None else "is signed by another key, or was changed after it was signed"
        what = "names metadata that is not there" if index is not None else what
        raise BrokenArtifact(
            f"The index of the repository {shown(base)} {what}; expected the signature of key {signatures.fingerprint(key)} ({public_key}). "
            "Nothing of it is used: publish it again with the right private key"
        )
    if cache is not None:
        _refuse_older(index, hashlib.sha256(content).hexdigest(), cache, signatures.fingerprint(key))
    return index


def _signed(read: DirectoryReader | WebReader, key: Ed25519PublicKey) -> tuple[bytes, bool | None]:
    """Return the index and whether the key signed it; None where there is no signature at all."""
    for attempt in range(4):
        content, signed = read(with_signature=True, fresh=attempt > 0)
        if signatures.is_signed_by(content, signed, key=key):
            return content, True
        # Index and signature are two files; a publisher may have been between them.
        if attempt < 3 and signed is not None:
            time.sleep(0.2)
    return content, None if signed is None else False


def _trusted(base: str, found: TrustedIndex | None, cache: ControllerCache | None, key: Ed25519PublicKey | None) -> Index:
    if found is None:
        raise AssertionError("a root, or a repository that is known, has metadata or raises")
    index = dataclasses.replace(_parsed(base, found.content), warnings=found.warnings)
    if key is not None and cache is not None:
        # Nor may it be older than what the same key signed before there was metadata.
        _refuse_older(index, hashlib.sha256(found.content).hexdigest(), cache, signatures.fingerprint(key))
    return index


def _parsed(base: str, content: bytes) -> Index:
    return Index(base, parse_index(content, subject=f"The index of the repository {shown(base)}"))


def _base(location: str) -> str:
    """Return the directory or address that the paths of an index start from."""
    if local_path(location) is None:
        parts = split_address(location)
        return urlunsplit(parts._replace(path=parts.path.rstrip("/").removesuffix(f"/{INDEX}").rstrip("/"), fragment=""))
    return location.removesuffix("/").removesuffix(f"/{INDEX}").removesuffix("/")


def _refuse_older(index: Index, digest: str, cache: ControllerCache, key: str) -> None:
    """Raise an error when the holder of the key signed a newer index before, or another one with the same serial.

    What is remembered belongs to the key: whoever serves an old copy chooses the address that it is read from.
    """
    with cache.hold(f"serial-{key}"):
        serial, known = _remembered(cache.read("serial", key))
        remedy = (
            f"Each repository needs a key of its own. If it was restored on purpose, remove {cache.directory / 'serial' / key}.json "
            "on the controller"
        )
        if index.serial < serial:
            raise BrokenArtifact(
                f"The index of the repository {shown(index.base)} went back from serial {serial} to {index.serial}: "
                f"somebody serves an old copy, or another repository signed with key {key}. {remedy}"
            )
        if index.serial == serial and digest != known:
            raise BrokenArtifact(
                f"The index of the repository {shown(index.base)} has serial {serial} and other content than before: "
                f"two publishers use key {key}, or somebody who has it shows each reader another index. {remedy}"
            )
        if index.serial > serial:
            cache.write("serial", key, {"serial": index.serial, "sha256": digest})


def _remembered(seen: Any) -> tuple[int, str]:
    """Return serial and digest of the index that was seen last; a damaged memory counts as none."""
    if isinstance(seen, dict) and isinstance(seen.get("serial"), int) and isinstance(seen.get("sha256"), str):
        return seen["serial"], seen["sha256"]
    return -1, ""


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
