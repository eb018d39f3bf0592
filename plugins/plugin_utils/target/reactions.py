# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which handlers and services the declarations name for what a run has changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import DEFAULT_BUNDLE

REACTIONS = ("notify", "restart")
"""The parts of a declaration that no module takes: names of handlers, and names of services."""

# A service manager takes wildcards as names of many services, and a leading dash as an option.
_SERVICE = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_.@:\\ -]{0,254}\Z")

Declared = Sequence[Mapping[str, Any]]


def names(entry: Mapping[str, Any], reaction: str) -> list[str]:
    """Return the names of one part of a declaration; a single name may stand there as a text, as in Ansible's own notify."""
    value = entry.get(reaction)
    return [value] if isinstance(value, str) else list(value or ())


def reaction_problems(entry: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield what is wrong with the reactions of one declaration."""
    for reaction, what in zip(REACTIONS, ("handlers", "services"), strict=True):
        value = entry.get(reaction)
        if not isinstance(value, (str, list, tuple, type(None))):
            yield f"{where}: {reaction} is {value!r}; it must be a list of the names of {what}"
            continue
        for name in names(entry, reaction):
            if not isinstance(name, str) or not name.strip():
                yield f"{where}: {reaction} has {name!r}; it must be a list of the names of {what}"
            elif reaction == "restart" and _SERVICE.match(name) is None:
                yield f"{where}: restart has {name!r}, which is not the name of one service: letters, digits, spaces and . _ @ : \\ - are allowed"


def united(declarations: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the reactions of several declarations of one name, without those that nobody declared."""
    found: dict[str, list[str]] = {}
    for entry in declarations:
        for reaction in REACTIONS:
            if names(entry, reaction):
                found[reaction] = list(dict.fromkeys([*found.get(reaction, ()), *names(entry, reaction)]))
    return found


def without_reactions(declared: Declared, *, handlers: bool = True) -> list[dict[str, Any]]:
    """Return declarations as the modules take them; ``handlers`` says whether the play has the handlers that they notify.

    Raises HermeticError with every reaction that cannot be used, so that a run stops before it changes anything.
    """
    problems = [problem for entry in declared for problem in reaction_problems(entry, str(entry.get("name")))]
    if problems:
        raise HermeticError("What is to be notified or restarted cannot be used; nothing was changed.", problems)
    notified = united(declared).get("notify")
    if notified and not handlers:
        raise HermeticError(
            f"The declaration notifies handlers that this playbook does not have ({', '.join(map(repr, notified))}); nothing was changed. "
            "Name a file with the handlers (-e site_handlers=FILE; repair_handlers, rollback_handlers and rollout_handlers for these playbooks), "
            "or neither notify nor restart anything: -e system_bundle_notify=false."
        )
    return [{key: value for key, value in entry.items() if key not in REACTIONS} for entry in declared]


def reactions(results: Iterable[Mapping[str, Any]], *, bundles: Declared = (), virtualenvs: Declared = ()) -> dict[str, list[str]]:
    """Return the handlers to notify and the services to restart after these results, each once, in the order of the declarations."""
    changed: dict[str, set[str]] = {"bundles": set(), "virtualenvs": set()}
    for result in results:
        for kind, found in changed.items():
            found |= set(result.get(f"changed_{kind}") or ())
    concerned = [entry for entry in bundles if entry.get("name", DEFAULT_BUNDLE) in changed["bundles"]]
    concerned += [entry for entry in virtualenvs if entry.get("name") in changed["virtualenvs"]]
    return {"notify": [], "restart": [], **united(concerned)}
