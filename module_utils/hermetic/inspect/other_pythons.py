# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the packages of Pythons that are not ours, by reading their metadata directories; none of those Pythons is run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..model.wheel_name import distribution

_PROGRAM = re.compile(r"python[23](\.\d+)?$")
_LIBRARY = re.compile(r"python(?P<version>\d\.\d+|3)$")
_METADATA = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(-py\d.*)?\.(dist-info|egg-info)$")
_MOST = 5000
"""Packages of one Python that are listed; a place with more is no site-packages."""


def find_foreign_pythons(own_root: Path, *, system: Path = Path("/")) -> list[dict[str, Any]]:
    """Return ``{interpreter, version, packages}`` of every Python outside ``own_root``, sorted by interpreter.

    Searched are the system's Python, ``/usr/local``, pyenv's versions and the user sites of everybody whose home can be read.
    A user site has no interpreter of its own: its directory stands in the interpreter's place. Unreadable places are passed over.
    """
    found: dict[str, dict[str, Any]] = {}
    own = os.path.realpath(own_root)
    for prefix in (system / "usr", system / "usr/local", *_pyenv_versions(system)):
        for program, version in _programs(prefix):
            real = os.path.realpath(program)
            if real.startswith(own + os.sep) or str(program) in found:
                continue
            packages = _packages_of(prefix, version)
            found[str(program)] = {"interpreter": str(program), "version": _full_version(prefix, version), "packages": packages}
    for home in _homes(system):
        for site in sorted(_entries(home / ".local/lib", _LIBRARY)):
            packages = _packages(site / "site-packages")
            if packages:
                place = str(site / "site-packages")
                found[place] = {"interpreter": place, "version": site.name[len("python") :], "packages": packages}
    return [found[place] for place in sorted(found)]


def _pyenv_versions(system: Path) -> Iterator[Path]:
    roots = [home / ".pyenv" for home in _homes(system)] + [system / "opt/pyenv", system / "usr/local/pyenv"]
    if os.environ.get("PYENV_ROOT"):
        roots.append(Path(os.environ["PYENV_ROOT"]))
    for root in dict.fromkeys(roots):
        yield from _entries(root / "versions", re.compile(r"\d[\w.+-]*$"))


def _homes(system: Path) -> list[Path]:
    """Return the homes of real people and root; what has no home below /home or /root is a service."""
    return [system / "root", *sorted(_entries(system / "home", re.compile(r".+")))]


def _entries(directory: Path, pattern: re.Pattern[str]) -> list[Path]:
    try:
        return [directory / name for name in sorted(os.listdir(directory)) if pattern.match(name) and os.path.isdir(directory / name)]
    except OSError:
        return []


def _programs(prefix: Path) -> Iterator[tuple[Path, str]]:
    """Give each Python once, under the name that has its version: ``python3.11``, not the links to it."""
    try:
        names = sorted(os.listdir(prefix / "bin"))
    except OSError:
        return
    seen: set[str] = set()
    for name in sorted((name for name in names if _PROGRAM.match(name)), key=lambda name: (-len(name), name)):
        program = prefix / "bin" / name
        if not os.access(program, os.X_OK) or not os.path.isfile(program):
            continue
        real = os.path.realpath(program)
        version = re.search(r"(\d\.\d+)", os.path.basename(real)) or re.search(r"(\d\.\d+)", name)
        if version and real not in seen:
            seen.add(real)
            yield program, version.group(1)


def _full_version(prefix: Path, version: str) -> str:
    """Return the version to the last digit where a file has it: pyenv's directory, or the header of the C interface."""
    if re.match(rf"{re.escape(version)}(\.\d+\w*)?$", prefix.name):
        return prefix.name
    try:
        header = (prefix / "include" / f"python{version}" / "patchlevel.h").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return version
    found = re.search(r'#define\s+PY_VERSION\s+"([^"]+)"', header)
    return found.group(1) if found else version


def _packages_of(prefix: Path, version: str) -> dict[str, str]:
    places = [prefix / "lib" / f"python{version}" / kind for kind in ("site-packages", "dist-packages")]
    places += [prefix / "lib64" / f"python{version}" / "site-packages"]
    if prefix.name == "usr":
        # Debian keeps what it packages in one place that has no minor version, and lets pip install into /usr/local, which goes first.
        places.append(prefix / "lib" / f"python{version[0]}" / "dist-packages")
        places.append(prefix / "local/lib" / f"python{version}" / "dist-packages")
    packages: dict[str, str] = {}
    for place in places:
        packages.update(_packages(place))
    return dict(sorted(packages.items()))


def _packages(site: Path) -> dict[str, str]:
    try:
        names = os.listdir(site)
    except OSError:
        return {}
    matches = [match for match in map(_METADATA.match, sorted(names)) if match]
    return {distribution(match["name"]): match["version"] for match in matches[:_MOST]}
