# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task of a target module on one host: what its action plugin composes the request with, and finishes the result from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .declared_state import DeclaredState
from .request import Request, compose_request
from .run import TargetRun

if TYPE_CHECKING:
    from .resolver import Resolver


@dataclass(frozen=True)
class Task:
    """A task, and the run on its host."""

    run: TargetRun
    check: bool
    diff: bool
    make_resolver: Callable[[], Resolver]
    """Makes what looks up the files, wheels and bundles that the options name."""

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of the task."""
        return self.run.options

    def resolved(self, resolve: Callable[[Resolver], DeclaredState]) -> DeclaredState:
        """Return a state that the options mean, and leave the warnings about it in the run."""
        state = resolve(self.make_resolver())
        self.run.warnings += self.run.supply.warnings
        return state

    def whole_declaration(self) -> DeclaredState:
        """Return the whole state of a host that the options bundles and virtualenvs declare."""
        return self.resolved(lambda resolver: resolver.state(self.options["bundles"], self.options.get("virtualenvs") or []))

    def request(self, command: str, **parts: Any) -> Request:
        """Return a request for a command of the engine."""
        return compose_request(command, root=self.run.facts.root, check=self.check, options=self.options, **parts)

    def declaring(self, command: str, state: DeclaredState, *, scope: str) -> Request:
        """Return a request for a declared state, and leave in the run the artifacts that it is made of.

        ``scope`` says whether the state is all that the host should hold (``system``) or a part of it (``partial``).
        """
        self.run.state = state
        artifacts, prebuilt = self.run.artifacts(), state.prebuilt.named
        rollout = state.rollout if command == "converge" else None
        return self.request(command, declaration=state.declaration, scope=scope, artifacts=artifacts, prebuilt=prebuilt, rollout=rollout)
