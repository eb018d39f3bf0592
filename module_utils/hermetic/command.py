# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out one request on one root, and answer with one result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from . import changes, root_trust
from . import generation as generations
from .artifact import find_artifact
from .disk_space import freed_bytes
from .durable import WINDOWS, explain
from .errors import DiskFull, FetchFailed, HermeticError, redacted
from .foreign_pythons import find_foreign_pythons
from .free_space import size_text
from .info import describe
from .layout import Layout
from .observation import Observation
from .observe import in_force, observe, observe_reused
from .plan import Plan, Step, make_plan, reused
from .printable import printable_result
from .receipts import load_records
from .request import Request, parse_request
from .result import Result, make_result, now, releases
from .root_access import reading, require_usable, secured, writing
from .root_mounts import is_unchangeable, program_problems, require_programs, require_writable, write_problems
from .spelling import as_written
from .sweep import find_garbage
from .system_limits import no_more_threads, out_of_memory
from .timings import Timings
from .vouching import made_since, taken
from .windows_volume import long_name

Progress = Callable[[str], None]


def run(document: Mapping[str, Any], *, on_progress: Progress | None = None) -> Result:
    """Carry out a request and return the result; an expected failure is a result with ``failed``, never an exception."""
    progress: Progress = on_progress or (lambda _text: None)
    # What a run makes has its mode at once: what a stricter umask takes away, a run that is killed in between would never give back.
    umask = os.umask(0o022)
    try:
        request = parse_request(document)
        root = as_written(long_name(request.root) if WINDOWS else request.root)
        root_trust.require_trusted(root, unsafe_parent=request.options.unsafe_parent)
        return printable_result(_COMMANDS[request.command](replace(request, root=root), progress))
    except FetchFailed as error:
        return {**_failure(error), "needs": printable_result(error.needs)}
    except HermeticError as error:
        return _failure(error)
    except OSError as error:
        return _failure(explain(error, f"The root {redacted(str(document.get('root')))}"))
    except RuntimeError as error:
        refused = no_more_threads(error)
        if refused is None:
            raise
        return _failure(refused)
    except MemoryError:
        return _failure(out_of_memory())
    finally:
        os.umask(umask)


def _failure(error: HermeticError) -> Result:
    return printable_result({"failed": True, "changed": False, "msg": str(error), "errors": error.problems or [error.message]})


def _plan(request: Request, layout: Layout, timings: Timings, untrusted: list[root_trust.Untrusted]) -> tuple[Observation, Plan]:
    with timings.of("observe"):
        observation = observe(layout, verify=request.options.verify, jobs=request.options.jobs, known=request.known)
    root_trust.report(untrusted, observation, layout.root)
    with timings.of("plan"):
        plan = _make_plan(request, observation, layout)
        again = reused(plan, observation)
    if again is not None and again.any():
        with timings.of("observe"):
            observe_reused(layout, observation, again, verify=request.options.verify, jobs=request.options.jobs, known=request.known)
        plan = _make_plan(request, observation, layout)
    with timings.of("plan"):
        if not plan.steps:
            garbage = find_garbage(layout, observation.records, observation.current, keep=request.options.keep_generations)
            if garbage.any():
                plan.steps.append(Step("sweep", "store", "generations, trees or artifacts are kept by nothing"))
    return observation, plan


def _make_plan(request: Request, observation: Observation, layout: Layout) -> Plan:
    return make_plan(request.declaration, observation, file_name=_file_names(request, layout), now=now())


def _file_names(request: Request, layout: Layout) -> Callable[[str], str]:
    return lambda sha256: find_artifact(sha256, request.artifacts, layout).filename


def _converge(request: Request, progress: Progress) -> Result:
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    require_usable(layout)
    request, untrusted = secured(request, layout)
    # A root that nobody can change is verified all the same: an image that was made read-only on purpose is as declared, or is not.
    fixed = is_unchangeable(layout)
    holding = reading(layout, request, warnings) if request.check or fixed else writing(layout, request, warnings)
    with holding as waited:
        if waited >= 1:
            warnings.append(f"Waited {waited:.0f} s for another run on {layout.root}.")
        observation, plan = _plan(request, layout, timings, untrusted)
        before = observation.current.number if observation.current else None
        after = plan.target.number if plan.target is not None else before
        changed = changes.of_plan(plan, observation, file_name=_file_names(request, layout))
        before_it = None
        if plan.changes:
            warnings += _against_mounts(plan, layout, check=request.check)
            # Fetching and building are half of the engine's code, which most runs have no use for.
            from .apply import apply, require_room

            needed = require_room(plan, observation, request, layout)
        if plan.changes and not request.check:
            before_it = taken(observation.records)
            try:
                warnings += apply(plan, observation, request, layout, timings=timings, progress=progress)
            except DiskFull as error:
                raise DiskFull(f"{error.message} This run needs about {size_text(needed)}.", error.problems) from error
        elif plan.unrepairable:
            warnings += plan.unrepairable
        result = make_result(plan, layout.root, before, after, changed=plan.changes, timings=timings, warnings=warnings)
        reached = observation.current if request.check else plan.target or observation.current
        result["bundles"] = releases(reached, observation.records, plan)
        if before_it is not None:
            result["manifests"] = made_since(before_it, observation.records)
        return {**result, **changed.as_dict()}


def _against_mounts(plan: Plan, layout: Layout, *, check: bool) -> list[str]:
    """Raise BrokenRoot where the mounts of the root do not let a plan be carried out; in check mode, return why as warnings."""
    installs = bool(plan.install or plan.environments)
    if check:
        return [*write_problems(layout), *(program_problems(layout) if installs else ())]
    require_writable(layout)
    if installs:
        require_programs(layout)
    return []


def _drift(request: Request, _progress: Progress) -> Result:
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    require_usable(layout)
    request, untrusted = secured(request, layout)
    with reading(layout, request, warnings):
        observation, plan = _plan(request, layout, timings, untrusted)
    number = observation.current.number if observation.current else None
    result = make_result(plan, layout.root, number, number, changed=False, timings=timings, warnings=warnings + plan.unrepairable)
    result["bundles"] = releases(observation.current, observation.records, Plan())
    if request.options.verify == "deep":
        result["vouched"] = {"known": len(observation.vouched), "unknown": sorted(observation.unvouched - observation.vouched)}
    if request.options.foreign_pythons:
        with timings.of("foreign_pythons"):
            result["foreign"] = find_foreign_pythons(layout.root)
    return result


def _info(request: Request, _progress: Progress) -> Result:
    layout = Layout(request.root)
    require_usable(layout)
    records = load_records(layout)
    info = describe(layout, records, generations.current_number(layout), in_force=in_force(layout, records))
    return {"changed": False, "info": info, "warnings": []}


def _generation(request: Request, _progress: Progress) -> Result:
    # Rarely asked for.
    from .generation_command import carry_out

    return carry_out(request)


def _uninstall(request: Request, _progress: Progress) -> Result:
    # Rarely asked for, and what it needs would be read by every run.
    from .uninstall import plan_uninstall, refuse, uninstall

    layout, timings = Layout(request.root), Timings()
    require_usable(layout)
    found = plan_uninstall(layout)
    refuse(layout, found, force=request.force)
    if not found.own:
        return make_result(Plan(), layout.root, None, None, changed=False, timings=timings, warnings=[])
    # A lock in a directory of others may be a second name of somebody's file.
    request, _untrusted = secured(request, layout)
    warnings: list[str] = []
    with reading(layout, request, warnings) if request.check else writing(layout, request, warnings):
        if not request.check:
            # What was there before the lock was held may have gone or come since.
            found = plan_uninstall(layout)
            refuse(layout, found, force=request.force)
        records = load_records(layout)
        current = records.generations.get(generations.current_number(layout) or 0)
        trees = {kind: list(getattr(records, kind)) for kind in ("bundles", "laid", "environments")}
        freed = freed_bytes(records, trees, layout.wheels.iterdir() if layout.wheels.is_dir() else ())
        plan = Plan(steps=[Step("uninstall", "store", f"{size_text(freed)} in {sum(map(len, trees.values()))} trees")])
        left: list[str] = []
        if not request.check:
            with timings.of("uninstall"):
                more, left = uninstall(layout, found)
            warnings += more
        before = current.number if current is not None else None
        result = make_result(plan, layout.root, before, None, changed=True, timings=timings, warnings=warnings)
        changed = changes.between(current, None, records)
        result["diff"] = {"before": "".join(f"{line}\n" for line in changed.lines("before")), "after": ""}
        return {**result, **changed.as_dict(), "bytes": freed, **({"left": left} if left else {})}


_COMMANDS = {"converge": _converge, "drift": _drift, "generation": _generation, "info": _info, "uninstall": _uninstall}
