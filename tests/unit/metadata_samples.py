# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository with TUF metadata, its keys, and what somebody may do to it with or without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from ansible_collections.hermetic.python.plugins.plugin_utils.trust.layout import timestamp_path, versioned
from repository_samples import task
from securesystemslib.signer import CryptoSigner
from supply_samples import make_bundle, make_wheel
from tuf.api.metadata import Metadata, Root, Snapshot, Timestamp

FIRST, SECOND = "3.12.1+1", "3.12.1+2"


class Published:
    """A repository whose one key, or whose keys by role, sign all roles."""

    def __init__(self, directory: Path, **options: Any) -> None:
        self.directory = directory
        self.options: dict[str, Any] = options or {"private_key": make_key(directory, "key")}
        make_bundle(directory / "build", release=FIRST)
        make_wheel(directory / "wheels", "pkg-1.0-py3-none-any.whl")
        self.task(archives=[str(directory / "build")], wheels=[str(directory / "wheels")], channel="stable", release=FIRST)

    @property
    def path(self) -> Path:
        return self.directory / "repository"

    @property
    def public(self) -> Path:
        return self.directory / "key.pem.pub"

    @property
    def root(self) -> Path:
        return self.path / versioned("root", 1)

    def task(self, **options: Any) -> dict[str, Any]:
        return task(self.directory, **{**self.options, **options})

    def publish(self, release: str = SECOND) -> dict[str, Any]:
        build = self.directory / f"build-{release}"
        make_bundle(build, release=release)
        return self.task(archives=[str(build)], channel="stable", release=release)

    def place_of(self, role: str) -> Path:
        """Return the file of a role that is in force."""
        stamp = Metadata[Timestamp].from_file(str(self.path / timestamp_path()))
        if role == "timestamp":
            return self.path / timestamp_path()
        snapshot = self.path / versioned("snapshot", stamp.signed.snapshot_meta.version)
        if role == "snapshot":
            return snapshot
        if role == "root":
            return max(self.path.glob("metadata/*.root.json"), key=lambda path: int(path.name.split(".")[0]))
        return self.path / versioned(role, Metadata[Snapshot].from_file(str(snapshot)).signed.meta[f"{role}.json"].version)

    def edit(self, role: str, change: Callable[[Any], object], *, keys: Sequence[str | Path] | None = None) -> Path:
        """Change the metadata of a role, and sign it with keys, by default with the one key."""
        place = self.place_of(role)
        metadata: Metadata = Metadata.from_file(str(place))
        change(metadata.signed)
        metadata.signatures.clear()
        for key in [self.options["private_key"]] if keys is None else keys:
            metadata.sign(CryptoSigner(signature.read_private_key(key)), append=True)
        metadata.to_file(str(place))
        return place

    def root_of(self, version: int) -> Root:
        return Metadata[Root].from_file(str(self.path / versioned("root", version))).signed


def make_key(directory: Path, name: str) -> str:
    """Make a key pair and return the file of the private key; that of the public key has the suffix .pub."""
    private = directory / f"{name}.pem"
    signature.make_keys(private, f"{private}.pub")
    return str(private)


def reader(directory: Path, **options: Any) -> Supply:
    """Return what reads repositories on a controller of its own."""
    return Supply.from_options({"cache": directory / "cache", "retries": 0, "ca_path": None, **options})


def expired(signed: Any) -> None:
    """Let metadata have expired an hour ago."""
    signed.expires = datetime.now(UTC) - timedelta(hours=1)
