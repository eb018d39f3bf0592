# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts: what was installed, written last. A tree without a receipt is garbage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from .manifest import FileRecord, Manifest, from_bundle_files

RECEIPT_FORMAT = 1
# Format 1 has neither ``byte_code`` nor ``python``.
LAID_FORMAT = 2

TreeOwner = Union[list[int], list[str]]
"""User and group; on Windows owner and access list of a tree's directories, and those of its files, in SDDL."""
DirectoryTimes = Mapping[str, list[int]]
"""Times of modification and change of each directory of a tree, in nanoseconds."""


@dataclass(frozen=True)
class BundleReceipt:
    """An installed bundle."""

    id: str
    sha256: str
    filename: str
    size: int
    owner: TreeOwner | None
    info: Mapping[str, Any]
    info_record: FileRecord
    directories: DirectoryTimes

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return str(self.info["name"])

    @property
    def release(self) -> str:
        """Release of the bundle."""
        return str(self.info["release"])

    @property
    def python(self) -> Mapping[str, Any]:
        """The ``python`` part of bundle.json."""
        python: Mapping[str, Any] = self.info["python"]
        return python

    def manifest(self) -> Manifest:
        """Return what the tree shall hold."""
        return from_bundle_files(self.info["files"], also=[("bundle.json", self.info_record)])


@dataclass(frozen=True)
class LaidReceipt:
    """A wheel unpacked and compiled once; the paths begin with their scheme: ``site``, ``data``, ``headers`` or ``scripts``."""

    id: str
    wheel: str
    filename: str
    byte_code: str | None
    """The digest of the byte code that it was compiled to; None where an earlier release unpacked it for one bundle alone."""
    python: str | None
    """The version of the Python that compiled it; None likewise."""
    bundle: str | None
    """The one bundle that it was unpacked for by an earlier release; None for all others, which bundles of equal byte code share."""
    name: str
    version: str
    dist_info: str
    entry_points: list[list[str]]
    owner: TreeOwner | None
    files: Mapping[str, FileRecord]
    directories: DirectoryTimes
    stamp: str
    """New each time the wheel is unpacked: shows whether an environment shares the files of this tree or of an earlier one."""

    def manifest(self) -> Manifest:
        """Return what the tree shall hold."""
        manifest = Manifest(files=dict(self.files))
        for path in self.files:
            manifest.add_parents(path)
        return manifest


@dataclass(frozen=True)
class EnvironmentReceipt:
    """An installed environment: its own files, and the unpacked wheels whose files it shares."""

    id: str
    name: str
    key: str
    bundle: str
    wheels: list[str]
    system_site_packages: bool
    laid: Mapping[str, str]
    """The unpacked wheels in order of their names, each with the stamp of the tree that was linked."""
    link_mode: str
    owner: TreeOwner | None
    site_packages: str
    headers: str
    scripts: str
    own_files: Mapping[str, FileRecord]
    own_links: Mapping[str, str]
    directories: DirectoryTimes
    pythonpath: bool = False

    def target(self, laid: LaidReceipt, path: str) -> str:
        """Return where a file of an unpacked wheel goes in this environment."""
        scheme, _unused, rest = path.partition("/")
        if scheme == "site":
            return f"{self.site_packages}/{rest}"
        if scheme == "headers":
            return f"{self.headers}/{laid.name}/{rest}"
        if scheme == "scripts":
            return f"{self.scripts}/{rest}"
        return rest

    def own_manifest(self) -> Manifest:
        """Return the part of the content that is shared with no other tree, and all directories."""
        return Manifest(
            directories={path for path in self.directories if path},
            files=dict(self.own_files),
            links=dict(self.own_links),
        )

    def manifest(self, laid: Mapping[str, LaidReceipt]) -> Manifest:
        """Return what the tree shall hold; of two wheels with one path the later one wins, and the environment's own files win over wheels."""
        manifest = Manifest(directories={path for path in self.directories if path})
        for laid_id in sorted(self.laid):
            wheel = laid[laid_id]
            for path, record in wheel.files.items():
                manifest.files[self.target(wheel, path)] = record
        manifest.files.update(self.own_files)
        manifest.links.update(self.own_links)
        return manifest

    def owners(self, laid: Mapping[str, LaidReceipt]) -> dict[str, str]:
        """Return the distribution that each file comes from, commands included."""
        found: dict[str, str] = {}
        for wheel in (laid[laid_id] for laid_id in sorted(self.laid)):
            found.update({self.target(wheel, path): wheel.name for path in wheel.files})
            found.update(
                {f"{self.scripts}/{entry_point[0]}{suffix}": wheel.name for entry_point in wheel.entry_points for suffix in ("", ".exe")}
            )
        return found


@dataclass(frozen=True)
class Generation:
    """One complete state: the trees behind each name."""

    number: int
    created: str
    pinned: bool
    """Whether it is never pruned."""
    default: str | None
    bundles: Mapping[str, str]
    virtualenvs: Mapping[str, str]
    previous: int | None
    """The generation that was in force when this one was made: where a rollback leads."""
    rollout: str | None = None
    """The roll-out that switched to it, so that it can be taken back by name; None where none did."""
    before_rollout: int | None = None
    """The generation that was in force before that roll-out first switched; None where there was none."""

    def same_content(self, other: Generation) -> bool:
        """Return whether two generations stand for the same state."""
        return (self.default, self.bundles, self.virtualenvs) == (other.default, other.bundles, other.virtualenvs)


def dump(record: BundleReceipt | LaidReceipt | EnvironmentReceipt | Generation) -> dict[str, Any]:
    """Return the JSON document of a receipt or generation."""
    document = {"format": LAID_FORMAT if isinstance(record, LaidReceipt) else RECEIPT_FORMAT, **record.__dict__}
    if document.get("rollout", "") is None:
        # Earlier releases do not know the keys.
        del document["rollout"], document["before_rollout"]
    return document


@dataclass
class Records:
    """All receipts and generations of one root, with the sentences about those that cannot be read."""

    bundles: dict[str, BundleReceipt]
    environments: dict[str, EnvironmentReceipt]
    laid: dict[str, LaidReceipt]
    generations: dict[int, Generation]
    unreadable: dict[str, str]
    byte_codes: dict[str, str] = field(default_factory=dict)
    """What wheels are keyed by that are unpacked for a bundle, by the identifier of the bundle."""
