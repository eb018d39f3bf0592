# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms by the names of wheels, of CIPD and of this project, and what the templates in a name of CIPD become; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..formats.specification import Tag

_LINUX = {
    "i686": "386",
    "i386": "386",
    "x86_64": "amd64",
    "arm64": "arm64",
    "aarch64": "arm64",
    "mips": "mips32",
    "mipsel": "mips32",
    "mips64": "mips64",
    "riscv64": "riscv64",
    "ppc64": "ppc64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "loongarch64": "loong64",
}
_MAC = {
    "intel": "amd64",
    "x86_64": "amd64",
    "fat64": "amd64",
    "universal": "amd64",
    "universal2": "arm64",
    "arm64": "arm64",
    "i386": "386",
    "fat32": "386",
}
_WINDOWS = {"win32": "386", "win_amd64": "amd64", "win_arm64": "arm64"}
_OF_CIPD = {
    "linux-amd64": "linux-x86_64",
    "linux-arm64": "linux-aarch64",
    "mac-amd64": "macos-x86_64",
    "mac-arm64": "macos-arm64",
    "windows-amd64": "windows-x86_64",
    "windows-arm64": "windows-arm64",
    "windows-386": "windows-x86",
}
_LINUX_TAG = re.compile(r"(?:linux|manylinux\d+|manylinux_\d+_\d+|musllinux_\d+_\d+)_(?P<machine>\w+)")
_MAC_TAG = re.compile(r"macosx_\d+_\d+_(?P<machine>\w+)")
TEMPLATES = ("os", "arch", "platform", "py_python", "py_abi", "py_platform", "py_tag", "vpython_platform")
TEMPLATE = re.compile(r"\$\{([^}]*)\}")


def cipd_platform(platform: str) -> str | None:
    """Return the platform of CIPD that a platform of a wheel is for, or None."""
    if platform in _WINDOWS:
        return f"windows-{_WINDOWS[platform]}"
    if match := _LINUX_TAG.fullmatch(platform):
        machine = match["machine"]
        arch = _LINUX.get(machine) or ("armv6l" if machine.startswith("arm") else None)
        return f"linux-{arch}" if arch else None
    if match := _MAC_TAG.fullmatch(platform):
        return f"mac-{_MAC[match['machine']]}" if match["machine"] in _MAC else None
    return None


def platform_of_tag(platform: str) -> str | None:
    """Return the platform of this project that a platform of a wheel is for, or None where no bundle exists for it."""
    cipd = cipd_platform(platform)
    found = _OF_CIPD.get(cipd) if cipd else None
    return f"{found}-musl" if found and platform.startswith("musllinux") else found


def cipd_platform_of(platform: str) -> str:
    """Return CIPD's name of a platform of this project."""
    plain = platform.removesuffix("-musl")
    return next(cipd for cipd, ours in _OF_CIPD.items() if ours == plain)


def template_values(tag: Tag) -> dict[str, str]:
    """Return what the templates of a name become on a host whose best tag is this one."""
    values = {name: value for name, value in (("py_python", tag.python), ("py_abi", tag.abi), ("py_platform", tag.platform)) if value}
    if len(values) == 3:
        values["py_tag"] = f"{tag.python}-{tag.abi}-{tag.platform}"
    platform = cipd_platform(tag.platform)
    if platform:
        values["platform"] = platform
        values["os"], values["arch"] = platform.split("-")
        if tag.python and tag.abi:
            values["vpython_platform"] = f"{platform}_{tag.python}_{tag.abi}"
    return values


def expanded(name: str, values: Mapping[str, str]) -> str:
    """Return a name with its templates replaced; one without a value stays."""
    return TEMPLATE.sub(lambda match: values.get(match[1], match[0]), name)


def unknown_templates(name: str) -> list[str]:
    """Return the templates of a name that vpython does not have; ``${os=linux,mac}`` is one of those that it has."""
    return [found for found in TEMPLATE.findall(name) if found.partition("=")[0] not in TEMPLATES]
