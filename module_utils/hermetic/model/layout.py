# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything lies below a root, and how trees are named; nothing here touches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..text.grammar import generation_number, tree_parts

# The digests are cut so that Windows paths stay below 260 characters and a script's first line below 127 bytes.
_TREE_DIGEST = 12
_LAID_DIGEST = 16


STABLE_LINKS = ("bin", "lib", "envs")

# All that the engine makes at the top of a root.
OWN_LINKS = (*STABLE_LINKS, "current")
OWN_DIRECTORIES = ("bundles", "environments", "laid", "wheels", "generations", "state")
BOOTSTRAP = ".bootstrap-"
RECEIPT_KINDS = ("bundles", "environments", "laid")


def is_tree_name(kind: str, name: str) -> bool:
    """Return whether a name in one of the directories of trees is one that the engine gives."""
    if kind == "generations":
        return generation_number(name) is not None
    return kind in RECEIPT_KINDS and tree_parts(kind, name) is not None


def bundle_id(name: str, *, release: str, sha256: str) -> str:
    """Return the name of the directory that holds a bundle."""
    return f"{name}-{release}-{sha256[:_TREE_DIGEST]}"


def environment_id(name: str, *, key: str) -> str:
    """Return the name of the directory that holds an environment."""
    return f"{name}-{key[:_TREE_DIGEST]}"


def laid_id(wheel_sha256: str, *, byte_code: str) -> str:
    """Return the name of the directory that holds a wheel unpacked and compiled for one kind of byte code, named by its digest."""
    return f"{wheel_sha256[:_LAID_DIGEST]}-{byte_code[:_TREE_DIGEST]}"


@dataclass(frozen=True)
class Layout:
    """The paths below one root."""

    root: Path

    @property
    def bundles(self) -> Path:
        """Immutable bundle trees."""
        return self.root / "bundles"

    @property
    def environments(self) -> Path:
        """Immutable environment trees."""
        return self.root / "environments"

    @property
    def laid(self) -> Path:
        """Wheels unpacked once, whose files the environments share."""
        return self.root / "laid"

    @property
    def wheels(self) -> Path:
        """Verified artifacts by digest."""
        return self.root / "wheels"

    @property
    def generations(self) -> Path:
        """Profiles of links, one per generation."""
        return self.root / "generations"

    @property
    def current(self) -> Path:
        """The one link whose rename is the switch."""
        return self.root / "current"

    @property
    def state(self) -> Path:
        """What the engine knows."""
        return self.root / "state"

    @property
    def lock(self) -> Path:
        """The file whose lock is held while the root is changed."""
        return self.state / "lock"

    @property
    def transaction_marker(self) -> Path:
        """Names what is being done; a marker without a holder of the lock is what a killed run leaves."""
        return self.state / "journal"

    @property
    def in_force(self) -> Path:
        """Names the generation of the last switch: what was in force where the link is lost."""
        return self.state / "current.json"

    @property
    def root_record(self) -> Path:
        """What the root was like when it was taken: mode, owner, and what was in it."""
        return self.state / "root.json"

    @property
    def package_sources(self) -> Path:
        """Where bin/vpython3 finds wheels whose locks name no address; whoever administers the host writes it."""
        return self.state / "vpython.json"

    @property
    def unexpected(self) -> Path:
        """Keeps what a run found in the root and nobody of ours had made, until a person removes it."""
        return self.state / "unexpected"

    @property
    def engine(self) -> Path:
        """Link to the newest bundle that can run the engine."""
        return self.state / "engine"

    @property
    def generation_records(self) -> Path:
        """One JSON file per generation: the truth behind the profiles."""
        return self.state / "generations"

    def receipts(self, kind: str) -> Path:
        """Return the directory of the receipts of one kind of tree: ``bundles``, ``environments`` or ``laid``."""
        return self.state / "receipts" / kind

    def receipt(self, kind: str, tree_id: str) -> Path:
        """Return the receipt of one tree."""
        return self.receipts(kind) / f"{tree_id}.json"

    def own_directories(self) -> dict[str, Path]:
        """Return the directories that every root has, by their names relative to it; those above come first."""
        names = [".", *OWN_DIRECTORIES, "state/generations", "state/receipts", *(f"state/receipts/{kind}" for kind in RECEIPT_KINDS)]
        return {name: self.root / name for name in names}

    def tree(self, kind: str, tree_id: str) -> Path:
        """Return the directory of one tree of a kind."""
        return self.root / kind / tree_id

    def artifact(self, sha256: str, filename: str) -> Path:
        """Return where a verified artifact lies."""
        return self.wheels / sha256 / filename
