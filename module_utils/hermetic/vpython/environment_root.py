# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory with environments of a user: where everything lies in it, and the locks that keep its makers apart."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BrokenRoot
from ..fs.atomic import make_directory
from ..fs.links import is_link
from ..fs.locking import hold
from ..fs.own_files import is_our_directory
from ..fs.record_files import read_json
from ..fs.removal import try_to_remove
from ..model.artifact import Artifact
from ..model.declaration import ENVIRONMENT_FORMAT
from ..model.layout import Layout
from ..paths import BUILDING, DISCARDED, WINDOWS
from . import entries

# A new way of making such an environment makes new ones, beside those of other releases.
LAYOUT_FORMAT = 1
ID_DIGITS = 32
_PATIENCE = 3600.0


@dataclass(frozen=True)
class EnvironmentRoot(Layout):
    """The layout of a root, for one environment on one bundle of the host; that bundle lies elsewhere, and its artifacts are its own."""

    bundle: Path = Path()
    environment: str = ""

    def tree(self, kind: str, tree_id: str) -> Path:
        """Return the directory of one tree of a kind; the bundle's is on the host."""
        return self.bundle if kind == "bundles" else super().tree(kind, tree_id)

    def artifact(self, sha256: str, filename: str) -> Path:
        """Return where an artifact is fetched to: each environment has a place of its own, which goes when it is made."""
        return self.fetched / sha256 / filename

    def place_of(self, artifact: Artifact) -> Path:
        """Return where an artifact is fetched to."""
        return self.artifact(artifact.sha256, artifact.filename)

    @property
    def fetched(self) -> Path:
        """What is fetched for the environment that is being made."""
        return self.root / "fetched" / self.environment

    @property
    def wheels(self) -> Path:
        """Verified artifacts by digest."""
        return self.fetched

    @property
    def entries(self) -> Path:
        """Entries by the digest of what was asked for; each is written last."""
        return self.root / "by-spec"

    @property
    def locks(self) -> Path:
        """Lock files, of entries, of environments, and of what environments share."""
        return self.root / "locks"

    def prepare(self) -> None:
        """Make the directories; raises BrokenRoot where one of them is not this user's alone, or the root is another kind of root."""
        self._require_no_root_of_a_host()
        for directory in self._own():
            make_directory(directory)
            _require_ours(directory)

    def require_ours(self) -> None:
        """Raise BrokenRoot where a directory that is there is not this user's alone, or the root is another kind of root."""
        self._require_no_root_of_a_host()
        for directory in self._own():
            if os.path.lexists(directory):
                _require_ours(directory)

    def _own(self) -> tuple[Path, ...]:
        own = (self.root, self.environments, self.laid, self.entries, self.locks, self.state, self.root / "fetched")
        return (*own, *(self.receipts(kind) for kind in ("environments", "laid")))

    def _require_no_root_of_a_host(self) -> None:
        """What bundles lie in has directories of the same names, and whatever no environment here needs would be removed from them."""
        there = [path for path in (self.bundles, self.generations, self.current) if os.path.lexists(path)]
        if there:
            raise BrokenRoot(
                f"{self.root} is the root of a host, since it has {there[0].name}. Environments of programs need a directory of their own: name one "
                "with -vpython-root or VPYTHON_VIRTUALENV_ROOT."
            )

    @contextmanager
    def making(self, environment: str) -> Iterator[None]:
        """Be the only one that makes or removes this environment."""
        with hold(self.locks / f"environment-{environment}", timeout=_PATIENCE, purpose=f"vpython3 makes {environment}"):
            yield

    @contextmanager
    def changing_shared(self, *, timeout: float = _PATIENCE) -> Iterator[None]:
        """Be the only one that changes what environments share."""
        with hold(self.locks / "shared", timeout=timeout, purpose="vpython3 changes unpacked wheels"):
            yield

    def is_complete(self, environment: str, key: str) -> bool:
        """Return whether an environment is there, with the receipt that is written last."""
        try:
            receipt = read_json(self.receipt("environments", environment))
        except (OSError, ValueError):
            return False
        return isinstance(receipt, dict) and receipt.get("key") == key and is_our_directory_of(self.tree("environments", environment))

    def enter(self, entry: str, environment: str) -> None:
        """Let a question lead to a complete environment from now on."""
        entries.enter(self.entries / entry, environment)


def _require_ours(directory: Path) -> None:
    if not is_our_directory_of(directory):
        raise BrokenRoot(f"{directory} is not this user's alone; remove it, or name another root with -vpython-root.")


def is_our_directory_of(path: Path) -> bool:
    """Return whether a directory is there, and this user's alone."""
    try:
        return is_our_directory(path) and not (WINDOWS and (is_link(path) or _others_behind(path)))
    except OSError:
        return False


def _others_behind(path: Path) -> bool:
    from ..windows.ownership import others_behind

    return others_behind(path) is not None


def remove_leftovers(layout: EnvironmentRoot) -> None:
    """Remove what makers left that were ended; the caller is alone here."""
    for directory in (layout.environments, layout.laid):
        for name in os.listdir(directory):
            if name.startswith((BUILDING, DISCARDED)):
                try_to_remove(directory / name)


def key_of(root: Path, *, bundle: Path, bundle_digest: str, wheels: Iterable[str]) -> str:
    """Return the digest of everything that decides the content of an environment, and of nothing else.

    The paths are in its scripts and its configuration, so they are content.
    """
    content = [LAYOUT_FORMAT, ENVIRONMENT_FORMAT, os.fspath(root), os.fspath(bundle), bundle_digest, sorted(wheels)]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
