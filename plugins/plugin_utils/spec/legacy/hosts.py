# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines whose tags decide what a text proto installs: every platform of this project with the Pythons that a specification may mean; pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from ...platforms import PLATFORMS, Target
from ..formats.specification import Specification, Tag, WheelList

PYTHON2 = (2, 7)
# What specifications are written for; add a release when it is published.
PYTHONS = tuple((3, minor) for minor in range(8, 16))
_VERSION = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?")


@dataclass(frozen=True)
class Host:
    """A platform and a Python."""

    platform: str
    python: tuple[int, int]

    @property
    def label(self) -> str:
        """A short name for messages."""
        return f"{self.platform}-cp{self.python[0]}{self.python[1]}"

    @property
    def target(self) -> Target:
        """What wheels are selected for, on a system as new as they like."""
        return _target(self.platform, self.python)

    @property
    def tags(self) -> TagIndex:
        """The tags of this host, best first."""
        return _tags(self.platform, self.python)


_MAC = re.compile(r"macosx_(\d+)_(\d+)_(\w+)")
_MAC_MACHINES = ("arm64", "intel")


def best_tag(host: Host) -> Tag:
    """Return the tag that vpython fills the templates of names from: the Python's own, for the oldest system and the most particular machine."""
    abi = abi_of(host.python, host.platform)
    platforms = [tag.platform for tag in host.target.tags if tag.abi == abi]
    return Tag(f"cp{host.python[0]}{host.python[1]}", abi, min(platforms, key=_preference))


def _preference(platform: str) -> tuple[int, int, int]:
    if match := _MAC.fullmatch(platform):
        machine = _MAC_MACHINES.index(match[3]) if match[3] in _MAC_MACHINES else len(_MAC_MACHINES)
        return machine, int(match[1]), int(match[2])
    return (0 if platform.startswith("manylinux1_") else 1 if platform.startswith("linux_") else 2), 0, 0


class TagIndex:
    """The tags that a host takes, asked for by any of their parts."""

    def __init__(self, tags: Iterable[Tag]) -> None:
        self._parts: list[frozenset[tuple[str, str, str]]] = []
        whole = [(tag.python, tag.abi, tag.platform) for tag in tags]
        for mask in range(8):
            self._parts.append(frozenset(_masked(tag, mask) for tag in whole))

    def has(self, pattern: Tag) -> bool:
        """Return whether one of the tags has every part that the pattern sets; an empty pattern fits nothing."""
        if pattern.is_empty:
            return False
        parts = (pattern.python, pattern.abi, pattern.platform)
        mask = sum(1 << place for place, part in enumerate(parts) if part)
        return parts in self._parts[mask]


def _masked(tag: tuple[str, str, str], mask: int) -> tuple[str, str, str]:
    python, abi, platform = (part if mask & 1 << place else "" for place, part in enumerate(tag))
    return python, abi, platform


def hosts_of(pythons: Iterable[tuple[int, int]], platforms: Iterable[str] = tuple(PLATFORMS)) -> list[Host]:
    """Return the hosts with these Pythons on these platforms; there is none with Python 2 on systems that came after it."""
    later = ("macos-arm64", "windows-arm64", "linux-aarch64-musl")
    names = list(platforms)
    return [Host(name, python) for python in pythons for name in names if python[0] > 2 or name not in later]


def pythons_of(specification: Specification) -> tuple[tuple[int, int], ...]:
    """Return the Pythons that a text proto may run with: what it says, else what its name says, else all."""
    content = specification.content
    stated = parse_python_version(content.python_version) if isinstance(content, WheelList) else None
    known = (PYTHON2, *PYTHONS)
    if stated is not None:
        if len(stated) > 1:
            return ((stated[0], stated[1]),)
        return tuple(python for python in known if python[0] == stated[0])
    suffix = PurePath(specification.path).name.rpartition(".")[2]
    if suffix == "vpython3":
        return PYTHONS
    return (PYTHON2,) if suffix == "vpython" else known


def parse_python_version(text: str) -> tuple[int, ...] | None:
    """Return the numbers of ``python_version``, or None where it is empty or no version."""
    match = _VERSION.fullmatch(text)
    return tuple(int(part) for part in match.groups() if part is not None) if match else None


def abi_of(python: tuple[int, int], platform: str) -> str:
    """Return the ABI of a Python as it is commonly built for a platform."""
    major, minor = python
    if major == 2:
        return f"cp{major}{minor}mu" if platform.startswith("linux") else f"cp{major}{minor}m"
    return f"cp{major}{minor}" + ("m" if minor < 8 else "")


@functools.lru_cache(maxsize=256)
def _target(platform: str, python: tuple[int, int]) -> Target:
    return Target.of_any_system(PLATFORMS[platform], version=f"{python[0]}.{python[1]}.0", abi=abi_of(python, platform))


@functools.lru_cache(maxsize=256)
def _tags(platform: str, python: tuple[int, int]) -> TagIndex:
    return TagIndex(Tag(tag.interpreter, tag.abi, tag.platform) for tag in _target(platform, python).tags)
