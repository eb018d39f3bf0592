# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the engine of a POSIX host is reached: the task's module runs on an interpreter that the shell found there, or unpacked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from ...module_utils.hermetic.model.envelope import pack
from ...module_utils.hermetic.spec import DEFAULT_ROOT
from ...module_utils.hermetic.text.redaction import redacted
from ..engine_code import engine_digest
from .bootstrap import BootstrapFailed, Bootstrapped, bootstrap_command, parse_bootstrap, removal_command, secrets_text
from .engine_choice import NEEDS_ENGINE, may_run_own_engine
from .first_bundle import download_limits
from .host_answer import Result, checked_answer, ended_without_result, last_line
from .host_mounts import without_programs
from .host_probe import HostFacts, Interpreter, parse_probe, probe_command, usable_root
from .host_trust import shown_distrust
from .interpreter_verification import parse_verification, verify_command
from .no_interpreter import NoInterpreter
from .request import Request, credentials_for, installs, runs_once, unreachable_from_host
from .run import Files, TargetRun

if TYPE_CHECKING:
    from ..supply import BundleArtifact


class PosixHost(Files, Protocol):
    """What is used of a POSIX host."""

    def command(self, command: str) -> Mapping[str, Any]:
        """Run a shell command as the user that the task becomes."""

    def python_module(self, python: str, arguments: dict[str, Any], *, in_background: bool) -> Result:
        """Run the task's module with this interpreter."""

    def temporary_directory(self) -> str:
        """Return the task's temporary directory on the host, made at first use."""

    def push_text(self, text: str, name: str) -> str:
        """Write a file there, readable for that user; return its path."""


@dataclass
class PosixDriver:
    """A POSIX host, which is looked at by its shell before anything is decided."""

    host: PosixHost
    packed_engine: Callable[[], str]
    """Returns the controller's engine as a parameter of the module."""
    bootstrapped: Bootstrapped | None = None
    """The interpreter that was unpacked for this task."""
    compared: bool = False
    """Whether the bundle of the installed interpreter was held against what the controller knows: it is read once for each task."""
    sends_engine: bool = False
    """Whether the host has been found to need the controller's engine, against what its probe or the index says."""

    def look(self, options: Mapping[str, Any]) -> HostFacts:
        """Return what the host has, by its own shell."""
        root = usable_root(options.get("root") or DEFAULT_ROOT)
        command = probe_command(root, starts=options.get("verify") != "deep", unsafe_parent=bool(options.get("unsafe_parent")))
        answer = self.host.command(command)
        return parse_probe(answer["stdout"], stderr=answer["stderr"], rc=answer["rc"])

    def run_engine(self, run: TargetRun, request: Request, *, rehearsal: bool = False) -> Result:
        """Run the module; where its interpreter proves to be damaged, run it once more on one that is unpacked for the task."""
        python = self._interpreter(run, request)
        result = self._module(run, python, request, rehearsal=rehearsal)
        may_repeat = NEEDS_ENGINE in result or (ended_without_result(result) and not runs_once(request))
        if not self.sends_engine and self._has_engine(run, request) and may_repeat:
            reason = str(result[NEEDS_ENGINE]) if NEEDS_ENGINE in result else f"it ended without a result ({last_line(result)})"
            run.warnings.append(
                f"The engine in the bundle of {python} was not used, and the controller's was sent instead: {redacted(reason)}. "
                "Run hermetic.python.drift with verify deep to see whether the bundle is whole."
            )
            self.sends_engine = True
            result = self._module(run, python, request, rehearsal=rehearsal)
        if ended_without_result(result) and self.bootstrapped is None and run.state.engine_bundle is not None:
            run.warnings.append(
                f"The interpreter {python} starts but cannot run the engine, so it was damaged; a temporary one was unpacked instead. "
                f"Its last line: {last_line(result)}"
            )
            result = self._module(run, self._bootstrap(run, request).python, request, rehearsal=rehearsal)
        return result if ended_without_result(result) else checked_answer(result)

    def start_engine(self, run: TargetRun, request: Request) -> Result:
        """Start the module; it removes its temporary interpreter itself."""
        python = self._interpreter(run, request)
        discard = [self.bootstrapped.place] if self.bootstrapped is not None else []
        # Nobody is there to bring the engine when the job finds that it lacks one.
        arguments = self._arguments(run, request, engine=True, discard=discard, additions=run.background_additions())
        with run.timed("module"):
            return self.host.python_module(python, arguments, in_background=True)

    def _module(self, run: TargetRun, python: str, request: Request, *, rehearsal: bool) -> Result:
        sends = self.sends_engine or not self._has_engine(run, request)
        arguments = self._arguments(run, {**request, "check": True} if rehearsal else request, engine=sends)
        run.show(
            f"The engine {'comes from the controller' if sends else 'is that of the bundle'}: {engine_digest()[:12]}, run by {python}."
        )
        with run.timed("module"):
            return self.host.python_module(python, arguments, in_background=False)

    def _arguments(
        self, run: TargetRun, request: Request, *, engine: bool, discard: list[str] | None = None, additions: Result | None = None
    ) -> dict[str, Any]:
        """Return the module's parameters: the options as they may be shown, and what is never logged; ``engine`` has the engine sent."""
        parcel = {
            "engine": engine_digest(),
            "request": self._with_unpacked(run, run.prepared(request)),
            "credentials": credentials_for(request, run.supply.credentials),
            "discard": discard or [],
            "additions": additions or {},
        }
        hidden = {"_request": pack(parcel), **({"_engine": self.packed_engine()} if engine else {})}
        return {**run.shown, "root": run.facts.root, **hidden}

    def _with_unpacked(self, run: TargetRun, request: Request) -> Request:
        """Say what was unpacked for the task already, so that a first bundle is not unpacked twice."""
        if self.bootstrapped is None or run.state.engine_bundle is None:
            return request
        return {**request, "unpacked": {run.state.engine_bundle.sha256: self.bootstrapped.tree}}

    def _has_engine(self, run: TargetRun, request: Request) -> bool:
        """Return whether the interpreter's bundle has the very engine of this controller, as far as is known, and may run it."""
        if self.bootstrapped is not None:
            held = run.state.engine_bundle.engine_digest if run.state.engine_bundle is not None else None
        else:
            held = run.facts.interpreter.engine_digest if run.facts.interpreter is not None else None
        return held == engine_digest() and may_run_own_engine(request)

    # --- the interpreter

    def _interpreter(self, run: TargetRun, request: Request) -> str:
        """Return the interpreter for a request; where there is none that may run it, one is unpacked."""
        facts = run.facts
        if self.bootstrapped is not None:
            return self.bootstrapped.python
        if facts.interpreter is not None and not self._is_changed(run, facts.interpreter, request):
            return facts.interpreter.path
        if run.state.engine_bundle is None:
            raise NoInterpreter(run.facts)
        if not facts.damaged and installs(request) and run.transfer != "pull":
            # A host that has nothing lacks everything; so it need not be asked first.
            run.push(run.state.prebuilt.to_push(unreachable_from_host(request["artifacts"])))
        if facts.dead:
            reason = without_programs(facts)
            run.warnings.append(
                f"The interpreter of {', '.join(facts.dead)} does not start; a temporary one was unpacked instead."
                + (f" {reason}" if reason else "")
            )
        if facts.untrusted:
            run.warnings.append(
                f"The interpreter of {', '.join(facts.untrusted)} was not started, since another user may change it; a temporary one was "
                f"unpacked instead: {shown_distrust(facts.distrust)}."
            )
        return self._bootstrap(run, request).python

    def _is_changed(self, run: TargetRun, interpreter: Interpreter, request: Request) -> bool:
        """Hold the bundle that is to verify the host against what the controller knows of it, with the programs of the host alone.

        What is wrong with it is found in full by the engine on another interpreter, or reported from ``facts.changed`` where there is none.
        """
        known = (request.get("known") or {}).get(f"bundles/{interpreter.bundle_id}")
        if not known or self.compared:
            return False
        self.compared = True
        with run.timed("verify_interpreter"):
            answer = self.host.command(verify_command(f"{run.facts.root}/bundles/{interpreter.bundle_id}", sha256=known[0]))
        outcome, detail = parse_verification(str(answer["stdout"]), stderr=str(answer["stderr"]), rc=int(answer["rc"]))
        run.verified = outcome == "same"
        if outcome == "cannot":
            run.warnings.append(f"The bundle {interpreter.bundle_id}, which verifies this host, could not be verified before: {detail}.")
        if outcome != "changed":
            return False
        run.facts = replace(run.facts, changed=detail)
        if run.state.engine_bundle is not None:
            run.warnings.append(
                f"The bundle {interpreter.bundle_id} is not as it was published ({redacted(detail)}), so it was not started; "
                "a temporary interpreter was unpacked instead."
            )
            run.verified = True
        return True

    def _bootstrap(self, run: TargetRun, request: Request) -> Bootstrapped:
        bundle = run.state.engine_bundle
        if bundle is None:
            raise AssertionError("bundle is set by now")
        if bundle.sha256 not in run.pushed and not run.sources_of(bundle):
            if run.transfer == "pull":
                raise BootstrapFailed("fetch", f"{bundle.filename} is only on the controller, and transfer is pull")
            run.push([bundle.sha256])
        with run.timed("bootstrap"):
            try:
                made = self._unpack(run, bundle, request)
            except BootstrapFailed as error:
                if not error.pushing_may_help or run.transfer == "pull" or bundle.sha256 in run.pushed:
                    raise
                run.show(f"{error.message} It is copied from the controller instead.")
                run.push([bundle.sha256])
                made = self._unpack(run, bundle, request)
        self.bootstrapped = made
        run.leftovers.callback(self._remove, run, made)
        run.pushed[bundle.sha256] = made.archive
        return made

    def _unpack(self, run: TargetRun, bundle: BundleArtifact, request: Request) -> Bootstrapped:
        # Nobody else may have put something else into the place of the root's own copy.
        stored = run.facts.root_type not in ("missing", "empty") and not run.facts.distrust
        sources = run.first_sources(bundle, stored=stored)
        secrets = secrets_text(run.supply.credentials, sources=sources)
        command = bootstrap_command(
            sources,
            sha256=bundle.sha256,
            install=installs(request),
            root=run.facts.root,
            remote_tmp=self.host.temporary_directory(),
            secrets_file=self.host.push_text(secrets, "sources") if secrets else None,
            unsafe_parent=bool(run.options.get("unsafe_parent")),
            **download_limits(run.options, bundle),
        )
        answer = self.host.command(command)
        return parse_bootstrap(str(answer["stdout"]), root=run.facts.root, stderr=str(answer["stderr"]), rc=int(answer["rc"]))

    def _remove(self, run: TargetRun, made: Bootstrapped) -> None:
        """Remove the temporary interpreter."""
        answer = self.host.command(removal_command(made))
        if answer["rc"] != 0:
            run.warnings.append(f"The temporary directory {made.place} could not be removed: {str(answer['stderr']).strip()}")
        self.bootstrapped = None
