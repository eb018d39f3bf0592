# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host gets of a specification: the wheels of a text proto with their names filled in, or the requirements that apply; pure."""

from __future__ import annotations

from typing import Any

from packaging.requirements import Requirement

from ...locks.marker_logic import judge
from ..formats.problem import Problem
from ..formats.specification import Requirements, Specification
from .cipd_platforms import expanded, template_values
from .hosts import Host, best_tag
from .matching import installed


def on_host(specification: Specification, host: Host) -> tuple[dict[str, Any], list[Problem]]:
    """Return the packages of a host as a document, and what vpython would refuse there."""
    content = specification.content
    if isinstance(content, Requirements):
        return {"host": host.label, "dependencies": [text for text in content.dependencies if _applies(text, host)]}, []
    wheels = installed(content, host.tags)
    values = template_values(best_tag(host))
    versions: dict[str, set[str]] = {}
    for wheel in wheels:
        versions.setdefault(wheel.name, set()).add(wheel.version)
    problems = [
        Problem("duplicate", f"{host.label} gets {name} in several versions: {', '.join(sorted(found))}", path=specification.path)
        for name, found in versions.items()
        if len(found) > 1
    ]
    return {"host": host.label, "wheel": [{"name": expanded(each.name, values), "version": each.version} for each in wheels]}, problems


def _applies(text: str, host: Host) -> bool:
    target = host.target
    values = {**target.environment, "extra": ""}
    return judge(Requirement(text).marker, values, unknown=target.unknown_markers, context="metadata").applies is not False
