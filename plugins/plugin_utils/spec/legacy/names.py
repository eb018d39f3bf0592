# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and versions of wheels in CIPD, as those of Python's packages; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.utils import canonicalize_name, is_normalized_name
from packaging.version import InvalidVersion, Version

WHEELS = "infra/python/wheels/"
_PURE = {"-py2_py3": (2, 3), "_py2_py3": (2, 3), "-py2.py3": (2, 3), "-py3": (3,), "_py3": (3,), "-py2": (2,), "_py2": (2,)}
_PLATFORM = re.compile(r"(?:linux|mac|windows|freebsd|openbsd|netbsd|aix|android|solaris)-[a-z0-9]+(?:_\w+)?")
# Two builds of numpy have a version of their own, which the index has under the one that they were made of.
_NUMPY = {"1.2x.supported.1": ("1.21.1", "supported.1"), "1.2x.supported.2": ("1.21.1", "supported.2")}
_INSTANCE = re.compile(r"[0-9a-f]{40}|[A-Za-z0-9_-]{43,44}")
_TAG = re.compile(r"(?P<key>[a-z0-9_-]+):(?P<value>.*)", re.DOTALL)
_LONGEST = 200
_EPOCH = re.compile(r"\d+@")
_PART = re.compile(r"([.+_-]?)([^.+_-]+)")
_NOT_LOCAL = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class PackageName:
    """A package by its name in an index."""

    name: str
    guessed: bool = False
    """The name in CIPD is not below ``infra/python/wheels``, so that any part of it may be the package's."""
    fixed: str | None = None
    """The platform that the name in CIPD names, where it is one for all hosts."""
    majors: tuple[int, ...] = ()
    """The Pythons that a wheel without compiled code is for; empty for one that has some."""


@dataclass(frozen=True)
class PackageVersion:
    """A version of a package, and what the one in CIPD says beyond it."""

    public: str | None
    """By PEP 440; None where CIPD's is no version but a name for what is uploaded."""
    build: str = ""
    """What was rebuilt for CIPD: ``chromium.3``."""

    def text(self, *, local: bool) -> str | None:
        """Return the version to require; ``local`` keeps what was rebuilt as a local version."""
        if self.public is None or not local or not self.build:
            return self.public
        suffix = _NOT_LOCAL.sub(".", self.build.lower()).strip(".")
        return f"{self.public}+{suffix}" if suffix else self.public


def package_name(name: str) -> PackageName | None:
    """Return the package that a wheel in CIPD is of, or None where its name shows none."""
    below = name.startswith(WHEELS)
    parts = [part for part in name.removeprefix(WHEELS).split("/") if part]
    candidates = [part for part in parts if "${" not in part and not _PLATFORM.fullmatch(part)]
    if not candidates:
        return None
    found = candidates[0] if below else candidates[-1]
    suffix = next((each for each in _PURE if found.endswith(each) and found != each), "")
    normal = canonicalize_name(found.removesuffix(suffix))
    if not is_normalized_name(normal):
        return None
    return PackageName(normal, not below, next((part for part in parts if _PLATFORM.fullmatch(part)), None), _PURE.get(suffix, ()))


def package_version(version: str) -> PackageVersion:
    """Return the version of a package that a version in CIPD (a tag, a reference or an instance) means."""
    match = _TAG.fullmatch(version)
    if match is None or match["key"] != "version":
        # A reference moves, an instance and another tag name something uploaded: none says which version of the package it is.
        return PackageVersion(None)
    value = _EPOCH.sub("", match["value"], count=1) if _EPOCH.match(match["value"]) else match["value"]
    if value in _NUMPY:
        return PackageVersion(*_NUMPY[value])
    public, build = _split(value)
    return PackageVersion(public, build)


def is_movable(version: str) -> bool:
    """Return whether a version in CIPD is a reference such as ``latest``, which names something else tomorrow."""
    return bool(version) and _TAG.fullmatch(version) is None and not _INSTANCE.fullmatch(version)


def _split(value: str) -> tuple[str | None, str]:
    """Return the public version that a text begins with, and the rest."""
    if len(value) > _LONGEST:
        return None, ""
    try:
        whole = Version(value)
    except (InvalidVersion, ValueError):
        pass
    else:
        return (value, "") if whole.local is None else (value.partition("+")[0], whole.local)
    public = ""
    at = 0
    for part in _PART.finditer(value):
        if part.start() != at:
            break
        if not _is_version(public + part[0]):
            # A version that somebody wrote a word behind, without anything between them.
            digits = re.match(r"\d+", part[2])
            if (
                digits
                and _is_version(public + part[1] + digits[0])
                and part[1] != "-"
                and not part[2][digits.end() :][0].isdigit()
                and not _is_hash(part[2])
            ):
                public += part[1] + digits[0]
                at += len(part[1] + digits[0])
            break
        public += part[0]
        at = part.end()
    return (public or None), value[at:].lstrip(".+_-")


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except (InvalidVersion, ValueError):
        return False
    return True


def _is_hash(text: str) -> bool:
    return len(text) >= 7 and re.fullmatch(r"[0-9a-f]+", text) is not None
