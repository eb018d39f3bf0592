# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels a bundle's Python takes and how it answers environment markers, known without running it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.version import InvalidVersion, Version

from ..module_utils.hermetic.errors import HermeticError

_ABI = re.compile(r"cp\d+\w*")
_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.\d+)*")
HOST_MARKERS = ("platform_release", "platform_version")

# The names that wheels used before the C library's version became part of the name.
_LEGACY_MANYLINUX = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
# Newer than any that wheels are made for.
_NEWEST_LIBC = {"glibc": (2, 99), "musl": (1, 99)}
_NEWEST_MACOS = (99, 0)
_OLDEST_GLIBC_MINOR = {"x86_64": 5, "aarch64": 17}


@dataclass(frozen=True)
class Platform:
    """A system and processor that bundles exist for."""

    name: str
    system: str
    """``linux``, ``macos`` or ``windows``."""
    machine: str
    """The processor as wheel names spell it."""
    platform_machine: str
    """The processor as ``platform.machine()`` spells it there."""
    libc: str | None = None
    """``glibc``, ``musl`` or None."""


PLATFORMS: Mapping[str, Platform] = {
    platform.name: platform
    for platform in (
        Platform("linux-x86_64", "linux", "x86_64", "x86_64", "glibc"),
        Platform("linux-aarch64", "linux", "aarch64", "aarch64", "glibc"),
        Platform("linux-x86_64-musl", "linux", "x86_64", "x86_64", "musl"),
        Platform("linux-aarch64-musl", "linux", "aarch64", "aarch64", "musl"),
        Platform("macos-x86_64", "macos", "x86_64", "x86_64"),
        Platform("macos-arm64", "macos", "arm64", "arm64"),
        Platform("windows-x86_64", "windows", "win_amd64", "AMD64"),
        Platform("windows-arm64", "windows", "win_arm64", "ARM64"),
        Platform("windows-x86", "windows", "win32", "x86"),
    )
}


@dataclass(frozen=True)
class Target:
    """One Python on one platform, as a bundle declares it: what wheels are selected for."""

    platform: Platform
    version: str
    """The full version of Python, such as ``3.12.1``."""
    abi: str
    """The ABI tag of its extension modules, such as ``cp312`` or ``cp27mu``."""
    libc_minimum: tuple[int, int] | None = None
    macos_minimum: tuple[int, int] | None = None
    stated: tuple[tuple[str, str], ...] = ()
    """Values of environment markers that no bundle states, by name."""

    @classmethod
    def of(
        cls, platform: str, *, python: Mapping[str, Any], libc: Mapping[str, Any] | None = None, macos: Mapping[str, Any] | None = None
    ) -> Target:
        """Make a target from the ``platform``, ``python``, ``libc`` and ``macos`` of a bundle.json or an index entry."""
        known = platform_named(platform)
        problems: list[str] = []
        version, abi = str(python.get("version") or ""), str(python.get("abi") or "")
        try:
            Version(version)
        except InvalidVersion:
            problems.append(f"python.version is {version!r}; expected a version such as 3.12.1")
        if not _ABI.fullmatch(abi):
            problems.append(f"python.abi is {abi!r}; expected an ABI tag such as cp312 or cp27mu")
        if python.get("implementation", "cpython") != "cpython":
            problems.append(f"python.implementation is {python['implementation']!r}; only cpython can be a bundle")
        libc_minimum = macos_minimum = None
        if known.libc:
            libc_minimum = _two_numbers((libc or {}).get("minimum"))
            if (libc or {}).get("family") != known.libc:
                problems.append(f"libc.family is {(libc or {}).get('family')!r}; {platform} wants {known.libc!r}")
            if libc_minimum is None:
                problems.append(f"libc.minimum is {(libc or {}).get('minimum')!r}; expected a version such as 2.28")
        elif known.system == "macos":
            macos_minimum = _two_numbers((macos or {}).get("minimum"))
            if macos_minimum is None:
                problems.append(f"macos.minimum is {(macos or {}).get('minimum')!r}; expected a version such as 11.0")
        if problems:
            raise HermeticError(f"The bundle for {platform} does not say what wheels it takes; build it again", problems)
        return cls(known, version, abi, libc_minimum, macos_minimum)

    @classmethod
    def of_any_system(cls, platform: Platform, *, version: str, abi: str) -> Target:
        """Make the target that takes every wheel for a Python on this processor, however new the system that the wheel needs."""
        return cls(platform, version, abi, _NEWEST_LIBC.get(platform.libc or ""), _NEWEST_MACOS if platform.system == "macos" else None)

    @property
    def label(self) -> str:
        """A short name for messages, such as ``windows-x86_64-cp312``."""
        return f"{self.platform.name}-{self.abi}"

    @cached_property
    def identity(self) -> str:
        """A digest of everything that decides which wheels are selected."""
        known: list[Any] = [self.platform.name, self.version, self.abi, self.libc_minimum, self.macos_minimum]
        return hashlib.sha256(json.dumps([*known, *self.stated]).encode()).hexdigest()

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """All wheel tags that the target takes, best first."""
        release = Version(self.version)
        short = (release.major, release.minor)
        platforms = list(self._platform_tags())
        interpreter = f"cp{release.major}{release.minor}"
        return (
            *cpython_tags(short, abis=[self.abi], platforms=platforms),
            *compatible_tags(short, interpreter=interpreter, platforms=platforms),
        )

    @cached_property
    def environment(self) -> dict[str, str]:
        """The values of all environment markers on the target, none of them taken from the controller; see ``unknown_markers``."""
        release = Version(self.version)
        system = self.platform.system
        # Python 2 has no sys.implementation and called itself linux2; a marker must answer as that Python would.
        modern = release.major >= 3
        linux = "linux" if modern else "linux2"
        return {
            "implementation_name": "cpython" if modern else "",
            "implementation_version": self.version if modern else "0",
            "os_name": "nt" if system == "windows" else "posix",
            "platform_machine": self.platform.platform_machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": {"linux": "Linux", "macos": "Darwin", "windows": "Windows"}[system],
            "platform_version": "",
            "python_full_version": self.version,
            "python_version": f"{release.major}.{release.minor}",
            "sys_platform": {"linux": linux, "macos": "darwin", "windows": "win32"}[system],
            **dict(self.stated),
        }

    @cached_property
    def unknown_markers(self) -> frozenset[str]:
        """The environment markers whose value nobody states: they are of a host's kernel, and a bundle is for all hosts of a platform."""
        return frozenset(HOST_MARKERS) - {name for name, _unused in self.stated}

    def _platform_tags(self) -> Iterator[str]:
        machine = self.platform.machine
        if self.platform.system == "windows":
            yield machine
        elif self.platform.system == "macos":
            if self.macos_minimum is None:
                raise AssertionError("self.macos_minimum is set by now")
            yield from mac_platforms(self.macos_minimum, machine)
        else:
            if self.libc_minimum is None:
                raise AssertionError("self.libc_minimum is set by now")
            major, minor = self.libc_minimum
            # Wheels that were built on such a host itself go first, as they do with pip.
            yield f"linux_{machine}"
            if self.platform.libc == "musl":
                yield from (f"musllinux_{major}_{number}_{machine}" for number in range(minor, -1, -1))
            else:
                for number in range(minor, _OLDEST_GLIBC_MINOR[machine] - 1, -1):
                    yield f"manylinux_{major}_{number}_{machine}"
                    if number in _LEGACY_MANYLINUX:
                        yield f"{_LEGACY_MANYLINUX[number]}_{machine}"


def platform_named(name: str) -> Platform:
    """Return the platform of that name, or raise an error that lists the known ones."""
    if name not in PLATFORMS:
        raise HermeticError(f"Platform {name!r} is unknown; known platforms: {', '.join(sorted(PLATFORMS))}")
    return PLATFORMS[name]


def stated_values(given: Mapping[str, Any] | None) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the values of markers that an option states, by platform, or raise one error with all that is wrong with it."""
    problems: list[str] = []
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for platform, values in (given or {}).items():
        if platform not in PLATFORMS:
            problems.append(f"{platform!r} is no platform; known platforms: {', '.join(sorted(PLATFORMS))}")
        if not isinstance(values, Mapping):
            problems.append(f"{platform}: {type(values).__name__} instead of a dictionary of marker names and values")
            continue
        for name, value in values.items():
            if name not in HOST_MARKERS:
                problems.append(f"{platform}: {name!r} cannot be stated; {' and '.join(HOST_MARKERS)} can, the bundle states all others")
            elif not isinstance(value, (str, int, float)) or isinstance(value, bool) or not str(value).strip():
                problems.append(f"{platform}: {name} is {value!r}; expected a text, as the module platform of Python gives it on the host")
        found[str(platform)] = tuple(sorted((str(name), str(value)) for name, value in values.items()))
    if problems:
        raise HermeticError("The option marker_values is invalid", problems)
    return found


def _two_numbers(text: object) -> tuple[int, int] | None:
    match = _NUMBERS.fullmatch(str(text or ""))
    return (int(match[1]), int(match[2])) if match else None
