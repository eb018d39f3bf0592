# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that goes back to a generation, pins or unpins one, or prunes what none needs."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import BrokenRoot, HermeticError
from ..findings.finding import Finding
from ..findings.needed_repair import PROTECT
from ..free_space import size_text
from ..fs.atomic import write_json
from ..generations import profile
from ..generations.prune import find_garbage, remove
from ..inspect.observe import observe
from ..inspect.root_check import needed_repairs
from ..install.disk_space import freed_bytes
from ..install.progress import Progress
from ..install.root_repair import repair_root
from ..model.layout import Layout
from ..model.receipts import Generation, dump
from ..model.request import Request
from ..planning import changes
from ..planning.plan import Plan
from ..planning.step import Step
from ..records import transaction_marker
from ..records.load import load_records
from ..text.counting import counted
from ..timings import Timings
from .result import Result, make_result
from .root_access import reading, require_usable, secured, writing


def carry_out(request: Request, _progress: Progress) -> Result:
    """Activate, pin, unpin or prune generations, as a request says, and return the result."""
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    require_usable(layout)
    if not layout.state.is_dir():
        if request.rollout is not None:
            # A roll-out that never came this far has nothing here that could be taken back.
            return make_result(Plan(), layout.root, None, None, changed=False, timings=timings, warnings=warnings)
        raise BrokenRoot(f"{layout.root} holds no generation yet; converge this host first.")
    request, untrusted = secured(request, layout)
    warnings += [f"{each.path}: {each.found}." + ("" if request.check else " It was taken back.") for each in untrusted]
    with reading(layout, request, warnings) if request.check else writing(layout, request, warnings):
        records = load_records(layout)
        number = profile.current_number(layout)
        begun = profile.never_in_force(layout, records)
        if begun is not None:
            del records.generations[begun]
            if not request.check:
                profile.forget(layout, begun)
        # Without the link, what the last switch put in force: it must not be pruned, and it is what 'previous' starts from.
        lost = number if number is not None else profile.recorded_number(layout)
        current = records.generations.get(lost) if lost is not None else None
        if not request.check:
            # A link would be switched, and the record of it refused, because of a flag or an attribute somewhere in the state.
            warnings += repair_root(layout, [each for each in needed_repairs(layout, records, current) if each.action == PROTECT])
        plan = Plan()
        after = number
        freed = 0
        changed = changes.Changes()
        if request.generation_action == "activate":
            if request.rollout is not None:
                target = _before_rollout(request.rollout, records.generations, current, layout, warnings)
            else:
                target = _named(request, records.generations, current, layout)
            if target is not None:
                after = target.number
                found = _plan_activation(plan, request, layout, target, number)
                changed = changes.between(current, target, records, linked_again=changes.relinked(target, found))
            if target is not None and plan.steps and not request.check:
                with timings.of("switch"), transaction_marker.held(layout, [step.as_dict() for step in plan.steps]):
                    warnings += profile.activate(layout, target, records)
                    if target.number != number and transaction_marker.left_generation(layout) is not None:
                        # Whoever names a generation has decided what becomes of the one in force, which stays on the host.
                        transaction_marker.proved(layout)
        elif request.generation_action in ("pin", "unpin"):
            target = _named(request, records.generations, current, layout)
            pinned = request.generation_action == "pin"
            if target.pinned != pinned:
                plan.steps.append(
                    Step("pin" if pinned else "unpin", f"generation:{target.number}", f"pinned is {str(target.pinned).lower()}")
                )
                if not request.check:
                    marked = Generation(**{**target.__dict__, "pinned": pinned})
                    write_json(layout.generation_records / f"{target.number}.json", dump(marked))
        elif request.generation_action == "prune":
            with timings.of("prune"):
                unproved = current is not None and transaction_marker.unproved_generation(layout, current.number) is not None
                garbage = find_garbage(layout, records, current, keep=request.options.keep_generations, unproved=unproved)
                if garbage.any():
                    freed = freed_bytes(records, garbage.trees, (layout.wheels / sha256 for sha256 in garbage.artifacts))
                    reasons = (
                        counted(len(garbage.generations), "generation"),
                        counted(sum(map(len, garbage.trees.values())), "tree"),
                        counted(len(garbage.artifacts), "artifact"),
                        size_text(freed),
                    )
                    plan.steps.append(Step("prune", "store", ", ".join(reasons)))
                if plan.steps and not request.check:
                    with transaction_marker.held(layout, [step.as_dict() for step in plan.steps]):
                        warnings += remove(layout, records, garbage)
        else:
            raise HermeticError(f"The generation action is {request.generation_action!r}; expected activate, pin, unpin or prune.")
        result = make_result(plan, layout.root, number, after, changed=bool(plan.steps), timings=timings, warnings=warnings)
        if request.generation_action == "prune":
            result["bytes"] = freed
        if number != after:
            sides = {
                "before": [f"generation {'none' if number is None else number}", *changed.lines("before")],
                "after": [f"generation {after}", *changed.lines("after")],
            }
            result["diff"] = {side: "".join(f"{line}\n" for line in lines) for side, lines in sides.items()}
        return {**result, **changed.as_dict()}


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
        raise HermeticError(f"The generation is {number!r}; expected a number or 'previous'.")
    if number not in known:
        there = ", ".join(str(each) for each in sorted(known)) or "none"
        raise BrokenRoot(f"Generation {number} is not below {layout.root}; there are: {there}. Name one of them, or converge.")
    return known[number]


def _before_rollout(
    rollout: str, known: Mapping[int, Generation], current: Generation | None, layout: Layout, warnings: list[str]
) -> Generation | None:
    """Return the generation that a roll-out found in force, None where it leaves nothing to take back."""
    if current is None or current.rollout != rollout:
        return None
    number = current.before_rollout
    if number is None:
        warnings.append(
            f"Roll-out {rollout} installed the first generation below {layout.root}, so there is none to go back to; "
            f"generation {current.number} stays. To remove it, use the module system with state absent."
        )
        return None
    if number not in known:
        raise BrokenRoot(
            f"Generation {number}, which roll-out {rollout} found below {layout.root}, is not there any more. "
            f"Generation {current.number} stays in force: declare the earlier state, and converge."
        )
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
    if not observation.profile_broken:
        return []
    plan.steps.append(Step("restore_links", "generation", f"the links of generation {target.number} are not as they were made"))
    return observation.findings
