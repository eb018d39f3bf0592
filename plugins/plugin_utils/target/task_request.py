# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request that one task of a target module comes to, from its options and what its host was found to have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from .declared_state import DeclaredState, Resolver, refuse_bad_names
from .repair import known_artifacts, repair_request
from .request import Request, compose_request, declare, generation_wish
from .run import TargetRun


@dataclass(frozen=True)
class TaskRequest:
    """One task, and the run on its host that the request is for."""

    module: str
    options: Mapping[str, Any]
    run: TargetRun
    check: bool
    resolver: Callable[[], Resolver]
    """Makes what looks up the files, wheels and bundles that the options name."""

    def compose(self) -> Request:
        """Return the request, and leave in the run the artifacts that it is made of."""
        options, run = self.options, self.run
        common: dict[str, Any] = {"root": run.facts.root, "check": self.check, "options": options}
        if self.module == "system_info":
            return compose_request("info", **common)
        if self.module == "generation":
            return compose_request("generation", generation=generation_wish(options["state"], options.get("number")), **common)
        if options.get("state") == "absent" and self.module == "system":
            return compose_request("uninstall", force=bool(options["force"]), **common)
        if options.get("state") == "repaired":
            return repair_request(run, declared=self._declared, check=self.check)
        command = "drift" if self.module == "drift" else "converge"
        if self.module == "drift" and options["against"] == "installed":
            known_artifacts(run, declared=self._declared)
            return compose_request(command, **common)
        if self.module == "drift" and not options.get("bundles"):
            if options.get("virtualenvs"):
                raise HermeticError(
                    "VirtualEnvs are declared without any bundle that they could stand on; declare the bundles as well, or neither."
                )
            return compose_request(command, **common)
        run.state = self._declared()
        scope = "system" if self.module in ("system", "drift") else "partial"
        return compose_request(command, declaration=run.state.declaration, scope=scope, artifacts=run.artifacts(), **common)

    def _declared(self) -> DeclaredState:
        options, run = self.options, self.run
        if options.get("state") == "absent":
            refuse_bad_names("bundle" if self.module == "bundle" else "VirtualEnv", [options["name"]])
            return DeclaredState(declaration=declare(**{f"absent_{self.module}s": [options["name"]]}))
        resolver = self.resolver()
        if self.module == "bundle":
            state = resolver.bundle(options)
        elif self.module == "virtualenv":
            info = run.carry_out(compose_request("info", root=run.facts.root, check=True, options={}))
            if "info" not in info:
                raise HermeticError(
                    f"The host could not tell what bundles it has: {info.get('msg')} Repair it with hermetic.python.system."
                )
            state = resolver.virtualenv(options, info=info["info"])
        else:
            state = resolver.state(options["bundles"], options.get("virtualenvs") or [])
        run.warnings += run.supply.warnings
        return state
