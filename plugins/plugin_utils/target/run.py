# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get a request carried out on a host: choose or bring an interpreter, run the engine, push what the host cannot reach."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.model.envelope import pack
from ...module_utils.hermetic.spec import DOWNLOADS
from ...module_utils.hermetic.text.redaction import redacted
from ..supply import BundleArtifact, Supply
from .bootstrap import BootstrapFailed, Bootstrapped, bootstrap_command, parse_bootstrap, removal_command, secrets_text
from .declared_state import DeclaredState
from .engine_zip import engine_zip
from .host_answer import checked_answer
from .host_mounts import without_programs
from .host_probe import HostFacts, Interpreter
from .host_trust import shown_distrust
from .interpreter_verification import parse_verification, verify_command
from .request import Request, artifacts_for_host, credentials_for, unreachable_from_host, with_first_sources, without_remote_sources

Result = dict[str, Any]

STORED = "stored:"
"""Marks the source of a first bundle that may be in the root, and need not be."""


class Connection(Protocol):
    """What is used of an action plugin to reach its host."""

    def command(self, command: str) -> Mapping[str, Any]:
        """Run a shell command as the user that the task becomes."""

    def module(self, python: str, arguments: dict[str, Any], *, in_background: bool) -> Result:
        """Run the task's module with this interpreter."""

    def temporary_directory(self) -> str:
        """Return the task's temporary directory on the host, made at first use."""

    def push(self, local: str, name: str) -> str:
        """Copy a file into the temporary directory, readable for the user that the task becomes; return its path there."""

    def push_text(self, text: str, name: str) -> str:
        """Write a file there."""


@dataclass
class TargetRun:
    """One task on one host; ``close`` takes away what it left there."""

    connection: Connection
    facts: HostFacts
    state: DeclaredState
    supply: Supply
    options: Mapping[str, Any]
    shown: Mapping[str, Any]
    """The options as the module may be given them."""
    local: bool
    """Whether the host sees the controller's files."""
    tell: Callable[[str], None] = lambda text: None
    timings: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    pushed: dict[str, str] = field(default_factory=dict)
    bootstrapped: Bootstrapped | None = None
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
        python = self._interpreter(request)
        if in_background:
            # A job in the background cannot ask for anything; so what it would ask for is found out first.
            rehearsal = self._with_pushes(python, {**request, "check": True})
            if rehearsal.get("failed") or self._died(rehearsal):
                return rehearsal
            if rehearsal.get("plan"):
                self._push(unreachable_from_host(request["artifacts"]))
            self.left_running = True
            return self._engine(python, self._prepared(request), in_background=True)
        result = self._with_pushes(python, request)
        if self._died(result) and self.bootstrapped is None and self.state.engine_bundle is not None:
            self.warnings.append(
                f"The interpreter {python} starts but cannot run the engine, so it was damaged; a temporary one was unpacked instead. "
                f"It said: {_last_words(result)}"
            )
            result = self._with_pushes(self._bootstrap(request).python, request)
        return result

    def close(self) -> None:
        """Remove the temporary interpreter, unless a job in the background still runs from it and removes it itself."""
        if self.bootstrapped is None or self.left_running:
            return
        answer = self.connection.command(removal_command(self.bootstrapped))
        if answer["rc"] != 0:
            self.warnings.append(f"The temporary directory {self.bootstrapped.place} could not be removed: {str(answer['stderr']).strip()}")
        self.bootstrapped = None

    # --- the interpreter

    def _interpreter(self, request: Request) -> str:
        if self.facts.interpreter is not None and not self._is_changed(self.facts.interpreter, request):
            return self.facts.interpreter.path
        if self.bootstrapped is not None:
            return self.bootstrapped.python
        if self.state.engine_bundle is None:
            raise NoInterpreter(self.facts)
        if not self.facts.damaged and not request["check"] and request["command"] == "converge" and self.transfer != "pull":
            # A host that has nothing lacks everything; so it need not be asked first.
            self._push(unreachable_from_host(request["artifacts"]))
        if self.facts.dead:
            reason = without_programs(self.facts)
            self.warnings.append(
                f"The interpreter of {', '.join(self.facts.dead)} does not start; a temporary one was unpacked instead."
                + (f" {reason}" if reason else "")
            )
        if self.facts.untrusted:
            self.warnings.append(
                f"The interpreter of {', '.join(self.facts.untrusted)} was not started, since another user may change it; a temporary one was "
                f"unpacked instead: {shown_distrust(self.facts.distrust)}."
            )
        return self._bootstrap(request).python

    def _is_changed(self, interpreter: Interpreter, request: Request) -> bool:
        """Hold the bundle that is to verify the host against what the controller knows of it, with the programs of the host alone.

        What is wrong with it is found in full by the engine on another interpreter, or told by ``facts.changed`` where there is none.
        """
        known = (request.get("known") or {}).get(f"bundles/{interpreter.bundle_id}")
        if not known:
            return False
        with self._timed("verify_interpreter"):
            answer = self.connection.command(verify_command(f"{self.facts.root}/bundles/{interpreter.bundle_id}", sha256=known[0]))
        outcome, detail = parse_verification(str(answer["stdout"]), stderr=str(answer["stderr"]), rc=int(answer["rc"]))
        self.verified = outcome == "same"
        if outcome == "cannot":
            self.warnings.append(f"The bundle {interpreter.bundle_id}, which verifies this host, could not be verified before: {detail}.")
        if outcome != "changed":
            return False
        self.facts = replace(self.facts, changed=detail)
        if self.state.engine_bundle is not None:
            self.warnings.append(
                f"The bundle {interpreter.bundle_id} is not as it was published ({redacted(detail)}), so it was not started; "
                "a temporary interpreter was unpacked instead."
            )
            self.verified = True
        return True

    def _bootstrap(self, request: Request) -> Bootstrapped:
        bundle = self.state.engine_bundle
        if bundle is None:
            raise AssertionError("bundle is set by now")
        if bundle.sha256 not in self.pushed and not self._sources_of(bundle):
            if self.transfer == "pull":
                raise BootstrapFailed("fetch", f"{bundle.filename} is only on the controller, and transfer is pull")
            self._push([bundle.sha256])
        with self._timed("bootstrap"):
            try:
                self.bootstrapped = self._unpack(bundle, request)
            except BootstrapFailed as error:
                if not error.pushing_may_help or self.transfer == "pull" or bundle.sha256 in self.pushed:
                    raise
                self.tell(f"{error.message} It is copied from the controller instead.")
                self._push([bundle.sha256])
                self.bootstrapped = self._unpack(bundle, request)
        self.pushed[bundle.sha256] = self.bootstrapped.archive
        return self.bootstrapped

    def _sources_of(self, bundle: BundleArtifact) -> list[str]:
        return list(self.artifacts()[bundle.sha256]["sources"])

    def _first_sources(self, bundle: BundleArtifact) -> list[str]:
        """Return where a first interpreter may come from; a run that failed may have left the archive in the root, verified."""
        if bundle.sha256 in self.pushed:
            return [self.pushed[bundle.sha256]]
        sources = self._sources_of(bundle)
        return [stored_source(self.facts, bundle), *sources] if sources and self._may_keep_archives() else sources

    def _may_keep_archives(self) -> bool:
        """Tell whether the root may hold an archive, and nobody else put something else in its place."""
        return self.facts.root_type not in ("missing", "empty") and not self.facts.distrust

    def _unpack(self, bundle: BundleArtifact, request: Request) -> Bootstrapped:
        sources = self._first_sources(bundle)
        secrets = secrets_text(self.supply.credentials, sources=sources)
        command = bootstrap_command(
            sources,
            sha256=bundle.sha256,
            install=not request["check"] and request["command"] == "converge",
            root=self.facts.root,
            remote_tmp=self.connection.temporary_directory(),
            secrets_file=self.connection.push_text(secrets, "sources") if secrets else None,
            timeout=int(self.options.get("timeout") or 60),
            retries=int(self.options.get("retries") or 0),
            ca_path=self.options.get("ca_path"),
            download_timeout=given_limit(self.options, "download_timeout"),
            minimum_rate=given_limit(self.options, "minimum_rate"),
            most_bytes=bundle.size if bundle.size is not None else given_limit(self.options, "maximum_size"),
            unsafe_parent=bool(self.options.get("unsafe_parent")),
        )
        answer = self.connection.command(command)
        return parse_bootstrap(str(answer["stdout"]), root=self.facts.root, stderr=str(answer["stderr"]), rc=int(answer["rc"]))

    # --- the engine

    def _with_pushes(self, python: str, request: Request) -> Result:
        result = self._engine(python, self._prepared(request))
        if not result.get("failed") or "needs" not in result or self.transfer == "pull":
            return result
        if not result["needs"]:
            # The host could not even begin to fetch (no TLS, no CA file); without remote sources it tells what it lacks.
            self.tell(f"{redacted(str(result.get('msg')))} What is missing is copied from the controller instead.")
            request = without_remote_sources(request)
            result = self._engine(python, self._prepared(request))
        missing = [need["sha256"] for need in result.get("needs") or [] if need["sha256"] not in self.pushed]
        if not missing:
            return result
        self._push(missing)
        return self._engine(python, self._prepared(request))

    def _prepared(self, request: Request) -> Request:
        return with_first_sources(request, {sha256: path for sha256, path in self.pushed.items() if sha256 in request["artifacts"]})

    def _engine(self, python: str, request: Request, *, in_background: bool = False) -> Result:
        # A job in the background takes its temporary interpreter away itself.
        discard = [self.bootstrapped.place] if in_background and self.bootstrapped is not None else []
        # No action plugin sees its result either, so it carries what the plugin would have added.
        told = self._told() if in_background else {}
        parcel = {"request": request, "credentials": credentials_for(request, self.supply.credentials), "discard": discard, "told": told}
        hidden = {"_request": pack(parcel), "_engine": base64.b64encode(engine_zip()).decode("ascii")}
        arguments: dict[str, Any] = {**self.shown, "root": self.facts.root, **hidden}
        with self._timed("module"):
            answer = self.connection.module(python, arguments, in_background=in_background)
        return answer if in_background or self._died(answer) else checked_answer(answer)

    def _told(self) -> Result:
        """Return what the result of a job in the background says beside what the engine says."""
        return {"platform": self.facts.platform, "declared": self.state.summary}

    @staticmethod
    def _died(result: Result) -> bool:
        """Tell whether the module ended without a result of its own, as an interpreter with damaged files does."""
        return bool(result.get("failed")) and "module_stdout" in result

    # --- pushing

    def _push(self, digests: Iterable[str]) -> None:
        items = {item.sha256: item for item in self.state.items}
        unknown = [sha256 for sha256 in digests if sha256 not in items]
        wanted = [items[sha256] for sha256 in dict.fromkeys(digests) if sha256 in items and sha256 not in self.pushed]
        if unknown and not wanted:
            return
        with self._timed("push"):
            for item in wanted:
                path = self.supply.download(item, index=self.state.index)
                self.pushed[item.sha256] = self.connection.push(str(path), f"{item.sha256[:16]}-{item.filename}")

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        begin = time.monotonic()
        try:
            yield
        finally:
            self.timings[name] = round(self.timings.get(name, 0.0) + time.monotonic() - begin, 3)


def stored_source(facts: HostFacts, bundle: BundleArtifact) -> str:
    """Return the name of the root's own copy of an archive, as the scripts take it: one that is not there is no failure."""
    separator = "\\" if facts.os == "Windows" else "/"
    return STORED + separator.join((facts.root, "wheels", bundle.sha256, bundle.filename))


def given_limit(options: Mapping[str, Any], name: str) -> int:
    """Return a limit of downloads as the task has it, or as it is by default."""
    given = options.get(name)
    return int(DOWNLOADS[name]["default"] if given is None else given)


class NoInterpreter(HermeticError):
    """Raised when the host has nothing that could run the engine, and the task declares no bundle to bring there."""

    def __init__(self, facts: HostFacts) -> None:
        if facts.untrusted:
            message = (
                f"The interpreter of {', '.join(facts.untrusted)} below {facts.root} was not started, since another user may change it: "
                f"{shown_distrust(facts.distrust)}."
            )
        elif facts.changed:
            named = facts.interpreter.bundle_id if facts.interpreter else ""
            message = f"The bundle {named} below {facts.root} was changed ({redacted(facts.changed)}), and is not started."
        elif facts.dead:
            message = f"The interpreter of {', '.join(facts.dead)} below {facts.root} does not start."
            reason = without_programs(facts)
            if reason:
                super().__init__(f"{message} {reason}")
                return
        else:
            message = f"Nothing is installed below {facts.root}."
        super().__init__(f"{message} Run hermetic.python.system or hermetic.python.bundle with the bundle that the host shall have.")


def _last_words(result: Mapping[str, Any]) -> str:
    text = str(result.get("module_stderr") or "").strip() or str(result.get("module_stdout") or "").strip() or "nothing"
    return redacted(text.splitlines()[-1][:300])
