# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of requirements with hashes: lines, options, and what pins a package. Locks of environments and of programs share it; pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.version import Version

_COMMENT = re.compile(r"(^|\s+)#.*$")
_COMMENT_LINE = re.compile(r"^\s*#")
_OPTION_PART = re.compile(r"\s(?=--?[A-Za-z])")
# These say how to install, not what: wheels only and hashes only is what happens here anyway.
_HARMLESS = re.compile(r"^(--require-hashes|--prefer-binary|--pre|--only-binary(=|\s+):all:)$")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LONGEST = 60


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (number of the first line, content) with continuations joined and comments gone; a comment line ends a continuation."""
    parts: list[str] = []
    first = 0
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if not parts:
            first = number
        comment = _COMMENT_LINE.match(line)
        if line.endswith("\\") and not comment:
            parts.append(line[:-1])
            continue
        parts.append(f" {line}" if comment else line)
        joined = _COMMENT.sub("", "".join(parts)).strip()
        parts = []
        if joined:
            yield first, joined


def is_harmless(line: str) -> bool:
    """Return whether a line is an option that changes nothing of what a lock says."""
    return _HARMLESS.match(line) is not None


def split_options(line: str) -> tuple[str, str]:
    """Return the requirement of a line, and the options behind it."""
    specification, *rest = _OPTION_PART.split(line, maxsplit=1)
    return specification.strip(), rest[0] if rest else ""


def pin_of(requirement: Requirement, options: str) -> tuple[Version | None, tuple[str, ...], list[str]]:
    """Return the version that a requirement is pinned to and its SHA-256 digests, and everything that makes it no pin."""
    version = _pinned_version(requirement)
    problems = (
        [] if version is not None else [f"{requirement.name}{requirement.specifier} is not pinned; expected {requirement.name}==version"]
    )
    hashes, unfit = _hashes(options)
    if not hashes and not unfit:
        unfit = [f"{requirement.name} has no hash; lock it again with --generate-hashes"]
    return version, hashes, problems + unfit


def _pinned_version(requirement: Requirement) -> Version | None:
    from packaging.version import Version

    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator not in ("==", "===") or specifiers[0].version.endswith(".*"):
        return None
    try:
        return Version(specifiers[0].version)
    except ValueError:
        return None


def _hashes(options: str) -> tuple[tuple[str, ...], list[str]]:
    hashes: list[str] = []
    problems: list[str] = []
    try:
        words = iter(shlex.split(options))
    except ValueError as error:
        return (), [f"its options {shortened(options)!r} cannot be split: {error}"]
    for word in words:
        option, equals, value = word.partition("=")
        if option != "--hash":
            problems.append(f"the option {option} is not understood in a lock; only --hash is")
            continue
        value = value if equals else next(words, "")
        algorithm, _unused, digest = value.partition(":")
        if algorithm != "sha256":
            problems.append(f"hash {shortened(value)!r} is not a SHA-256; lock it again with sha256 hashes")
        elif not _SHA256.fullmatch(digest):
            problems.append(f"hash {shortened(value)!r} is not 64 hexadecimal digits")
        else:
            hashes.append(digest.lower())
    return tuple(hashes), problems


def shortened(text: str) -> str:
    """Return the beginning of a text, as messages show it."""
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}…"
