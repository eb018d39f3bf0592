# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get a request carried out on a Windows host: one module brings an interpreter where there is none and runs the engine."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.json_text import parse_json
from ...module_utils.hermetic.text.redaction import redacted
from ..supply import BundleArtifact
from .bootstrap import BootstrapFailed
from .engine_zip import engine_zip
from .first_plan import is_untouched
from .host_answer import checked_answer, checked_host
from .host_probe import HostFacts
from .request import Request, credentials_for, unreachable_from_host, with_first_sources
from .run import NoInterpreter, TargetRun, given_limit
from .windows_host import OtherPlatform, told_facts

Result = dict[str, Any]

ARCHIVE_MARK = "hermetic-bootstrap-archive"
"""Stands in a request for the archive that a temporary interpreter was unpacked from."""
UNLIMITED = 24 * 3600
"""Seconds that a task without a limit of its own may take."""


@dataclass
class WindowsRun(TargetRun):
    """One task on one Windows host. The module finds the interpreter itself, so that the common task takes one round trip."""

    time_limit: int = UNLIMITED
    _engine_text: str = field(default="", repr=False)
    _knows_root: bool = False
    """Whether the host was asked before: one that has nothing is planned for without a copy of the bundle."""

    def _interpreter(self, request: Request) -> str:
        del request  # the module finds it on the host
        return ""

    def _may_keep_archives(self) -> bool:
        # What the root was before the first round says nothing of the second one; the module looks by itself.
        return True

    def close(self) -> None:
        """Do nothing: the module has removed what it unpacked."""

    @staticmethod
    def _died(result: Result) -> bool:
        del result  # the module has tried a temporary interpreter where there is one
        return False

    def _engine(self, python: str, request: Request, *, in_background: bool = False) -> Result:
        del python
        bundle = self.state.engine_bundle
        with self._timed("module"):
            answer = self.connection.module("", self._arguments(request, bundle, background=in_background), in_background=in_background)
        if in_background:
            return answer
        host = answer.get("host")
        if not isinstance(host, Mapping):
            raise HermeticError(_without_answer(answer))
        self._learn(checked_host(host))
        problem = host.get("problem")
        if problem is None:
            self._warn(_listed(answer.get("warnings")), bootstrapped=bool(host.get("bootstrapped")))
            result = _result(answer.get("engine_result"))
            result.pop("left", None)  # the module has removed it
            return result
        self._warn(_listed(answer.get("warnings")), bootstrapped=False)
        if problem["kind"] == "interpreter" and self._spares(request):
            if is_untouched(self.facts):
                raise NoInterpreter(self.facts)
            self._knows_root = True
            return self._engine("", request)
        if self._push_for(problem, bundle):
            return self._engine("", self._prepared(request))
        raise _error(problem, facts=self.facts, time_limit=self.time_limit)

    def _spares(self, request: Request) -> bool:
        """Tell whether the host is asked what it has before a bundle is copied there only to plan."""
        return not self._knows_root and "declaration" in request and (request["command"] == "drift" or bool(request["check"]))

    def _arguments(self, request: Request, bundle: BundleArtifact | None, *, background: bool) -> dict[str, Any]:
        """Return the module's parameters; all that may be secret is in those that are never logged."""
        credentials = credentials_for(request, self.supply.credentials)
        arguments: dict[str, Any] = {
            "root": self.facts.root,
            "platform": self.facts.platform,
            "time_limit": self.time_limit,
            "background": background,
            "uninstall": request["command"] == "uninstall" and not request["check"],
            "engine": self._engine_text or base64.b64encode(engine_zip()).decode("ascii"),
        }
        self._engine_text = arguments["engine"]
        if background:
            # No action plugin sees its result, so it carries what the plugin would have added.
            arguments["told"] = _text(self._told())
        if bundle is not None and not self._spares(request):
            sources = self._first_sources(bundle)
            if sources:
                order = {
                    "sources": sources,
                    "sha256": bundle.sha256,
                    "timeout": int(self.options.get("timeout") or 60),
                    "retries": int(self.options.get("retries") or 0),
                    "ca_path": self.options.get("ca_path"),
                    "download_timeout": given_limit(self.options, "download_timeout"),
                    "minimum_rate": given_limit(self.options, "minimum_rate"),
                    "most_bytes": bundle.size if bundle.size is not None else given_limit(self.options, "maximum_size"),
                    "credentials": credentials,
                }
                arguments["bootstrap"] = _text(order)
                if bundle.sha256 in request["artifacts"]:
                    request = with_first_sources(request, {bundle.sha256: ARCHIVE_MARK})
        arguments["request"] = _text({**request, "credentials": credentials})
        return arguments

    def _learn(self, host: Mapping[str, Any]) -> None:
        if host["platform"] != self.facts.platform:
            raise OtherPlatform(str(host["platform"]))
        self.facts = told_facts(self.facts, host)
        for part, seconds in (host.get("seconds") or {}).items():
            self.timings[part] = round(self.timings.get(part, 0.0) + float(seconds), 3)

    def _warn(self, told: Iterable[str], *, bootstrapped: bool) -> None:
        warnings = [redacted(str(warning)) for warning in told]
        if bootstrapped and self.facts.dead:
            warnings.append(f"The interpreter of {', '.join(self.facts.dead)} does not start; a temporary one was unpacked instead.")
        self.warnings += [warning for warning in warnings if warning not in self.warnings]

    def _push_for(self, problem: Mapping[str, Any], bundle: BundleArtifact | None) -> bool:
        """Copy what the host lacks for its first interpreter; tell whether asking again makes sense."""
        if bundle is None or bundle.sha256 in self.pushed or self.transfer == "pull":
            return False
        lacks_archive = problem["kind"] == "interpreter"
        if problem["kind"] == "engine" and not problem.get("timed_out"):
            # An interpreter that starts and cannot run the engine is damaged; the host had no archive that another one could come from.
            lacks_archive = not self._sources_of(bundle)
        if problem["kind"] == "bootstrap":
            failure = BootstrapFailed(problem["step"], redacted(str(problem.get("detail"))))
            lacks_archive = failure.pushing_may_help
            if lacks_archive:
                self.tell(f"{failure.message} It is copied from the controller instead.")
        if not lacks_archive:
            return False
        # A host that has nothing lacks everything that it cannot fetch itself.
        self._push([bundle.sha256, *unreachable_from_host(self.artifacts())])
        return True


def _result(text: object) -> Result:
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


def _error(problem: Mapping[str, Any], *, facts: HostFacts, time_limit: int) -> HermeticError:
    """Return the error for a host on which the engine gave no result."""
    kind = problem["kind"]
    if kind == "interpreter":
        return NoInterpreter(facts)
    if kind == "bootstrap":
        return BootstrapFailed(problem["step"], redacted(str(problem.get("detail"))))
    if kind == "root":
        return HermeticError(
            f"The root {facts.root} is there and {problem.get('detail')}; nothing was changed. Move it away, or choose another root."
        )
    if kind == "owner":
        return HermeticError(
            f"The root {facts.root} belongs to another user, who may change its access list at any time: nothing was run from it and nothing was "
            f"written ({problem['detail']}). Become its owner, or choose another root. If the administrators shall own it, give them the directory "
            f'itself (icacls "{facts.root}" /setowner *S-1-5-32-544, without /T), and converge.'
        )
    said = redacted(str(problem.get("said") or "nothing"))
    if problem.get("timed_out"):
        return HermeticError(
            f"The engine did not finish within {time_limit} s on the host and was ended. What it had begun is not in force, "
            f"and the next run converges; give the task a longer timeout. Its last words: {said}"
        )
    return HermeticError(
        f"The engine gave no result on the host: {problem.get('python')} ended with {problem.get('how')}. "
        f"Run hermetic.python.drift with verify deep, then converge to repair its bundle. It said: {said}"
    )


def _without_answer(answer: Mapping[str, Any]) -> str:
    """Return what to say where PowerShell itself did not get to an answer."""
    told = [str(answer.get(name) or "").strip() for name in ("msg", "module_stderr", "module_stdout")]
    shown = redacted("\n".join(text for text in told if text)[-800:]) or "nothing"
    return f"The PowerShell of the host could not run win_engine; it said: {shown}"
