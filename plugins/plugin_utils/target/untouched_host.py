# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is answered for a host that has nothing yet: the engine's own plan, made on the controller, so that nothing is copied there."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from ...module_utils.hermetic.commands.result import make_result, now
from ...module_utils.hermetic.errors import DiskFull
from ...module_utils.hermetic.free_space import size_text
from ...module_utils.hermetic.install.disk_space import least_bytes
from ...module_utils.hermetic.model.request import parse_request
from ...module_utils.hermetic.planning import changes
from ...module_utils.hermetic.planning.observation import Observation
from ...module_utils.hermetic.planning.plan import FileName, Plan, make_plan
from ...module_utils.hermetic.timings import Timings
from .host_answer import Result
from .host_mounts import against_mounts
from .host_probe import HostFacts
from .nothing_installed import is_untouched
from .request import Request

if TYPE_CHECKING:
    from .run import TargetRun


def answer_for_part(request: Request, run: TargetRun, *, absent: bool) -> Result | None:
    """Return the answer for a bundle or VirtualEnv on a host that has no interpreter; None where the host must be asked.

    Where it is to be absent and nothing at all is there, all is as it should be.
    """
    if absent and not run.facts.damaged:
        return {"changed": False, "plan": [], "findings": [], "generation": {"before": None, "after": None}}
    return planned_convergence(request, run)


def planned_convergence(request: Request, run: TargetRun) -> Result | None:
    """Return the plan for an untouched host in check mode; None where the host must be asked.

    Raises an error where nothing that is installed would start or fit, before a byte is copied there.
    """
    facts = run.facts
    run.warnings += against_mounts(facts, check=bool(request["check"]), untouched=is_untouched(facts))
    if not is_untouched(facts):
        return None
    _refuse_full_host(request, facts)
    if not request["check"]:
        return None
    plan, file_name = _planned(request)
    after = plan.target.number if plan.target is not None else None
    result = make_result(plan, _layout(facts), None, after, changed=plan.changes, timings=Timings(), warnings=[])
    result["bundles"] = {bundle.name: bundle.release for bundle in plan.install}
    return {**result, **changes.of_plan(plan, Observation(), file_name=file_name).as_dict()}


def compared_with_nothing(request: Request, facts: HostFacts) -> Result:
    """Return what ``drift`` answers on an untouched host."""
    plan, _file_name = _planned(request)
    result = make_result(plan, _layout(facts), None, None, changed=False, timings=Timings(), warnings=[])
    return {**result, "bundles": {}}


def _planned(request: Request) -> tuple[Plan, FileName]:
    # Only the form of the path is checked, and the controller may be of another system than the host.
    parsed = parse_request({**request, "root": "/host"})

    def file_name(sha256: str) -> str:
        return parsed.artifacts[sha256].filename

    return make_plan(parsed.declaration, Observation(), file_name=file_name, now=now()), file_name


def _layout(facts: HostFacts) -> PurePosixPath | PureWindowsPath:
    return PureWindowsPath(facts.root) if facts.os == "Windows" else PurePosixPath(facts.root)


def _refuse_full_host(request: Request, facts: HostFacts) -> None:
    """Raise DiskFull when a host without anything has not the room for what it is to get, before a byte is copied there."""
    if facts.free is None or request["options"].get("check_free_space") is False:
        return
    parsed = parse_request({**request, "root": "/host"})
    # Of a wheel that is prebuilt only the archive gets there.
    spared = {tree_id.partition("-")[0] for tree_id in parsed.prebuilt}
    needed = least_bytes(artifact for sha256, artifact in parsed.artifacts.items() if sha256[:16] not in spared)
    if facts.free < needed:
        raise DiskFull(
            f"{facts.root}: about {size_text(needed)} are needed and {size_text(facts.free)} are free on that file system of the host; "
            "nothing was changed. Free space there, choose a root on another file system, or set check_free_space to false where this one "
            "reports less than it can take."
        )
