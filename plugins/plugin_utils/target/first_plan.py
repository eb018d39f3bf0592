# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would do on a host that has nothing yet: the engine's own plan, made on the controller, so that nothing is copied there."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from ...module_utils.hermetic.commands.result import make_result, now
from ...module_utils.hermetic.errors import DiskFull
from ...module_utils.hermetic.free_space import size_text
from ...module_utils.hermetic.install.disk_space import least_bytes
from ...module_utils.hermetic.model.request import parse_request
from ...module_utils.hermetic.planning import changes
from ...module_utils.hermetic.planning.observation import Observation
from ...module_utils.hermetic.planning.plan import make_plan
from ...module_utils.hermetic.timings import Timings
from .host_probe import HostFacts
from .request import Request

Result = dict[str, Any]


def is_untouched(facts: HostFacts) -> bool:
    """Tell whether a host has nothing at the root, so that its plan is known without asking it."""
    return facts.interpreter is None and not facts.damaged and facts.root_type in ("missing", "empty")


def first_plan(request: Request, facts: HostFacts) -> Result:
    """Return what ``converge`` in check mode, or ``drift``, answers on a host that has nothing."""
    # Only the form of the path is checked, and the controller may be of another system than the host.
    parsed = parse_request({**request, "root": "/host"})
    plan = make_plan(parsed.declaration, Observation(), file_name=lambda sha256: parsed.artifacts[sha256].filename, now=now())
    changed = changes.of_plan(plan, Observation(), file_name=lambda sha256: parsed.artifacts[sha256].filename)
    drifts = request["command"] == "drift"
    after = plan.target.number if plan.target is not None and not drifts else None
    layout = PureWindowsPath(facts.root) if facts.os == "Windows" else PurePosixPath(facts.root)
    result = make_result(plan, layout, None, after, changed=plan.changes and not drifts, timings=Timings(), warnings=[])
    result["bundles"] = {} if drifts else {bundle.name: bundle.release for bundle in plan.install}
    return result if drifts else {**result, **changed.as_dict()}


def refuse_full_host(request: Request, facts: HostFacts) -> None:
    """Raise DiskFull when a host without anything has not the room for what it shall get, before a byte is copied there."""
    if request["command"] != "converge" or facts.free is None or request["options"].get("check_free_space") is False:
        return
    needed = least_bytes(parse_request({**request, "root": "/host"}).artifacts.values())
    if facts.free < needed:
        raise DiskFull(
            f"{facts.root}: about {size_text(needed)} are needed and {size_text(facts.free)} are free on that file system of the host; "
            "nothing was changed. Free space there, choose a root on another file system, or set check_free_space to false where this one "
            "reports less than it can take."
        )
