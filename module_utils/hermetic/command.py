# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out one request on one root, and answer with one result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from . import changes, journal, root_trust, windows_acl
from . import generation as generations
from .amiss import PROTECT
from .artifact import find_artifact
from .disk_space import freed_bytes
from .durable import WINDOWS, explain, make_directory, write_json
from .errors import BrokenRoot, DiskFull, FetchFailed, HermeticError, redacted
from .finding import Finding
from .foreign_pythons import find_foreign_pythons
from .free_space import size_text
from .info import describe
from .layout import Layout
from .locking import hold
from .observation import Observation
from .observe import in_force, observe, observe_reused
from .plan import Plan, Step, make_plan, reused
from .printable import printable_result
from .receipts import Generation, dump, load_records
from .request import Request, parse_request
from .result import Result, make_result, now, releases
from .root_record import open_up_nothing
from .spelling import as_written
from .store_check import amiss
from .store_repair import put_right
from .sweep import find_garbage, remove
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


def _require_usable(layout: Layout) -> None:
    obstacles = generations.foreign_obstacles(layout)
    if obstacles:
        raise BrokenRoot(f"The root {layout.root} cannot be used; nothing was changed.", obstacles)


def _secured(request: Request, layout: Layout) -> tuple[Request, list[root_trust.Untrusted]]:
    """Take back the directories of the root that another user may change, or name them where nothing may be changed.

    What such a directory holds is verified by content, whatever was asked for.
    """
    changes = request.command != "drift" and not request.check
    untrusted = root_trust.take_back(layout) if changes else root_trust.untrusted_directories(layout)
    if untrusted:
        request = replace(request, options=replace(request.options, verify="deep"))
    return request, untrusted


@contextmanager
def _reading(layout: Layout, request: Request, warnings: list[str]) -> Iterator[float]:
    """Hold the lock while reading, where there is one that may be held; reading must not need the right to write."""
    untrusted = root_trust.untrusted_directories(layout)
    if untrusted or not layout.state.is_dir() or not os.access(layout.state, os.W_OK):
        if untrusted:
            warnings.append(f"{layout.lock} was not opened, since another user may change what is there. Converge to take the root back.")
        elif layout.state.is_dir():
            warnings.append(f"{layout.lock} cannot be held by this user, so a run that changes the root at this moment may show as drift.")
        yield 0.0
        return
    with hold(layout.lock, timeout=request.options.lock_timeout, purpose=request.command) as waited:
        yield waited


@contextmanager
def _writing(layout: Layout, request: Request, warnings: list[str]) -> Iterator[float]:
    fresh = not layout.state.is_dir()
    make_directory(layout.root)
    # Somebody else may have been faster in a directory that everybody may write.
    root_trust.require_trusted(layout.root, unsafe_parent=request.options.unsafe_parent)
    if WINDOWS and fresh:
        windows_acl.protect(layout.root)
    if fresh:
        warnings += open_up_nothing(layout.root)
    make_directory(layout.state)
    with hold(layout.lock, timeout=request.options.lock_timeout, purpose=request.command) as waited:
        yield waited


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
    _require_usable(layout)
    request, untrusted = _secured(request, layout)
    holding = _reading(layout, request, warnings) if request.check else _writing(layout, request, warnings)
    with holding as waited:
        if waited >= 1:
            warnings.append(f"Waited {waited:.0f} s for another run on {layout.root}.")
        observation, plan = _plan(request, layout, timings, untrusted)
        before = observation.current.number if observation.current else None
        after = plan.target.number if plan.target is not None else before
        changed = changes.of_plan(plan, observation, file_name=_file_names(request, layout))
        before_it = None
        if plan.changes:
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


def _drift(request: Request, _progress: Progress) -> Result:
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    _require_usable(layout)
    request, untrusted = _secured(request, layout)
    with _reading(layout, request, warnings):
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
    _require_usable(layout)
    records = load_records(layout)
    info = describe(layout, records, generations.current_number(layout), in_force=in_force(layout, records))
    return {"changed": False, "info": info, "warnings": []}


def _generation(request: Request, _progress: Progress) -> Result:
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    _require_usable(layout)
    if not layout.state.is_dir():
        raise BrokenRoot(f"{layout.root} holds no generation yet; converge this host first.")
    request, untrusted = _secured(request, layout)
    warnings += [f"{each.path}: {each.found}." + ("" if request.check else " It was taken back.") for each in untrusted]
    with _reading(layout, request, warnings) if request.check else _writing(layout, request, warnings):
        records = load_records(layout)
        number = generations.current_number(layout)
        begun = generations.never_in_force(layout, records)
        if begun is not None:
            del records.generations[begun]
            if not request.check:
                generations.forget(layout, begun)
        # Without the link, what the last switch put in force: it must not be pruned, and it is what 'previous' starts from.
        lost = number if number is not None else generations.told_number(layout)
        current = records.generations.get(lost) if lost is not None else None
        if not request.check:
            # A link would be switched, and the record of it refused, because of a flag or an attribute somewhere in the state.
            warnings += put_right(layout, [each for each in amiss(layout, records, current) if each.repair == PROTECT])
        plan = Plan()
        after = number
        freed = 0
        changed = changes.Changes()
        if request.generation_action == "activate":
            target = _named(request, records.generations, current, layout)
            after = target.number
            found = _plan_activation(plan, request, layout, target, number)
            changed = changes.between(current, target, records, linked_again=changes.relinked(target, found))
            if plan.steps and not request.check:
                with timings.of("switch"), journal.kept(layout, [step.as_dict() for step in plan.steps]):
                    warnings += generations.activate(layout, target, records)
        elif request.generation_action in ("keep", "release"):
            target = _named(request, records.generations, current, layout)
            wanted = request.generation_action == "keep"
            if target.kept != wanted:
                plan.steps.append(
                    Step(str(request.generation_action), f"generation:{target.number}", f"kept is {str(target.kept).lower()}")
                )
                if not request.check:
                    marked = Generation(**{**target.__dict__, "kept": wanted})
                    write_json(layout.generation_records / f"{target.number}.json", dump(marked))
        elif request.generation_action == "sweep":
            with timings.of("sweep"):
                garbage = find_garbage(layout, records, current, keep=request.options.keep_generations)
                if garbage.any():
                    counted = f"{len(garbage.generations)} generations, {sum(map(len, garbage.trees.values()))} trees, {len(garbage.artifacts)} artifacts"
                    freed = freed_bytes(records, garbage.trees, (layout.wheels / sha256 for sha256 in garbage.artifacts))
                    plan.steps.append(Step("sweep", "store", f"{counted}, {size_text(freed)}"))
                if plan.steps and not request.check:
                    with journal.kept(layout, [step.as_dict() for step in plan.steps]):
                        warnings += remove(layout, records, garbage)
        else:
            raise HermeticError(f"The generation action is {request.generation_action!r}; wanted is activate, keep, release or sweep.")
        result = make_result(plan, layout.root, number, after, changed=bool(plan.steps), timings=timings, warnings=warnings)
        if request.generation_action == "sweep":
            result["bytes"] = freed
        if number != after:
            sides = (("before", number), ("after", after))
            result["diff"] = {side: "".join(f"{line}\n" for line in [f"generation {each}", *changed.lines(side)]) for side, each in sides}
        return {**result, **changed.as_dict()}


def _uninstall(request: Request, _progress: Progress) -> Result:
    # Rarely asked for, and what it needs would be read by every run.
    from .uninstall import plan_uninstall, refuse, uninstall

    layout, timings = Layout(request.root), Timings()
    _require_usable(layout)
    found = plan_uninstall(layout)
    refuse(layout, found, force=request.force)
    if not found.own:
        return make_result(Plan(), layout.root, None, None, changed=False, timings=timings, warnings=[])
    warnings: list[str] = []
    with _reading(layout, request, warnings) if request.check else _writing(layout, request, warnings):
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


def _named(request: Request, known: Mapping[int, Generation], current: Generation | None, layout: Layout) -> Generation:
    number = request.generation_number
    if number == "previous":
        if current is None:
            raise BrokenRoot(f"No generation is in force below {layout.root}, so none is previous; name a number.")
        number = current.previous
        if number is None:
            raise BrokenRoot(
                f"Generation {current.number} was the first on this host, so none is previous; there is nothing to go back to."
            )
    elif number is None and current is not None:
        number = current.number
    if not isinstance(number, int):
        raise HermeticError(f"The generation is {number!r}; wanted is a number or 'previous'.")
    if number not in known:
        there = ", ".join(str(each) for each in sorted(known)) or "none"
        raise BrokenRoot(f"Generation {number} is not below {layout.root}; there are: {there}. Name one of them, or converge.")
    return known[number]


def _plan_activation(plan: Plan, request: Request, layout: Layout, target: Generation, number: int | None) -> list[Finding]:
    """Plan the switch to a generation, after its trees were found whole: going back must not lead into a damaged state.

    Returns what is wrong with the links of a generation that is in force already.
    """
    damage = observe(layout, verify=request.options.verify, jobs=request.options.jobs, at=target.number).findings
    if damage:
        raise BrokenRoot(
            f"Generation {target.number} cannot be activated: its trees are not as they were built. Converge to repair the host, then try again.",
            [finding.line() for finding in damage],
        )
    if number != target.number:
        plan.steps.append(
            Step("switch", "generation", f"from {f'generation {number}' if number else 'nothing'} to generation {target.number}")
        )
        return []
    observation = observe(layout, verify="none")
    if not observation.facade_broken:
        return []
    plan.steps.append(Step("restore_links", "generation", f"the links of generation {target.number} are not as they were made"))
    return observation.findings


_COMMANDS = {"converge": _converge, "drift": _drift, "generation": _generation, "info": _info, "uninstall": _uninstall}
