# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides the bytes of an unpacked wheel beside the wheel itself: bundles that agree in it share the wheels that are unpacked; pure."""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..text.grammar import shown

# How a wheel is unpacked; another way of it makes other trees. 1 was the time when each bundle had unpacked wheels of its own.
UNPACKED_FORMAT = 2
# More than one, since a damaged bundle may lack any of its files.
_SAMPLES = 8
_MAGIC = re.compile(r"[0-9a-f]{4}0d0a", re.ASCII)
_CACHE_TAG = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_COMPILED = re.compile(r"/__pycache__/[^/]+\.([a-z][a-z0-9_-]{0,31})\.pyc$", re.ASCII)

FACT = "byte_code"
"""Where the ``python`` part of a bundle.json has it."""


@dataclass(frozen=True)
class ByteCode:
    """The byte code that a Python reads, and the way in which the engine makes it."""

    cache_tag: str
    """``cpython-312``; empty for a Python that has none (2.7)."""
    magic: str
    """The first four bytes of each of its files, as hexadecimal digits."""
    by_engine: bool
    """Whether the engine compiles it (unchecked hashes), or the bundle's Python alone (time stamps)."""

    @property
    def digest(self) -> str:
        """The SHA-256 over all of this and the format of unpacked wheels."""
        way = "unchecked-hash" if self.by_engine else "timestamp"
        content = [UNPACKED_FORMAT, "cpython", self.cache_tag, self.magic, way]
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()

    def as_fact(self) -> dict[str, str]:
        """Return it as the ``python`` part of a bundle.json states it."""
        return {"cache_tag": self.cache_tag, "magic": self.magic}


def stated(python: Mapping[str, Any], *, engine: bool) -> ByteCode | None:
    """Return the byte code that the ``python`` part of a bundle.json or index entry states; None for a bundle that an earlier release built."""
    fact = python.get(FACT)
    return None if fact is None else ByteCode(fact["cache_tag"], fact["magic"], engine)


def fact_problem(fact: object) -> str | None:
    """Judge what a bundle.json says of its byte code."""
    if fact is None:
        return None
    if not isinstance(fact, Mapping) or not all(isinstance(fact.get(key), str) for key in ("cache_tag", "magic")):
        return f"it is {shown(fact)}; expected an object with cache_tag and magic, or null"
    if fact["cache_tag"] and not _CACHE_TAG.fullmatch(fact["cache_tag"]):
        return f"its cache_tag is {shown(fact['cache_tag'])}; expected one such as 'cpython-312'"
    if not _MAGIC.fullmatch(fact["magic"]):
        return f"its magic is {shown(fact['magic'])}; expected eight hexadecimal digits that end in 0d0a"
    return None


def samples_of(files: Iterable[str], *, stdlib: str) -> list[str]:
    """Return some files of byte code in the standard library of a bundle, always the same ones."""
    compiled = (path for path in files if path.startswith(f"{stdlib}/") and path.endswith(".pyc"))
    return heapq.nsmallest(_SAMPLES, compiled)


def of_sample(path: str, head: bytes, *, engine: bool, version: str | None = None) -> ByteCode | None:
    """Return the byte code that a file of it shows by its name and first bytes, None where that is no byte code.

    A standard library without sources, as bundles for Windows have it, shows no tag; the ``version`` of its Python says which one it is.
    """
    found = _COMPILED.search(f"/{path}")
    known = ByteCode(found[1] if found is not None else _cache_tag(version), head[:4].hex(), engine)
    return known if fact_problem(known.as_fact()) is None else None


def _cache_tag(version: str | None) -> str:
    """Return the tag of CPython of a version; Python 2 has none."""
    major, minor = (version or "2.0").split(".")[:2]
    return f"cpython-{major}{minor}" if int(major) >= 3 else ""
