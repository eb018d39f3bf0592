# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a bundle ends its interpreter's search for its own parts, so that nothing above it is read.

A starting CPython walks up from its program and takes the first directory that holds a landmark for its home: the zip of the standard
library (3.11 and newer), ``os.py``, ``lib-dynload``. A landmark that a bundle lacks is looked for in every directory above it.
On Windows the ``._pth`` file beside the program says where everything is, and nothing is searched for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONFINED = "confined"
"""The key of bundle.json, and of an entry of a repository's index, by which a bundle says so itself."""

_SEARCHES_FOR_THE_ZIP = (3, 11)


def landmarks(*, platform: str, version: str) -> dict[str, str]:
    """Return the paths that end the search of an interpreter, each with the type of entry that it has to be."""
    major, minor = _numbers(version)
    if platform.startswith("windows-"):
        return {f"bin/python{major}{minor}._pth": "file"}
    stdlib = f"lib/python{major}.{minor}"
    return {f"lib/python{major}{minor}.zip": "file", f"{stdlib}/os.py": "file", f"{stdlib}/lib-dynload": "directory"}


def missing_landmarks(info: Mapping[str, Any]) -> list[str]:
    """Return the landmarks that a bundle with this bundle.json lacks: what its interpreter takes from a directory above it."""
    files, version = info["files"], str(info["python"]["version"])
    expected = landmarks(platform=str(info["platform"]), version=version)
    return [path for path, kind in expected.items() if _is_searched_for(path, version) and files.get(path, {}).get("type") != kind]


def is_open(described: Mapping[str, Any]) -> bool:
    """Return whether a bundle may take code from above it, by what an index or bundle.json says without the list of files.

    Bundles that were built before they could say so are closed where their Python never searched for what they lack.
    """
    if described.get(CONFINED) is True or str(described["platform"]).startswith("windows-"):
        return False
    return _numbers(str(described["python"]["version"])) >= _SEARCHES_FOR_THE_ZIP


def _is_searched_for(path: str, version: str) -> bool:
    return not path.endswith(".zip") or _numbers(version) >= _SEARCHES_FOR_THE_ZIP


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
