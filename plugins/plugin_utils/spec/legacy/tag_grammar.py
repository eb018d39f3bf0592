# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags an installer can ever have, so that a pattern that fits none is found; and what its author most likely meant; pure."""

from __future__ import annotations

import functools
import re

from packaging.tags import mac_platforms

from ..formats.specification import Tag

_MACHINES = r"x86_64|i686|aarch64|armv6l|armv7l|armv8l|riscv64|ppc64|ppc64le|s390x|loongarch64|mips|mips64|mipsel|mips64el"
_MANYLINUX = r"x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x|riscv64|loongarch64"
_PLATFORM = re.compile(
    rf"any|linux_(?:{_MACHINES})|manylinux(?:1|2010)_(?:x86_64|i686)|manylinux2014_(?:x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x)"
    rf"|manylinux_2_\d{{1,3}}_(?:{_MANYLINUX})|musllinux_1_\d{{1,3}}_(?:{_MACHINES})|win32|win_amd64|win_arm64|win_ia64"
)
_PYTHON = re.compile(r"(?:cp|py|pp|ip|jy|graalpy)(?P<major>\d)(?P<minor>\d{1,3})?")
_ABI = re.compile(r"none|abi3|cp(?P<major>\d)(?P<minor>\d{1,2})(?P<flags>[dmut]*)|pypy\d+_pp\d+|graalpy\w+")
_OTHER_NAMES = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86": "i686",
    "386": "i686",
    "i386": "i686",
    "arm64": "aarch64",
}


def tag_problem(tag: Tag) -> str | None:
    """Return why no host has a tag that fits the pattern, or None where one may have."""
    if tag.is_empty:
        return "no part of it is set; set python, abi or platform, or remove it"
    for name, problem in (
        ("python", _python_problem(tag.python)),
        ("abi", _abi_problem(tag.abi)),
        ("platform", _platform_problem(tag.platform)),
    ):
        if getattr(tag, name) and problem:
            return f"{name} {getattr(tag, name)!r} {problem}"
    return _combination_problem(tag)


def _python_problem(python: str) -> str | None:
    match = _PYTHON.fullmatch(python)
    if match is None:
        several = "; a tag of a host has one Python, so write one pattern for each"
        hint = several if "." in python else "; expected one such as cp311 or py3"
        return f"is no tag of a Python{hint}"
    if python.startswith("cp") and not match["minor"]:
        return "names no release; expected one such as cp311"
    return None


def _abi_problem(abi: str) -> str | None:
    match = _ABI.fullmatch(abi)
    if match is None:
        return "is no ABI of a Python; expected one such as cp311, abi3 or none"
    if match["major"] == "3" and int(match["minor"]) >= 8 and "m" in match["flags"]:
        return f"has the flag m, which Python has not had since 3.8; expected cp3{match['minor']}"
    return None


def _platform_problem(platform: str) -> str | None:
    if _PLATFORM.fullmatch(platform) or platform in _mac_tags():
        return None
    meant = _platform_meant(platform)
    hint = f"; {meant!r} may be meant" if meant else "; expected one such as manylinux_2_17_x86_64, macosx_11_0_arm64 or win_amd64"
    return f"is no platform of a wheel{hint}"


def _combination_problem(tag: Tag) -> str | None:
    """Say why the parts cannot be together."""
    python, abi = _PYTHON.fullmatch(tag.python), _ABI.fullmatch(tag.abi)
    if (
        python
        and tag.python.startswith("cp")
        and abi
        and abi["major"]
        and (python["major"], python["minor"]) != (abi["major"], abi["minor"])
    ):
        return f"python {tag.python!r} and abi {tag.abi!r} are of different releases, so no host has both in one tag"
    if python and tag.python.startswith("py") and tag.abi not in ("", "none"):
        return f"python {tag.python!r} goes with abi 'none' only, and abi is {tag.abi!r}"
    if tag.platform == "any" and tag.abi not in ("", "none"):
        return f"platform 'any' goes with abi 'none' only, and abi is {tag.abi!r}"
    if tag.abi == "abi3" and tag.python == "cp27":
        return "Python 2 has no abi3"
    return None


def _platform_meant(platform: str) -> str | None:
    words = [word for word in re.split(r"[^a-z0-9]+", platform.lower().replace("x86_64", "x64")) if word]
    if not words:
        return None
    machine = next((_OTHER_NAMES.get(word, word) for word in words if word in _OTHER_NAMES or re.fullmatch(_MACHINES, word)), None)
    system = words[0]
    if system.startswith("win"):
        return {"aarch64": "win_arm64", "i686": "win32"}.get(
            machine or "", "win_amd64" if machine == "x86_64" or "64" in platform else "win32"
        )
    if system.startswith(("mac", "darwin", "osx")):
        return {"aarch64": "macosx_11_0_arm64", "x86_64": "macosx_10_9_x86_64"}.get(machine or "")
    if system.startswith(("linux", "manylinux")):
        return f"linux_{machine}" if machine else None
    return None


@functools.cache
def _mac_tags() -> frozenset[str]:
    """Every platform of macOS that installers know, until a release that is far off."""
    older = ((10, 16), ("i386", "ppc", "ppc64"))
    newer = ((99, 0), ("x86_64", "arm64"))
    return frozenset(tag for version, machines in (older, newer) for machine in machines for tag in mac_platforms(version, machine))
