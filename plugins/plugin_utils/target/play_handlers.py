# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a play has the handlers that declarations notify, as Ansible will look for them. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...module_utils.hermetic.spec import DEFAULT_BUNDLE
from ...module_utils.hermetic.text.grammar import shown
from .reactions import names

Declared = Sequence[Mapping[str, Any]]

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "bundles": {"type": "list", "elements": "dict", "default": []},
    "virtualenvs": {"type": "list", "elements": "dict", "default": []},
}


class Handler(Protocol):
    """A handler of a play, as Ansible has it."""

    name: str | None
    listen: list[str]

    def get_name(self, include_role_fqcn: bool = True) -> str:
        """Return its name after that of its role."""


@dataclass(frozen=True)
class PlayHandlers:
    """What a notification can name in a play."""

    named: frozenset[str] = frozenset()
    plain: tuple[str, ...] = field(default=(), compare=False)
    """The same without the longer names that handlers of roles have as well, in the order of the play."""
    unresolved: tuple[str, ...] = ()
    """Names with a template that cannot be resolved yet: whether one of them is meant shows only when it is notified."""


def handlers_of(handlers: Iterable[Handler], resolved: Callable[[str], str | None]) -> PlayHandlers:
    """Return what can be notified of handlers; ``resolved`` gives what the template of a name results in, None where it cannot yet."""
    named: set[str] = set()
    plain: dict[str, None] = {}
    unresolved: list[str] = []
    for handler in handlers:
        if handler.name:
            name = resolved(handler.name)
            if name is None:
                unresolved.append(handler.name)
            else:
                before_name = {handler.get_name(include_role_fqcn=full).removesuffix(handler.name) for full in (False, True)}
                named |= {name, *(f"{role}{name}" for role in before_name)}
                plain[name] = None
        named |= set(handler.listen)
        # What a role adds to a topic ends with the topic.
        plain.update((topic, None) for topic in handler.listen if " : " not in topic)
    return PlayHandlers(frozenset(named), tuple(plain), tuple(unresolved))


def missing_handlers(found: PlayHandlers, *, bundles: Declared = (), virtualenvs: Declared = ()) -> list[str]:
    """Return a sentence for each declaration and each name that it notifies and that nothing in the play has."""
    return [
        f"the {subject} notifies {shown(name)}{_meant(name, found)}"
        for subject, notified in _notified(bundles, virtualenvs)
        for name in notified
        if name not in found.named
    ]


def _notified(bundles: Declared, virtualenvs: Declared) -> Iterator[tuple[str, list[str]]]:
    for entry in bundles:
        yield f"bundle '{entry.get('name', DEFAULT_BUNDLE)}'", names(entry, "notify")
    for entry in virtualenvs:
        yield f"VirtualEnv '{entry.get('name')}'", names(entry, "notify")


def _meant(name: str, found: PlayHandlers) -> str:
    # Most are misspelled in the case of a letter.
    spelled = {each.casefold(): each for each in found.plain}
    close = difflib.get_close_matches(name.casefold(), spelled, n=1)
    return f"; the play has {shown(spelled[close[0]])}" if close else ""
