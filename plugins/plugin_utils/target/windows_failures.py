# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the engine gave no result on a Windows host: what win_engine reports of it, as the error that a task ends with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import redacted
from .bootstrap import BootstrapFailed
from .host_probe import HostFacts
from .no_interpreter import NoInterpreter


def failure(problem: Mapping[str, Any], *, facts: HostFacts, time_limit: int) -> HermeticError:
    """Return the error for a host on which the engine gave no result."""
    kind = problem["kind"]
    if kind == "interpreter":
        return NoInterpreter(facts)
    if kind == "bootstrap":
        return bootstrap_failure(problem)
    if kind == "root":
        return HermeticError(
            f"The root {facts.root} is there and {problem.get('detail')}; nothing was changed. Move it away, or choose another root."
        )
    if kind == "owner":
        return HermeticError(
            f"The root {facts.root} belongs to another user, who may change its access list at any time: nothing was run from it and nothing was "
            f"written ({problem['detail']}). Become its owner, or choose another root. If the administrators should own it, give them the directory "
            f'itself (icacls "{facts.root}" /setowner *S-1-5-32-544, without /T), and converge.'
        )
    output = redacted(str(problem.get("said") or "nothing"))
    if problem.get("timed_out"):
        return HermeticError(
            f"The engine did not finish within {time_limit} s on the host and was ended. What it had begun is not in force, "
            f"and the next run converges; give the task a longer timeout. Its last output: {output}"
        )
    return HermeticError(
        f"The engine gave no result on the host: {problem.get('python')} ended with {problem.get('how')}. "
        f"Run hermetic.python.drift with verify deep, then converge to repair its bundle. Its last output: {output}"
    )


def bootstrap_failure(problem: Mapping[str, Any]) -> BootstrapFailed:
    """Return the error for a host that could not be given its first interpreter."""
    return BootstrapFailed(problem["step"], redacted(str(problem.get("detail"))))


def module_failure(answer: Mapping[str, Any]) -> HermeticError:
    """Return the error for a host whose PowerShell did not get to an answer of the module."""
    output = [str(answer.get(name) or "").strip() for name in ("msg", "module_stderr", "module_stdout")]
    shown = redacted("\n".join(text for text in output if text)[-800:]) or "nothing"
    return HermeticError(f"The PowerShell of the host could not run win_engine. Its output: {shown}")
