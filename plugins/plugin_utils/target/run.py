# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get a request carried out on a host: rehearse what goes on in the background, and push what the host cannot reach.

How the engine of the host is reached is the affair of a driver, of which there is one for POSIX and one for Windows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import redacted
from .declared_state import DeclaredState
from .first_bundle import stored_source
from .host_answer import Result, ended_without_result
from .host_probe import HostFacts
from .request import Request, artifacts_for_host, compose_request, unreachable_from_host, with_first_sources, without_remote_sources

if TYPE_CHECKING:
    from ..supply import Artifact, BundleArtifact, Supply


class Files(Protocol):
    """Where files for a host go."""

    def push(self, local: str, name: str) -> str:
        """Copy a file into the task's temporary directory, readable for the user that the task becomes; return its path there."""


class EngineDriver(Protocol):
    """How the engine of one host is reached: an interpreter is found there or brought there, and runs a request."""

    @property
    def host(self) -> Files:
        """The host."""

    def look(self, options: Mapping[str, Any]) -> HostFacts:
        """Return what is known or presumed of the host before anything is decided for it."""

    def run_engine(self, run: TargetRun, request: Request, *, rehearsal: bool = False) -> Result:
        """Return the checked result of a request; a ``rehearsal`` only plans, with the interpreter that the request itself is to have."""

    def start_engine(self, run: TargetRun, request: Request) -> Result:
        """Start a request that goes on when the task is over; return what Ansible says of the job."""


@dataclass
class TargetRun:
    """One task on one host; ``close`` takes away what it left there."""

    driver: EngineDriver
    facts: HostFacts
    state: DeclaredState
    supply: Supply
    options: Mapping[str, Any]
    shown: Mapping[str, Any]
    """The options as the module may be given them."""
    local: bool
    """Whether the host sees the controller's files."""
    show: Callable[[str], None] = lambda text: None
    """Shows a message to the user who asks for details."""
    timings: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    pushed: dict[str, str] = field(default_factory=dict)
    leftovers: ExitStack = field(default_factory=ExitStack)
    """What is to be removed from the host when the task is over."""
    further: Callable[[Request, Result], Request | None] | None = None
    """Returns the request with the artifacts that an answer asks for by name, where it asks for any."""
    left_running: bool = False
    verified: bool = False
    """Whether the bundle that the engine runs on was held against what the controller knows, before it was started."""

    @property
    def transfer(self) -> str:
        """How artifacts get to the host."""
        return str(self.options.get("transfer") or "auto")

    def artifacts(self) -> dict[str, dict[str, Any]]:
        """Return the artifacts of the declaration with the sources that this host may use."""
        table = self.supply.artifacts(self.state.items, index=self.state.index)
        return artifacts_for_host(table, transfer=self.transfer, local=self.local)

    def carry_out(self, request: Request, *, in_background: bool = False) -> Result:
        """Run the request to its end, or start it in the background when everything that it needs is on the host."""
        if not in_background:
            return self._with_pushes(request)
        # A job in the background cannot ask for anything; so what it would ask for is found out first.
        rehearsed = self._with_pushes(request, rehearsal=True)
        if rehearsed.get("failed") or ended_without_result(rehearsed):
            return rehearsed
        if rehearsed.get("plan"):
            self.push(self.state.prebuilt.to_push(unreachable_from_host(request["artifacts"])))
        self.left_running = True
        return self.driver.start_engine(self, request)

    def installed(self, *, subject: str, remedy: str) -> Mapping[str, Any]:
        """Return what is installed, as the module system_info reports it; ``subject`` and ``remedy`` are of the error where nothing answers."""
        result = self.carry_out(compose_request("info", root=self.facts.root, check=True, options={}))
        if "info" not in result:
            raise HermeticError(f"The host could not report {subject}: {result.get('msg')} {remedy}")
        info: Mapping[str, Any] = result["info"]
        return info

    def close(self) -> None:
        """Remove what the task left on the host, unless a job in the background uses it, and removes it itself."""
        if not self.left_running:
            self.leftovers.close()

    # --- for the drivers

    def prepared(self, request: Request) -> Request:
        """Return the request with what was pushed as the first source of each artifact."""
        return with_first_sources(request, {sha256: path for sha256, path in self.pushed.items() if sha256 in request["artifacts"]})

    def sources_of(self, bundle: BundleArtifact) -> list[str]:
        """Return the sources of a declared bundle that this host may use."""
        return list(self.artifacts()[bundle.sha256]["sources"])

    def first_sources(self, bundle: BundleArtifact, *, stored: bool) -> list[str]:
        """Return where a first interpreter may come from; ``stored``: a run that failed may have left the archive in the root, verified."""
        if bundle.sha256 in self.pushed:
            return [self.pushed[bundle.sha256]]
        sources = self.sources_of(bundle)
        return [stored_source(self.facts, bundle), *sources] if sources and stored else sources

    def push(self, digests: Iterable[str]) -> None:
        """Copy these artifacts to the host; one that was copied already stays as it is."""
        items = {item.sha256: item for item in self.state.items}
        unknown = [sha256 for sha256 in digests if sha256 not in items]
        missing = [items[sha256] for sha256 in dict.fromkeys(digests) if sha256 in items and sha256 not in self.pushed]
        if unknown and not missing:
            return
        with self.timed("push"):
            for item in missing:
                self._push(item, instead=[items[sha256] for sha256 in self.state.prebuilt.instead_of(item.sha256) if sha256 in items])

    def _push(self, item: Artifact, *, instead: Sequence[Artifact]) -> None:
        """Copy an artifact to the host; ``instead`` takes the place of one that can be done without, where it cannot be had."""
        try:
            path = self.supply.download(item, index=self.state.index)
        except HermeticError as error:
            if not instead:
                raise
            self.warnings.append(
                f"{', '.join(each.filename for each in instead)} goes to the host in place of what is prebuilt of it. {error}"
            )
            for each in instead:
                if each.sha256 not in self.pushed:
                    self._push(each, instead=())
            return
        self.pushed[item.sha256] = self.driver.host.push(str(path), f"{item.sha256[:16]}-{item.filename}")

    def background_additions(self) -> Result:
        """Return what the controller adds to the result of a job in the background beforehand, since it never sees that result."""
        return {"platform": self.facts.platform, "declared": self.state.summary}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to the timings of the result."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.timings[name] = round(self.timings.get(name, 0.0) + time.monotonic() - begin, 3)

    def _with_pushes(self, request: Request, *, rehearsal: bool = False) -> Result:
        result = self.driver.run_engine(self, request, rehearsal=rehearsal)
        while self.further is not None and (asked := self.further(request, result)) is not None:
            request = asked
            result = self.driver.run_engine(self, request, rehearsal=rehearsal)
        if not result.get("failed") or "needs" not in result or self.transfer == "pull":
            return result
        if not result["needs"]:
            # The host could not even begin to fetch (no TLS, no CA file); without remote sources it reports what it lacks.
            self.show(f"{redacted(str(result.get('msg')))} What is missing is copied from the controller instead.")
            request = without_remote_sources(request)
            result = self.driver.run_engine(self, request, rehearsal=rehearsal)
        # More than once: what is prebuilt of a wheel may prove to be wrong when it is there, and then the wheel itself is asked for.
        while missing := [need["sha256"] for need in result.get("needs") or [] if need["sha256"] not in self.pushed]:
            before = len(self.pushed)
            self.push(missing)
            if len(self.pushed) == before:
                break
            result = self.driver.run_engine(self, request, rehearsal=rehearsal)
        return result
