# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One list out of what several variables declare: each name once, and an error that names both places where they differ. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import ONE_BUNDLE, ONE_VIRTUALENV

SUBJECTS: Mapping[str, tuple[str, Mapping[str, Mapping[str, Any]]]] = {
    "bundles": ("bundle", ONE_BUNDLE),
    "virtualenvs": ("VirtualEnv", ONE_VIRTUALENV),
}
"""What can be merged: how one of them is called, and its options."""


def merged(declared: Mapping[str, Any], what: str) -> list[dict[str, Any]]:
    """Return the declarations of these variables, in their order; what is declared twice in the same way is there once.

    Raises HermeticError with every variable that is not a list of declarations and every name that is declared in two ways.
    """
    noun, options = SUBJECTS[what]
    problems: list[str] = []
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for variable, value in declared.items():
        if not isinstance(value, list):
            problems.append(f"{variable} is {_kind(value)}; it must be a list of {noun}s, and [] declares none")
            continue
        for place, entry in enumerate(value):
            where = f"{variable}[{place}]"
            name = entry.get("name", options["name"].get("default")) if isinstance(entry, Mapping) else None
            if not isinstance(entry, Mapping) or not isinstance(name, str) or not name:
                problems.append(f"{where} is {_kind(entry)} without a name; each {noun} needs one")
                continue
            first, known = found.setdefault(name, (where, dict(entry)))
            different = sorted(_differences(known, entry, options))
            if different:
                problems.append(f"the {noun} {name!r} is declared in {first} and in {where}, and they differ in {', '.join(different)}")
    if problems:
        raise HermeticError(
            f"The {noun}s of this host cannot be merged. Declare each name once, or in the same way wherever it is declared.", problems
        )
    return [entry for _where, entry in found.values()]


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the options in which two declarations of a name differ; an option that is not given has its default."""
    names = {*one, *other} - {"name"}
    return {str(name) for name in names if _comparable(one, name, options) != _comparable(other, name, options)}


def _comparable(entry: Mapping[str, Any], name: Any, options: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what an option means, however it is written; the order of extras and groups means nothing."""
    option, value = options.get(name, {}), entry.get(name)
    if value is None:
        value = option.get("default")
    if option.get("type") == "list":
        value = value.split(",") if isinstance(value, str) else value
        value = sorted(map(str, value)) if isinstance(value, list) else value
    if option.get("type") == "bool" and isinstance(value, str):
        value = value.lower() in ("yes", "on", "true", "1", "y", "t")
    return json.dumps(value, sort_keys=True, default=str)


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    for kind, words in kinds.items():
        if isinstance(value, kind):
            return words
    return "a dictionary" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else f"a {type(value).__name__}"
