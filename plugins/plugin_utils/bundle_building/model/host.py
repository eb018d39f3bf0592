# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What machine this runs on."""

from __future__ import annotations

import os
import platform
import sys

from ....module_utils.hermetic.errors import InvalidRequest


def host_platform() -> str:
    """Return the project's name of this machine's platform."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin":
        return "macos-arm64" if machine == "aarch64" else f"macos-{machine}"
    if sys.platform == "linux":
        return f"linux-{machine}" if host_glibc() else f"linux-{machine}-musl"
    raise InvalidRequest(f"bundles are built on Linux or macOS; this controller is {sys.platform}")


def host_glibc() -> str | None:
    """Return the version of this machine's GNU C library, None if it has another one."""
    try:
        found = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None
    return found.split()[1] if found and found.startswith("glibc ") else None


def runs_here(name: str, *, glibc: str | None) -> str | None:
    """Return None if programs of that platform run on this machine, else why they do not."""
    here = host_platform()
    if name != here:
        return f"it is for {name} and this machine is {here}"
    has = host_glibc()
    if glibc and has and version_key(glibc) > version_key(has):
        return f"it needs glibc {glibc} and this machine has {has}"
    return None


def version_key(version: str) -> tuple[int, ...]:
    """Return a version of numbers as something that sorts."""
    return tuple(int(part) for part in version.split("."))
