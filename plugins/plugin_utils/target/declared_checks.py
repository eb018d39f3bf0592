# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of bundles and VirtualEnvs, from the options of a task to the request. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.model.check import CHECK_OPTIONS, check_problems
from ...module_utils.hermetic.text.grammar import shown
from .declared_state import with_single_problem


def refuse_invalid_checks(options: Mapping[str, Any]) -> None:
    """Raise one error with everything that is wrong with the checks of a task, before any host is looked at."""
    problems = [problem for subject, entry in _entries(options) for problem in check_problems(declared_checks(entry), subject)]
    if problems:
        raise HermeticError(with_single_problem("The checks cannot be used; no host was changed.", problems), problems)


def declared_checks(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checks of a bundle or VirtualEnv as the request declares them, without the options that were not given."""
    return {
        option: [{name: _as_text(name, value) for name, value in check.items() if value is not None} for check in entry[option]]
        for option in CHECK_OPTIONS
        if entry.get(option)
    }


def _entries(options: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part, noun in (("bundles", "bundle"), ("virtualenvs", "VirtualEnv")):
        for entry in options.get(part) or ():
            yield f"{noun} {shown(entry.get('name'))}", entry
    if any(options.get(option) for option in CHECK_OPTIONS):
        # The modules bundle and virtualenv, of which only the one has releases.
        yield f"{'bundle' if 'release' in options else 'VirtualEnv'} {shown(options.get('name'))}", options


def _as_text(name: str, value: Any) -> Any:
    """Return what YAML made of the values of variables as texts again."""
    if name != "environment" or not isinstance(value, Mapping):
        return value
    # With what a script needs besides, only where there are variables.
    from .carried_program import variable_text

    return {str(variable): variable_text(text) for variable, text in value.items()}
