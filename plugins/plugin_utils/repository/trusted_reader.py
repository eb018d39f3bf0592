# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading an index by TUF, no more often than need be: one conditional request where nothing changed."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from ...module_utils.hermetic.text.redaction import shown
from ..net.controller_cache import ControllerCache, digest_of
from ..net.size_limits import TooLarge
from ..trust.anchor import Anchor, identity_of
from ..trust.layout import timestamp_path
from ..trust.metadata_source import TIMESTAMP_LIMIT, MetadataSource, endless
from .index_parts import whole_index
from .reader import PUBLISHED, VALIDATORS, validators

if TYPE_CHECKING:
    from ..trust.client import Verified

_KIND = "trusted"
_ROOTS = "trusted-root"
_STATE = "tuf"
_SOON = timedelta(days=14)
# They need keys that are kept away, so that somebody must be told in time.
_KEPT_AWAY = ("root", "targets")


@dataclass(frozen=True)
class TrustedIndex:
    """The bytes of an index that the metadata names, and what its publisher should know soon."""

    content: bytes
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrustedReader:
    """Reads the index of a repository that has metadata."""

    base: str
    source: MetadataSource
    anchor: Anchor
    cache: ControllerCache | None
    max_age: float
    run: str

    def is_known(self) -> bool:
        """Return whether this controller has read the repository by its metadata before, and so never reads it without."""
        return self.anchor.root is not None or (self.cache is not None and self._kept_root() is not None)

    def __call__(self) -> TrustedIndex | None:
        """Return the index, or None where the repository has no metadata and never had any that the key signed."""
        if self.cache is None:
            return self._once()
        key, published = digest_of([self.base, self.anchor.digest]), self.cache.read(*PUBLISHED)

        def recent(kept: Any) -> bool:
            if not _is_answer(kept) or kept["run"] != self.run or kept["published"] != published or _is_over(kept):
                return False
            return bool(0 <= time.time() - kept["asked"] < self.max_age)

        def ask() -> dict[str, Any] | None:
            kept = self.cache.read(_KIND, key) if self.cache is not None else None
            return self._asked(kept if _is_answer(kept) and not _is_over(kept) else None, {"run": self.run, "published": published})

        kept = self.cache.memo(_KIND, key, ask, valid=recent, keep=lambda found: found is not None)
        if kept is None:
            return None
        return TrustedIndex(kept["content"].encode("utf-8", "surrogateescape"), self._warnings(kept["expires"]))

    def _once(self) -> TrustedIndex | None:
        with tempfile.TemporaryDirectory() as place:
            found = self._verified({}, lambda _identity: Path(place) / _STATE)
        return TrustedIndex(self._whole(found)) if found is not None else None

    def _asked(self, kept: dict[str, Any] | None, marks: dict[str, Any]) -> dict[str, Any] | None:
        if self.cache is None:
            raise AssertionError("asked with a cache only")
        cache = self.cache
        known = {name: kept["answer"][field] for name, field in VALIDATORS if kept["answer"].get(field)} if kept else {}
        asked = {**marks, "asked": time.time()}
        try:
            answer = self.source.read(timestamp_path(), limit=TIMESTAMP_LIMIT, headers=known)
        except TooLarge as error:
            raise endless(timestamp_path(), self.base) from error
        digest = hashlib.sha256(answer.content).hexdigest() if answer.content is not None else None
        if kept is not None and (answer.unchanged or digest == kept["timestamp"]):
            return {**kept, **asked}
        files = {timestamp_path(): answer.content} if answer.content is not None else {}
        found = self._verified(files, lambda identity: cache.private(_STATE, identity))
        if found is None:
            return None
        return {
            **asked,
            "content": self._whole(found).decode("utf-8", "surrogateescape"),
            "expires": {role: when.timestamp() for role, when in found.expires.items()},
            "timestamp": digest,
            "answer": validators(answer.headers),
        }

    def _verified(self, files: dict[str, bytes], state: Callable[[str], Path]) -> Verified | None:
        # A fifth of a second that only those pay who read something new.
        from ..trust.client import first_root, verified_index

        root = self.anchor.root or self._kept_root() or first_root(self.source, self.anchor, repository=self.base)
        if root is None:
            return None
        identity = identity_of(root)
        if self.cache is None:
            return verified_index(self.source, root=root, state=state(identity), repository=self.base, known=files)
        with self.cache.hold(f"{_STATE}-{identity}"):
            found = verified_index(self.source, root=root, state=state(identity), repository=self.base, known=files)
        if self.anchor.key is not None and self._kept_root() is None:
            self.cache.write(_ROOTS, self.anchor.digest, root.decode())
        return found

    def _whole(self, found: Verified) -> bytes:
        return whole_index(found.parts, found.delegated, subject=f"The index of the repository {shown(self.base)}")

    def _kept_root(self) -> bytes | None:
        if self.cache is None or self.anchor.key is None:
            return None
        kept = self.cache.read(_ROOTS, self.anchor.digest)
        return kept.encode() if isinstance(kept, str) else None

    def _warnings(self, expires: dict[str, float]) -> tuple[str, ...]:
        now = datetime.now(UTC)
        dates = {role: datetime.fromtimestamp(expires[role], UTC) for role in _KEPT_AWAY if role in expires}
        return tuple(
            f"The metadata of the role {role} of the repository {shown(self.base)} expires on {when:%Y-%m-%d}; renew it before with state: refreshed "
            "of the module repository and the keys of that role, or the repository cannot be read any more."
            for role, when in dates.items()
            if when - now < _SOON
        )


def _is_over(kept: dict[str, Any]) -> bool:
    return min(kept["expires"].values()) <= time.time()


def _is_answer(kept: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether what the cache holds is what was put there: anything else counts as nothing."""
    if not isinstance(kept, dict) or not all(isinstance(kept.get(name), str) for name in ("content", "run", "timestamp")):
        return False
    expires, answer = kept.get("expires"), kept.get("answer")
    if not isinstance(expires, dict) or not expires or not all(isinstance(when, (int, float)) for when in expires.values()):
        return False
    try:
        kept["content"].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    texts = [answer.get(field) for _name, field in VALIDATORS] if isinstance(answer, dict) else [0]
    marks = all(text is None or (isinstance(text, str) and text.isascii() and text.isprintable()) for text in texts)
    return marks and isinstance(kept.get("asked"), (int, float)) and "published" in kept
