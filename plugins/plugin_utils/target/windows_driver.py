# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the engine of a Windows host is reached: one PowerShell module finds or unpacks an interpreter and runs the engine.

So the common task takes one round trip. What the host has is known from the answer only; until then it is presumed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import DEFAULT_ROOT_WINDOWS
from ...module_utils.hermetic.text.json_text import parse_json
from ...module_utils.hermetic.text.redaction import redacted
from ..engine_code import engine_digest
from .engine_choice import NEEDS_ENGINE, may_run_own_engine
from .first_bundle import download_limits
from .host_answer import Result, checked_answer, checked_host
from .host_probe import HostFacts
from .host_refusals import refuse_other_platform
from .no_interpreter import NoInterpreter
from .nothing_installed import is_untouched
from .remembered_engine import RememberedEngine
from .request import Request, credentials_for, plans_only, removes_root, unreachable_from_host, with_first_sources
from .run import Files, TargetRun
from .windows_failures import bootstrap_failure, failure, module_failure
from .windows_host import DEFAULT_PLATFORM, PLATFORMS, OtherPlatform, presumed_facts, reported_facts, usable_windows_root

if TYPE_CHECKING:
    from ..supply import BundleArtifact

ARCHIVE_MARK = "hermetic-bootstrap-archive"
"""Stands in a request for the archive that a temporary interpreter was unpacked from."""
UNLIMITED = 24 * 3600
"""Seconds that a task without a limit of its own may take."""


class WindowsHost(Files, Protocol):
    """What is used of a Windows host."""

    def powershell_module(self, arguments: dict[str, Any], *, in_background: bool) -> Result:
        """Run win_engine with these parameters."""


@dataclass
class WindowsDriver:
    """A Windows host. The module removes itself what it unpacked."""

    host: WindowsHost
    packed_engine: Callable[[], str]
    """Returns the controller's engine as a parameter of the module."""
    remembered: Callable[[TargetRun], RememberedEngine]
    """Returns what is remembered of the engine in the bundle of a run's host."""
    platform: str | None = None
    """What the inventory says of the host's platform."""
    time_limit: int = UNLIMITED
    knows_root: bool = False
    """Whether the host was asked before: one that has nothing is planned for without a copy of the bundle."""
    sends_engine: bool = False
    """Whether the host answered that it needs the controller's engine."""

    def look(self, options: Mapping[str, Any]) -> HostFacts:
        """Return what is taken for granted of the host until it answers."""
        if self.platform and self.platform not in PLATFORMS:
            named = ", ".join(sorted(PLATFORMS))
            refuse_other_platform(f"reached as a Windows host (by ansible_shell_type), so one of {named}", expected=self.platform)
        return presumed_facts(usable_windows_root(options.get("root") or DEFAULT_ROOT_WINDOWS), self.platform or DEFAULT_PLATFORM)

    def run_engine(self, run: TargetRun, request: Request, *, rehearsal: bool = False) -> Result:
        """Run the module; where the host lacks what a first interpreter is unpacked from, it is copied there and the module run again."""
        look_first = self._is_looked_at_first(request)
        sends = self.sends_engine or not self._has_engine(run, request)
        arguments = self._arguments(run, {**request, "check": True} if rehearsal else request, first_bundle=not look_first, engine=sends)
        run.show(f"The engine {'comes from the controller' if sends else 'is that of the bundle'}: {engine_digest()[:12]}.")
        with run.timed("module"):
            answer = self.host.powershell_module(arguments, in_background=False)
        host = answer.get("host")
        if not isinstance(host, Mapping):
            raise module_failure(answer)
        _learn(run, checked_host(host))
        self._remember(run, host)
        problem = host.get("problem")
        _add_warnings(run, _listed(answer.get("warnings")), bootstrapped=problem is None and bool(host.get("bootstrapped")))
        if problem is None:
            result = _engine_result(answer.get("engine_result"))
            result.pop("left", None)  # the module has removed it
            return result
        if problem["kind"] == NEEDS_ENGINE and not sends:
            self.sends_engine = True
            if problem.get("detail"):
                run.warnings.append(
                    f"The engine in the bundle of the host was not used, and the controller's was sent instead: {redacted(str(problem['detail']))}. "
                    "Run hermetic.python.drift with verify deep to see whether the bundle is whole."
                )
            return self.run_engine(run, request, rehearsal=rehearsal)
        if problem["kind"] == "interpreter" and look_first:
            if is_untouched(run.facts):
                raise NoInterpreter(run.facts)
            self.knows_root = True
            return self.run_engine(run, request, rehearsal=rehearsal)
        if _push_for(run, problem):
            return self.run_engine(run, request, rehearsal=rehearsal)
        raise failure(problem, facts=run.facts, time_limit=self.time_limit)

    def start_engine(self, run: TargetRun, request: Request) -> Result:
        """Start the module; it answers with the engine's result and nothing of its own."""
        # Nobody is there to bring the engine when the job finds that it lacks one.
        arguments = {
            **self._arguments(run, request, first_bundle=True, engine=True),
            "background": True,
            "additions": _text(run.background_additions()),
        }
        with run.timed("module"):
            return self.host.powershell_module(arguments, in_background=True)

    def _is_looked_at_first(self, request: Request) -> bool:
        """Return whether the host is asked what it has before a bundle is copied there only to plan."""
        return not self.knows_root and "declaration" in request and plans_only(request)

    def _has_engine(self, run: TargetRun, request: Request) -> bool:
        """Return whether the bundle is taken to carry the engine of this controller: by the host's last answer, else by the declared bundle."""
        if not may_run_own_engine(request):
            return False
        known = self.remembered(run).known()
        declared = run.state.engine_bundle
        return engine_digest() == (known if known is not None else declared.engine_digest if declared is not None else None)

    def _remember(self, run: TargetRun, host: Mapping[str, Any]) -> None:
        # A host without any bundle has one when this is over.
        if host.get("interpreter"):
            self.remembered(run).keep(str(host.get("engine_digest") or ""))

    def _arguments(self, run: TargetRun, request: Request, *, first_bundle: bool, engine: bool) -> dict[str, Any]:
        """Return the module's parameters; all that may be secret is in those that are never logged.

        ``first_bundle`` lets the module unpack a bundle where there is no interpreter. ``engine`` has the engine sent.
        """
        request = run.prepared(request)
        credentials = credentials_for(request, run.supply.credentials)
        arguments: dict[str, Any] = {
            "root": run.facts.root,
            "platform": run.facts.platform,
            "time_limit": self.time_limit,
            "background": False,
            "uninstall": removes_root(request),
            "engine_digest": engine_digest(),
            **({"engine": self.packed_engine()} if engine else {}),
        }
        bundle = run.state.engine_bundle
        # What the root was before the first round says nothing of the second one; the module looks by itself.
        sources = run.first_sources(bundle, stored=True) if bundle is not None and first_bundle else []
        if bundle is not None and sources:
            first = {"sources": sources, "sha256": bundle.sha256, **download_limits(run.options, bundle), "credentials": credentials}
            arguments["bootstrap"] = _text(first)
            if bundle.sha256 in request["artifacts"]:
                request = with_first_sources(request, {bundle.sha256: ARCHIVE_MARK})
        arguments["request"] = _text({**request, "credentials": credentials})
        return arguments


def engine_time_limit(timeout: int | None, in_background: int | None) -> int:
    """Return the seconds that the engine may take: less than the task, so that it is ended there and its last output arrives."""
    limits = [int(each) for each in (timeout, in_background) if each]
    return max(1, min(limits) - min(15, min(limits) // 3)) if limits else UNLIMITED


def _learn(run: TargetRun, host: Mapping[str, Any]) -> None:
    """Take over what the host reports of itself."""
    if host["platform"] != run.facts.platform:
        raise OtherPlatform(presumed_facts(run.facts.root, str(host["platform"])))
    run.facts = reported_facts(run.facts, host)
    for part, seconds in (host.get("seconds") or {}).items():
        run.timings[part] = round(run.timings.get(part, 0.0) + float(seconds), 3)


def _add_warnings(run: TargetRun, reported: Iterable[object], *, bootstrapped: bool) -> None:
    warnings = [redacted(str(warning)) for warning in reported]
    if bootstrapped and run.facts.dead:
        warnings.append(f"The interpreter of {', '.join(run.facts.dead)} does not start; a temporary one was unpacked instead.")
    run.warnings += [warning for warning in warnings if warning not in run.warnings]


def _push_for(run: TargetRun, problem: Mapping[str, Any]) -> bool:
    """Copy what the host lacks for its first interpreter; return whether asking again makes sense."""
    bundle = run.state.engine_bundle
    if bundle is None or bundle.sha256 in run.pushed or run.transfer == "pull" or not _lacks_archive(run, problem, bundle):
        return False
    # A host that has nothing lacks everything that it cannot fetch itself.
    run.push([bundle.sha256, *run.state.prebuilt.to_push(unreachable_from_host(run.artifacts()))])
    return True


def _lacks_archive(run: TargetRun, problem: Mapping[str, Any], bundle: BundleArtifact) -> bool:
    if problem["kind"] == "engine" and not problem.get("timed_out"):
        # An interpreter that starts and cannot run the engine is damaged; the host had no archive that another one could come from.
        return not run.sources_of(bundle)
    if problem["kind"] == "bootstrap":
        failed = bootstrap_failure(problem)
        if failed.pushing_may_help:
            run.show(f"{failed.message} It is copied from the controller instead.")
        return failed.pushing_may_help
    return bool(problem["kind"] == "interpreter")


def _engine_result(text: object) -> Result:
    """Return the engine's result out of the text that it came as."""
    try:
        return checked_answer(parse_json(text if isinstance(text, (str, bytes)) else ""))
    except ValueError as error:
        raise HermeticError(
            f"The engine's result on the host cannot be read ({error}). Run hermetic.python.drift with verify deep, then converge to repair its bundle."
        ) from error


def _listed(value: object) -> list[Any]:
    # PowerShell makes one text of a list of one.
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True)
