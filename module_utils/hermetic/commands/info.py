# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what a root holds."""

from __future__ import annotations

from ..generations import profile
from ..inspect.generation_in_force import in_force
from ..inspect.info import describe
from ..install.progress import Progress
from ..model.layout import Layout
from ..model.request import Request
from ..records.load import load_records
from .result import Result
from .root_access import require_usable


def carry_out(request: Request, _progress: Progress) -> Result:
    """Carry the request out on its root, and return the result."""
    layout = Layout(request.root)
    require_usable(layout)
    records = load_records(layout)
    generation = in_force(layout, records)
    info = describe(layout, records, profile.current_number(layout), in_force=generation)
    result: Result = {"changed": False, "info": info, "warnings": []}
    if request.options.processes:
        # Rarely asked for, and what it needs would be read by every run.
        from ..inspect.outdated_processes import find_outdated

        outdated = find_outdated(layout, records, generation)
        result["processes"] = outdated.as_dict()
        result["warnings"] += [text for text in [outdated.incomplete()] if text is not None]
    return result
