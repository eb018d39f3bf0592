# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A selected wheel, as everything beyond the locks knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 6


@dataclass(frozen=True)
class Wheel:
    """One wheel that a lock pins for a target, and where it was found; exactly one of ``url`` and ``path`` is set."""

    name: str
    """Normalised."""
    version: str
    filename: str
    sha256: str
    size: int | None
    url: str | None = None
    """Without credentials."""
    path: str | None = None
    """Absolute, on the controller."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Where to get it, as the engine's request wants it."""
        return (self.path or self.url or "",)


def offered_builds(filenames: Sequence[str], *, abi: str, system: str) -> str:
    """Name wheels by their tags; those nearest to the target first, and no more than a person reads."""
    marks = {"linux": "linux", "macos": "macosx", "windows": "win"}
    builds = []
    for filename in filenames:
        python, build_abi, platforms = filename.removesuffix(".whl").split("-")[-3:]
        here = any(platform.startswith(marks[system]) or marks[system] in platform.partition("_")[0] for platform in platforms.split("."))
        near = (abi not in (python, build_abi), not here)
        builds.append((near, f"{python}-{build_abi}-{platforms.rpartition('.')[2]}"))
    ordered = list(dict.fromkeys(build for _unused, build in sorted(builds)))
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(ordered[:_SHOWN]) + more
