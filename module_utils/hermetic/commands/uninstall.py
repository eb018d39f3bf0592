# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove a whole root."""

from __future__ import annotations

from ..free_space import size_text
from ..generations import profile
from ..install.disk_space import freed_bytes
from ..install.progress import Progress
from ..model.layout import Layout
from ..model.request import Request
from ..planning import changes
from ..planning.plan import Plan
from ..planning.step import Step
from ..records.load import load_records
from ..text.counting import counted
from ..timings import Timings
from .result import Result, make_result
from .root_access import reading, require_usable, secured, writing


def carry_out(request: Request, _progress: Progress) -> Result:
    """Carry the request out on its root, and return the result."""
    # Rarely asked for, and what it needs would be read by every run.
    from ..install.uninstall import plan_uninstall, refuse, uninstall

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
        current = records.generations.get(profile.current_number(layout) or 0)
        trees = {kind: list(getattr(records, kind)) for kind in ("bundles", "laid", "environments")}
        freed = freed_bytes(records, trees, layout.wheels.iterdir() if layout.wheels.is_dir() else ())
        plan = Plan(steps=[Step("uninstall", "store", f"{size_text(freed)} in {counted(sum(map(len, trees.values())), 'tree')}")])
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
