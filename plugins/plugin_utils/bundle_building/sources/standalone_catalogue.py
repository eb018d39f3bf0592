# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking a version up in the catalogue of python-build-standalone that PyPI's pbs-installer carries."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import InvalidRequest
from ..model.request import ArchiveSource, StandaloneSource

SYSTEMS = {
    "linux-x86_64": ("linux", "x86_64", "unknown-linux-gnu"),
    "linux-aarch64": ("linux", "aarch64", "unknown-linux-gnu"),
    "linux-x86_64-musl": ("linux", "x86_64", "unknown-linux-musl"),
    "linux-aarch64-musl": ("linux", "aarch64", "unknown-linux-musl"),
    "macos-x86_64": ("macos", "x86_64", "apple-darwin"),
    "macos-arm64": ("macos", "aarch64", "apple-darwin"),
    "windows-x86_64": ("windows", "x86_64", "pc-windows-msvc"),
    "windows-arm64": ("windows", "aarch64", "pc-windows-msvc"),
    "windows-x86": ("windows", "x86", "pc-windows-msvc"),
}
_BUILD = re.compile(r"\+([0-9]{8})-|/([0-9]{8})/")


def read_catalogue() -> list[dict[str, Any]]:
    """Return the catalogue's entries; only its data is read, none of its code runs."""
    found = importlib.util.find_spec("pbs_installer")
    if found is None or not found.submodule_search_locations:
        raise InvalidRequest(
            "the PyPI package pbs-installer is missing on the controller; it holds the catalogue that 'standalone' looks up"
        )
    path = Path(found.submodule_search_locations[0], "versions.json")
    if not path.is_file():
        raise InvalidRequest("the PyPI package pbs-installer on the controller holds no versions.json; install 2026.10.25 or newer")
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def look_up(source: StandaloneSource, *, platform: str, catalogue: Sequence[dict[str, Any]]) -> ArchiveSource:
    """Return the archive of a version for a platform; the stripped one where both exist. A missing checksum is refused."""
    system, machine, triple = SYSTEMS[platform]
    versions = {_version(entry): entry["files"] for entry in catalogue if _is_plain(entry)}
    if source.version not in versions:
        near = [version for version in versions if version.startswith(".".join(source.version.split(".")[:2]) + ".")]
        raise InvalidRequest(
            f"standalone version {source.version!r} is not in the catalogue; it has {', '.join(near) or 'nothing near it'}"
        )
    files = [
        file for file in versions[source.version]
        if file["install_only"] and file["platform"] == system and file["arch"] == machine and triple in file["filename"]
    ]  # fmt: skip
    builds = sorted({build_of(file) for file in files})
    if source.build is not None:
        files = [file for file in files if build_of(file) == source.build]
    if not files:
        has = f"builds {', '.join(builds)}" if builds else "no install_only build"
        wanted = f" build {source.build}" if source.build else ""
        raise InvalidRequest(f"standalone {source.version}{wanted} for {platform} is not in the catalogue; it has {has} for that platform")
    best = max(files, key=lambda file: (build_of(file), "stripped" in file["filename"]))
    if not best["sha256"]:
        raise InvalidRequest(f"standalone {best['filename']} has no checksum in the catalogue; name the archive with its sha256 instead")
    return ArchiveSource(location=best["url"], sha256=best["sha256"], kind="standalone")


def build_of(file: dict[str, Any]) -> str:
    """Return the date of the build that a file belongs to."""
    match = _BUILD.search(file["filename"]) or _BUILD.search(file["url"])
    return (match[1] or match[2]) if match else ""


def _is_plain(entry: dict[str, Any]) -> bool:
    version = entry["python_version"]
    return version["implementation"] == "cpython" and not version["freethreaded"]


def _version(entry: dict[str, Any]) -> str:
    version = entry["python_version"]
    return f"{version['major']}.{version['minor']}.{version['micro']}"
