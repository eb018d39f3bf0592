# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is presumed of a Windows host before it is asked, and what it reports of itself. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import is_windows_device, shown, tree_parts, version_problem
from .host_probe import HostFacts, Interpreter

DEFAULT_PLATFORM = "windows-x86_64"
_MACHINES = {"windows-x86_64": "AMD64", "windows-arm64": "ARM64", "windows-x86": "x86"}
PLATFORMS = frozenset(_MACHINES)

_FORBIDDEN = re.compile(r"""[<>"|?*%\x00-\x1f]""")
_SYSTEM = re.compile(r"(Windows(\\.*)?|Users(\\[^\\]+)?|ProgramData|Program Files( \(x86\))?|Documents and Settings)\Z", re.IGNORECASE)


def usable_windows_root(root: str) -> str:
    """Return a Windows root with backslashes and none at its end, or raise an error that says why it cannot be one."""
    clean = re.sub(r"(?!\A)\\+", r"\\", root.replace("/", "\\"))
    if not re.match(r"[A-Za-z]:\\", clean):
        raise HermeticError(
            f"The root {root!r} is not a path with a drive letter, which a Windows host needs; expected one like C:\\infra-system, "
            "or no root at all, which means that one."
        )
    clean = f"{clean[0].upper()}{clean[1:]}".rstrip("\\")
    parts = clean.split("\\")[1:]
    problems = []
    if _FORBIDDEN.search(clean) or ":" in clean[2:]:
        problems.append("it has a character that Windows does not allow in names, or a percent sign, which cmd would expand")
    if ".." in parts or "." in parts:
        problems.append("it goes through '.' or '..'; write the path that it leads to")
    elif any(part != part.rstrip(". ") or part != part.lstrip() for part in parts):
        problems.append("a name in it begins or ends with a blank or ends with a dot, which Windows drops")
    if any(map(is_windows_device, parts)):
        problems.append("it has the name of a device, such as NUL")
    if not parts or _SYSTEM.match("\\".join(parts)):
        problems.append("it is a drive, a directory of the system or a whole home; expected a directory of its own, like C:\\infra-system")
    if problems:
        raise HermeticError(f"The root {root!r} cannot be used: {'; '.join(problems)}.", problems)
    return clean


def presumed_facts(root: str, platform: str) -> HostFacts:
    """Return what is taken for granted of a Windows host until it answers: so one round trip does instead of two."""
    if platform not in PLATFORMS:
        raise HermeticError(f"The host is {platform}, which no bundle exists for; expected {', '.join(sorted(PLATFORMS))}.")
    return HostFacts(
        os="Windows", machine=_MACHINES[platform], bits=None, uid=0, libc=None, libc_version=None, root=root, root_type="directory",
        root_writable=True, interpreter=None, dead=(), tools=frozenset(), presumed=True,
    )  # fmt: skip


def reported_facts(facts: HostFacts, host: Mapping[str, Any]) -> HostFacts:
    """Return the facts with what the host reports: its root, and the interpreters that are there."""
    found, dead = host.get("interpreter"), host.get("dead") or []
    interpreter = None
    if found and not (
        isinstance(found, Mapping) and tree_parts("bundles", found.get("id")) is not None and version_problem(found.get("version")) is None
    ):
        raise HermeticError(f"The host's answer cannot be read: its interpreter is {shown(found)}; expected a bundle and its version.")
    if found:
        interpreter = Interpreter(
            bundle_id=found["id"],
            path=facts.interpreter_path(found["id"]),
            version=tuple(int(part) for part in found["version"].split(".")),
        )
    return dataclasses.replace(
        facts,
        root_type=host["root_type"] if host.get("root_type") in ("missing", "empty") else "directory",
        interpreter=interpreter,
        dead=tuple(each for each in dead if tree_parts("bundles", each) is not None),
        presumed=False,
    )


class OtherPlatform(HermeticError):
    """Raised when a host is of another platform than was presumed; nothing was done there."""

    def __init__(self, facts: HostFacts) -> None:
        self.facts = facts
        """What is to be presumed instead."""
        super().__init__(f"The host is {facts.platform}.")
