# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove a root in which nothing starts any more, so that the engine cannot do it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.errors import HermeticError
from .host_answer import Result
from .host_mounts import without_programs
from .host_probe import script_text

if TYPE_CHECKING:
    from .run import TargetRun

Command = Callable[[str], Mapping[str, Any]]

_MARK = "hermetic-remove-1 "
_WITH_FORCE = "Set force to remove it all the same, or repair it first (state present)."


def remove_without_interpreter(run: TargetRun, command: Command, *, force: bool, check: bool) -> Result:
    """Return the result of removing what is left of a root by shell commands.

    ``force`` is needed, since nothing there can report whether programs run from it.
    """
    facts = run.facts
    nothing: Result = {"plan": [], "findings": [], "generation": {"before": None, "after": None}}
    if facts.root_type in ("missing", "empty"):
        return {"changed": False, **nothing}
    if facts.os == "Windows":
        raise HermeticError(
            f"No interpreter below {facts.root} starts, so nothing there can report what runs from it; nothing was removed. "
            f"Stop what may run from it, then remove it in PowerShell: Remove-Item -Recurse -Force -LiteralPath '{facts.root}'."
        )
    answer = _asked(run.facts.root, command, "remove" if force and not check else "check")
    if answer == "nothing":
        return {"changed": False, **nothing}
    if answer == "foreign":
        raise HermeticError(
            f"{facts.root} has no state of this project, so what is in it may be somebody else's; nothing was removed. "
            "Remove it by hand, or name the root that was meant."
        )
    if not force:
        reason = without_programs(facts)
        raise HermeticError(
            f"No interpreter below {facts.root} starts, so nothing there can report which programs run from it; nothing was removed. "
            + (f"{reason} Or set force to remove it all the same." if reason else _WITH_FORCE)
        )
    if answer == "kept":
        run.warnings.append(f"{facts.root} stays, because it holds what this project did not make, or its parent may not be written.")
    if answer == "failed":
        raise HermeticError(f"What is below {facts.root} could not be removed completely. Look for immutable files and mount points there.")
    steps = [{"action": "uninstall", "subject": "store", "reason": "what is left of a root in which no interpreter starts"}]
    return {"changed": True, **nothing, "plan": steps}


def _asked(root: str, command: Command, mode: str) -> str:
    done = command(f"/bin/sh -c {shlex.quote(script_text('remove_root.sh'))} remove {shlex.quote(root)} {mode}")
    lines = [line for line in str(done["stdout"]).splitlines() if line.startswith(_MARK)]
    if len(lines) != 1:
        output = (str(done["stderr"]).strip() or str(done["stdout"]).strip() or "nothing")[-300:]
        raise HermeticError(
            f"What is below {root} could not be determined: the host's /bin/sh ended with {done['rc']}. Its last output: {output}"
        )
    return lines[0][len(_MARK) :]
