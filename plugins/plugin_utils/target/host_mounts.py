# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mounts of a host keep a task from, by what the probe found: reported before anything is copied there."""

from __future__ import annotations

from ...module_utils.hermetic.errors import HermeticError
from .host_probe import HostFacts


def judged_by_engine(facts: HostFacts) -> bool:
    """Return whether a root that cannot be written may be as declared all the same: it is read-only, and its engine can find that out."""
    return facts.interpreter is not None and any(mount.read_only for mount in facts.mounts)


def read_only(facts: HostFacts) -> str:
    """Return why the root cannot be written, where a mount is the reason; else nothing."""
    for mount in facts.mounts:
        if mount.read_only:
            what = "made" if facts.root_type == "missing" else "written"
            return (
                f"The root {facts.root} cannot be {what}: it is on a file system that is mounted read-only, {mount}. Nothing was changed. "
                f"{mount.write_remedy()}"
            )
    return ""


def refuse_read_only(facts: HostFacts) -> None:
    """Raise an error that names the mount where it is what keeps the root from being written."""
    reason = read_only(facts)
    if reason:
        raise HermeticError(reason)


def without_programs(facts: HostFacts) -> str:
    """Return why no interpreter below the root starts, where a mount is the reason; else nothing."""
    for mount in facts.mounts:
        if mount.no_programs:
            return f"{facts.root} is on a file system that lets no program start (mounted noexec): {mount}. {mount.program_remedy()}"
    return ""


def against_mounts(facts: HostFacts, *, check: bool, untouched: bool) -> list[str]:
    """Raise an error for a host that cannot be converged, since nothing that is installed would start; in check mode, return why as a warning.

    In check mode, a host that has something is asked by its engine, which reports the same.
    """
    reason = without_programs(facts)
    if check:
        return [each for each in (read_only(facts), reason) if each and untouched]
    if not reason:
        return []
    raise HermeticError(f"The host cannot be converged; nothing was changed: {reason}")
