# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling the full version of an unpacked CPython without running it."""

from __future__ import annotations

import re
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact

_VERSION_IN_HEADER = re.compile(r'^#define\s+PY_VERSION\s+"([^"]+)"', re.MULTILINE)


def version_of(source: Path, *, short: str, binaries: list[Path]) -> str:
    """Return the full version of an unpacked CPython, from its header or else from its binaries, without running it."""
    for header in (source / "include" / f"python{short}" / "patchlevel.h", source / "include" / "patchlevel.h"):
        if header.is_file() and (match := _VERSION_IN_HEADER.search(header.read_text(errors="replace"))):
            return match[1].rstrip("+")
    # Linkers merge a string with the tail of a longer one, so it may end a path: what matters is that it ends there.
    pattern = re.compile(rb"(?<![0-9.])(" + re.escape(short.encode()) + rb"\.[0-9]+(?:(?:a|b|rc)[0-9]+)?)\+?\0")
    for binary in binaries:
        if binary.is_file() and (found := pattern.search(binary.read_bytes())):
            return found[1].decode()
    raise BrokenArtifact(f"the full version of Python {short} in the archive is unknown: neither patchlevel.h nor its binaries say it")


def release_warnings(release: str, *, version: str) -> list[str]:
    """Return a warning where a release does not begin with the version of the Python that it holds."""
    if re.match(re.escape(version) + r"(?![0-9.])", release):
        return []
    warning = (
        f"the release {release} holds Python {version}, and does not say so; sources are not always what their own name says. "
        f"Call it {version}+1 or the like, so that whoever declares it knows what hosts get"
    )
    return [warning]
