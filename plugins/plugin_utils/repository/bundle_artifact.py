# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bundle archive as an artifact: what an index, or the archive itself, says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.model.archive_members import members_problem
from ...module_utils.hermetic.model.bundle_json import ENGINE_DIGEST
from ...module_utils.hermetic.model.byte_code import stated
from ...module_utils.hermetic.model.confinement import is_open
from ...module_utils.hermetic.text.grammar import is_number
from ...module_utils.hermetic.text.redaction import shown
from ..net.controller_cache import ControllerCache, local_path
from ..net.local_file import sha256_of
from ..net.url_credentials import last_name
from ..platforms import Target
from .bundle_archive import MANIFEST, MEMBERS, UNPACKED, is_metadata, read_metadata

if TYPE_CHECKING:
    from ..net.http_source import HttpSource


@dataclass(frozen=True)
class BundleArtifact:
    """One bundle archive: what it is, and where it lies."""

    name: str
    release: str
    platform: str
    sha256: str
    size: int | None
    filename: str
    location: str
    """A URL without credentials, or an absolute path on the controller."""
    python: Mapping[str, Any]
    libc: Mapping[str, Any] | None
    macos: Mapping[str, Any] | None
    hermetic: str
    engine: bool
    packages: tuple[Mapping[str, Any], ...] = ()
    looks_above: bool = False
    """Whether its interpreter looks for parts in the directories above the bundle, where others may put some."""
    manifest: str | None = None
    """The SHA-256 of its bundle.json; None where an older release published it."""
    unpacked: int | None = None
    """The bytes of its files; None likewise."""
    members: tuple[int, ...] = ()
    """Where the members of its gzip begin; empty where it is one, or a zip, or an older release published it."""
    engine_digest: str | None = None
    """Which engine it carries, so that a task need not bring it; None where it carries none."""

    @cached_property
    def target(self) -> Target:
        """What wheels are selected for when they are meant for this bundle."""
        return Target.of(self.platform, python=self.python, libc=self.libc, macos=self.macos)

    @property
    def byte_code(self) -> str | None:
        """The digest of the byte code that its Python reads; None where an older release built it."""
        found = stated(self.python, engine=self.engine)
        return found.digest if found is not None else None

    @property
    def sources(self) -> tuple[str, ...]:
        """Where to get it, as the engine's request wants it."""
        return (self.location,)


def archive_artifact(location: str, *, sha256: str | None = None, cache: ControllerCache, http: HttpSource | None = None) -> BundleArtifact:
    """Describe a bundle archive that lies outside any repository; a URL needs its digest, a path is hashed."""
    path = local_path(location)
    if path is not None:
        path = path.absolute()
        if not path.is_file():
            raise HermeticError(f"Bundle archive {path} is not there, or is not a file; give the path of an archive that bundle_build made")
        found = cache.digest(path)
        if sha256 is not None and found != sha256:
            raise BrokenArtifact(f"Bundle archive {path} has SHA-256 {found}, expected {sha256}; copy it again or correct the digest")
        sha256 = found
    elif sha256 is None:
        raise HermeticError(f"Bundle archive {shown(location)} is a URL without a digest; give the SHA-256 that bundle_build reported")

    def describe() -> dict[str, Any]:
        file = path or cache.download(location, sha256=sha256, filename=last_name(location), http=http)
        if path is None and sha256_of(file) != sha256:
            raise BrokenArtifact(f"Bundle archive {shown(location)} is not what its SHA-256 {sha256} promises")
        metadata = read_metadata(file)
        return {"size": file.stat().st_size, **{key: value for key, value in metadata.items() if key != "files"}}

    metadata = cache.memo(
        "archive-4",
        sha256,
        describe,
        valid=lambda kept: (
            is_metadata(kept)
            and all(is_number(kept.get(key)) for key in ("size", UNPACKED))
            and members_problem(kept.get(MEMBERS), size=kept["size"]) is None
        ),
    )
    return BundleArtifact(
        name=metadata["name"],
        release=metadata["release"],
        platform=metadata["platform"],
        sha256=sha256,
        size=metadata["size"],
        filename=path.name if path is not None else last_name(location),
        location=str(path) if path is not None else location,
        python=metadata["python"],
        libc=metadata.get("libc"),
        macos=metadata.get("macos"),
        hermetic=metadata["hermetic"],
        engine=metadata["engine"],
        packages=tuple(metadata.get("packages") or ()),
        looks_above=is_open(metadata),
        manifest=metadata[MANIFEST],
        unpacked=metadata[UNPACKED],
        members=tuple(metadata.get(MEMBERS) or ()),
        engine_digest=metadata.get(ENGINE_DIGEST),
    )
