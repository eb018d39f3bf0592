# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags as environment markers: which Pythons and machines a pattern fits, as far as markers can tell them apart; pure."""

from __future__ import annotations

import functools
import re

from packaging.tags import compatible_tags, cpython_tags, mac_platforms

from ..formats.specification import ListedWheel, Tag
from .hosts import abi_of
from .marker_terms import ALWAYS, NEVER, Comparison, Term, every, negated, some
from .tag_grammar import tag_problem

_LINUX = re.compile(r"(?:linux|manylinux\d+|manylinux_\d+_\d+|musllinux_\d+_\d+)_(\w+)")
_SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
_WINDOWS = {"win32": "x86", "win_amd64": "AMD64", "win_arm64": "ARM64", "win_ia64": "IA64"}
_LATEST_MINOR = 40
_PLATFORM = "somewhere"


def condition_of(wheel: ListedWheel, *, python2: bool = False) -> Term:
    """Return the condition under which a host gets a wheel; ``python2`` says it so that Python 2 understands it as well."""
    wanted = some(tag_condition(tag, python2=python2) for tag in wheel.match_tags) if wheel.match_tags else ALWAYS
    unwanted = some(tag_condition(tag, python2=python2) for tag in wheel.not_match_tags)
    return every([wanted, negated(unwanted)])


def tag_condition(tag: Tag, *, python2: bool = False) -> Term:
    """Return the condition under which a pattern fits a tag of a host."""
    if tag_problem(tag) is not None:
        return NEVER
    return every([_python_condition(tag.python, tag.abi, tag.platform, python2), _platform_condition(tag.platform, python2)])


def blurred(tag: Tag) -> str | None:
    """Return what of a pattern a marker cannot say, as the end of a sentence about it, or None."""
    if tag_problem(tag) is not None:
        return None
    if tag.platform.startswith("macosx"):
        return "the release of macOS is no longer looked at"
    if tag.platform.startswith("musllinux"):
        return "markers do not know the C library, so hosts with glibc get it as well"
    if tag.platform.startswith("manylinux"):
        return "neither the C library nor its release is looked at"
    if tag.platform == "win32":
        return "a Python of 32 bits on Windows of 64 bits has the machine AMD64, and is left out"
    if tag.abi.startswith("cp27"):
        return "the width of characters of Python 2 is taken to be that of the usual builds: wide on Linux, narrow elsewhere"
    return None


def _system(name: str, python2: bool) -> Term:
    # Python 2 calls Linux linux2 in sys_platform.
    return Comparison("platform_system", "==", _SYSTEMS[name]) if python2 else Comparison("sys_platform", "==", name)


def _platform_condition(platform: str, python2: bool) -> Term:
    if platform in ("", "any"):
        return ALWAYS
    if platform in _WINDOWS:
        return every([_system("win32", python2), _machines(_WINDOWS[platform])])
    if match := _LINUX.fullmatch(platform):
        return every([_system("linux", python2), _machines(match[1], *(["i386"] if match[1] == "i686" else []))])
    found = [machine for machine in ("x86_64", "arm64", "i386", "ppc", "ppc64") if platform in _mac_tags(machine)]
    if {"x86_64", "arm64"} <= set(found):
        return _system("darwin", python2)
    # Where 64 bits run, 32 bits have not been built for in a decade.
    return every([_system("darwin", python2), _machines(*(found[:1] if found[0] == "x86_64" else found))])


def _machines(*names: str) -> Term:
    return some(Comparison("platform_machine", "==", name) for name in names)


@functools.cache
def _mac_tags(machine: str) -> frozenset[str]:
    return frozenset(mac_platforms((99, 0) if machine in ("x86_64", "arm64") else (10, 16), machine))


def _python_condition(python: str, abi: str, platform: str, python2: bool) -> Term:
    """Return the condition on the Python: the parts are asked of the tags that each release has, wherever it runs."""
    if not python and not abi:
        return ALWAYS
    found = {release for release in _releases() if _fits(release, python, abi, platform)}
    threes = sorted(release for release in found if release[0] == 3)
    parts: list[Term] = []
    if len(threes) == 1:
        parts.append(_version("==", threes[0]))
    elif threes:
        # Later releases read what is for earlier ones.
        parts.append(_version(">=", threes[0]) if threes[0][1] or (2, 7) not in found else ALWAYS)
    if (2, 7) in found and ALWAYS not in parts:
        parts.append(every([_version("==", (2, 7)), _unicode_width(abi, python2)]))
    return some(parts)


def _unicode_width(abi: str, python2: bool) -> Term:
    """Return where Python 2 is built with this width of characters: the wide one on Linux, the narrow one elsewhere."""
    if abi not in ("cp27m", "cp27mu"):
        return ALWAYS
    linux = _system("linux", python2)
    return linux if abi == "cp27mu" else negated(linux)


def _version(operator: str, release: tuple[int, int]) -> Comparison:
    return Comparison("python_version", operator, f"{release[0]}.{release[1]}" if operator == "==" or release[1] else str(release[0]))


@functools.cache
def _releases() -> tuple[tuple[int, int], ...]:
    return ((2, 7), *((3, minor) for minor in range(_LATEST_MINOR)))


def _fits(release: tuple[int, int], python: str, abi: str, platform: str) -> bool:
    return any(
        (not python or python == each_python) and (not abi or _is_abi(abi, each_abi)) and (not platform or (platform == "any") is anywhere)
        for each_python, each_abi, anywhere in _parts(release)
    )


def _is_abi(wanted: str, found: str) -> bool:
    """Return whether two ABIs are the same, but for the width of characters in Python 2, which the system decides."""
    return wanted == found or {wanted, found} == {"cp27m", "cp27mu"}


@functools.cache
def _parts(release: tuple[int, int]) -> frozenset[tuple[str, str, bool]]:
    """Return the tags of a release: Python, ABI, and whether they are for any platform."""
    abi = abi_of(release, "linux")
    interpreter = f"cp{release[0]}{release[1]}"
    tags = [*cpython_tags(release, [abi], [_PLATFORM]), *compatible_tags(release, interpreter, [_PLATFORM])]
    return frozenset((tag.interpreter, tag.abi, tag.platform == "any") for tag in tags)
