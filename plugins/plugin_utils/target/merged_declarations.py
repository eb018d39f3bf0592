# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One list out of what several variables declare: each name once, and an error that names both places where they differ. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import ONE_BUNDLE, ONE_VIRTUALENV
from .reactions import REACTIONS, reaction_problems, united

SUBJECTS: Mapping[str, tuple[str, Mapping[str, Mapping[str, Any]]]] = {
    "bundles": ("bundle", ONE_BUNDLE),
    "virtualenvs": ("VirtualEnv", ONE_VIRTUALENV),
}
"""What can be merged: how one of them is called, and its options."""
SOURCES = ("release", "channel", "archive")
"""The options of a bundle that say which release it has."""


def merged(declared: Mapping[str, Any], what: str, channel: str | None = None) -> list[dict[str, Any]]:
    """Return the declarations of these variables, in their order; what is declared twice in the same way is there once.

    A bundle that says nothing of where its release comes from has it from this channel.
    Each variable may name handlers and services of its own for one name: all of them react to its changes.
    Raises HermeticError with every variable that is not a list of declarations and every name that is declared in two ways.
    """
    noun, options = SUBJECTS[what]
    problems: list[str] = []
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for variable, value in declared.items():
        if not isinstance(value, list):
            problems.append(f"{variable} is {_kind(value)}; it must be a list of {noun}s, and [] declares none")
            continue
        for place, given in enumerate(value):
            entry = _with_channel(given, channel) if what == "bundles" else given
            where = f"{variable}[{place}]"
            name = entry.get("name", options["name"].get("default")) if isinstance(entry, Mapping) else None
            if not isinstance(entry, Mapping) or not isinstance(name, str) or not name:
                problems.append(f"{where} is {_kind(entry)} without a name; each {noun} needs one")
                continue
            unusable = list(reaction_problems(entry, where))
            if unusable:
                problems += unusable
                continue
            first, known = found.setdefault(name, (where, dict(entry)))
            known.update(united([known, entry]))
            different = sorted(_differences(known, entry, options))
            if different:
                problems.append(f"the {noun} {name!r} is declared in {first} and in {where}, and they differ in {', '.join(different)}")
    if problems:
        raise HermeticError(
            f"The {noun}s of this host cannot be merged. Declare each name once, or in the same way wherever it is declared.", problems
        )
    return [entry for _where, entry in found.values()]


def _with_channel(entry: Any, channel: str | None) -> Any:
    """Return a declaration of a bundle with the channel, where it says nothing of its release; what is no declaration stays as it is."""
    if not channel or not isinstance(entry, Mapping) or any(entry.get(option) for option in SOURCES):
        return entry
    return {**entry, "channel": channel}


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the options in which two declarations of a name differ; an option that is not given has its default."""
    names = {*one, *other} - {"name", *REACTIONS}
    return {str(name) for name in names if _comparable(one, name, options) != _comparable(other, name, options)}


def _comparable(entry: Mapping[str, Any], name: Any, options: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what an option means, however it is written; the order of extras and groups means nothing."""
    option, value = options.get(name, {}), entry.get(name)
    if value is None:
        value = option.get("default")
    if option.get("type") == "list" and option.get("elements") != "dict":
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
