# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the action plugins of all target modules: options, one look at the host, the request, the result."""

from __future__ import annotations

import copy
import dataclasses
import gc
import hashlib
import time
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError, AnsibleFileNotFound
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.finding import PENDING
from ..module_utils.hermetic.printable import printable_lines, printable_result
from ..module_utils.hermetic.spec import DEFAULT_ROOT, DEFAULT_ROOT_WINDOWS, RULES, SPECS

try:
    from .answers_without_engine import answer_of_nothing, answer_without_interpreter
    from .declared_state import DeclaredState, Resolver, refuse_bad_names
    from .engine_zip import engine_zip
    from .first_plan import first_plan, is_untouched, refuse_full_host
    from .repair import NothingInstalled, installed_state
    from .repository_index import Index
    from .root_removal import remove_without_interpreter
    from .supply import Supply
    from .target_run import NoInterpreter, TargetRun
    from .windows_run import UNLIMITED, WindowsRun
except ImportError as error:  # a library of the controller is missing
    MISSING: ImportError | None = error
else:
    MISSING = None
from .host_probe import HostFacts, parse_probe, probe_command, usable_root
from .host_trust import refuse_untrusted
from .missing_libraries import explain_import
from .reached_host import ReachedHost, ReachedWindowsHost
from .result_format import readable_diff, sentence
from .target_request import Request, compose_request, declare, generation_wish, is_url, shown_options
from .windows_host import DEFAULT_PLATFORM, OtherPlatform, presumed_facts, usable_windows_root

display = Display()

THIS_RUN = str(constants.DEFAULT_LOCAL_TMP)
"""Ansible makes this directory once for each run, before it forks: nothing else names a run in all of its processes."""

Result = dict[str, Any]


class TargetAction(ActionBase):
    """Prepare a request on the controller, have it carried out on the host, and put its result into words."""

    MODULE = ""
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Carry out the task and return its result; everything that can be expected to go wrong is a failed result."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise self._lacks(MISSING)
        options = self._options()
        self._vars: dict[str, Any] = task_vars or {}
        self._in_background = False
        try:
            result = self._answer(options)
        except HermeticError as error:
            result = {"failed": True, "changed": False, "msg": error.message, "errors": error.problems or [error.message]}
            if isinstance(error, NothingInstalled):
                result["generation"] = {"before": None, "after": None}
        except ImportError as error:
            raise self._lacks(error) from None
        finally:
            if not self._in_background:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        if not self._in_background:
            # Whoever answered: the module of the host, the engine of a Windows host, or nobody but the controller.
            result["invocation"] = {"module_args": shown_options(options)}
        return dict(printable_result(result))

    def _lacks(self, error: ImportError) -> AnsibleActionFail:
        return AnsibleActionFail(explain_import(f"hermetic.python.{self.MODULE}", error))

    # --- the task

    def _answer(self, options: dict[str, Any]) -> Result:
        if self.MODULE == "system" and options["state"] == "present" and not options.get("bundles"):
            raise HermeticError(
                "The declaration names no bundle, and a host without one can hold nothing. Declare at least one in bundles, "
                "or remove everything with state absent."
            )
        timings: dict[str, float] = {}
        if not self._is_windows:
            begin = time.monotonic()
            root = usable_root(options.get("root") or DEFAULT_ROOT)
            facts = self._probe(root, starts=options.get("verify") != "deep", unsafe_parent=bool(options.get("unsafe_parent")))
            timings["probe"] = round(time.monotonic() - begin, 3)
            return self._answer_for(facts, options, timings)
        facts = self._presume(usable_windows_root(options.get("root") or DEFAULT_ROOT_WINDOWS))
        try:
            return self._answer_for(facts, options, timings)
        except OtherPlatform as error:
            self._refuse_other_platform(error.platform)
            return self._answer_for(presumed_facts(facts.root, error.platform), options, timings)

    def _answer_for(self, facts: HostFacts, options: dict[str, Any], timings: dict[str, float]) -> Result:
        begin = time.monotonic()
        supply = Supply.from_options({"run": THIS_RUN, **{name: self._located(name, options.get(name)) for name in _SUPPLY_OPTIONS}})
        options = {**options, "repository": self._located("repository", options.get("repository"))}
        options["public_key"] = self._located("public_key", options.get("public_key"))
        run = self._run_on(facts, options, supply, timings)
        request: Request = {}
        try:
            request = self._request(options, run)
            if options.get("verify") == "deep":
                request["known"] = self._known(run)
            timings["controller"] = round(time.monotonic() - begin - timings.get("module", 0.0), 3)
            wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
            # What a Windows host has is known after it was asked only.
            known = None if self._is_windows else self._answer_from_here(run, request, options)
            # Ansible parses all that the module imports. To look for cycles among what is there already was a third of that time.
            gc.freeze()
            result = known or run.carry_out(request, in_background=wrap_async)
            self._in_background = run.left_running
        except NoInterpreter:
            known = self._answer_from_here(run, request, options) if self._is_windows else None
            result = known or answer_without_interpreter(run, module=self.MODULE)
        finally:
            run.close()
        if self._in_background:
            return result
        if options.get("against") == "installed" and _tells_nothing(result):
            raise NothingInstalled(facts.root)
        if "module_stdout" in result and (self.MODULE == "system_info" or (self.MODULE == "drift" and not options.get("bundles"))):
            result = answer_without_interpreter(run, module=self.MODULE)
        return self._finished(result, run)

    def _answer_from_here(self, run: TargetRun, request: Request, options: Mapping[str, Any]) -> Result | None:
        """Return what the controller can answer for a host without an interpreter; None where the host must be asked."""
        if run.facts.interpreter is not None:
            return None
        if request["command"] == "uninstall":
            return remove_without_interpreter(run, force=bool(options["force"]), check=bool(self._task.check_mode))
        nothing = answer_of_nothing(run, state=options.get("state"))
        if nothing is not None or not is_untouched(run.facts) or "declaration" not in request:
            return nothing
        refuse_full_host(request, run.facts)
        if request["command"] == "drift" or request["check"]:
            return first_plan(request, run.facts)
        return None

    def _run_on(self, facts: HostFacts, options: dict[str, Any], supply: Supply, timings: dict[str, float]) -> TargetRun:
        common: dict[str, Any] = {
            "facts": facts,
            "state": DeclaredState(declaration=declare()),
            "supply": supply,
            "options": options,
            "shown": shown_options(self._task_options(options)),
            "local": self._connection.transport == "local",
            "tell": lambda text: display.vv(printable_lines(text), host=self._vars.get("inventory_hostname")),
            "timings": timings,
        }
        if self._is_windows:
            connection = ReachedWindowsHost(self, module=self.MODULE, variables=self._vars)
            return WindowsRun(connection=connection, time_limit=self._time_limit(), **common)
        return TargetRun(connection=ReachedHost(self, module=self.MODULE, variables=self._vars), **common)

    def _request(self, options: Mapping[str, Any], run: TargetRun) -> Request:
        """Return the request, and leave in ``run`` the artifacts that it is made of."""
        common: dict[str, Any] = {"root": run.facts.root, "check": bool(self._task.check_mode), "options": options}
        if self.MODULE == "system_info":
            return compose_request("info", **common)
        if self.MODULE == "generation":
            return compose_request("generation", generation=generation_wish(options["state"], options.get("number")), **common)
        if options.get("state") == "absent" and self.MODULE == "system":
            return compose_request("uninstall", force=bool(options["force"]), **common)
        if options.get("state") == "repaired":
            return self._repair(options, run, common)
        command = "drift" if self.MODULE == "drift" else "converge"
        if self.MODULE == "drift" and options["against"] == "installed":
            self._known_artifacts(options, run)
            return compose_request(command, **common)
        if self.MODULE == "drift" and not options.get("bundles"):
            if options.get("virtualenvs"):
                raise HermeticError(
                    "VirtualEnvs are declared without any bundle that they could stand on; declare the bundles as well, or neither."
                )
            return compose_request(command, **common)
        run.state = self._declared(options, run)
        scope = "system" if self.MODULE in ("system", "drift") else "partial"
        return compose_request(command, declaration=run.state.declaration, scope=scope, artifacts=run.artifacts(), **common)

    def _repair(self, options: Mapping[str, Any], run: TargetRun, common: Mapping[str, Any]) -> Request:
        """Return the request that brings the active generation back to what it was; the declaration is only where artifacts come from."""
        declared, index = self._known_artifacts(options, run)
        info = run.carry_out(compose_request("info", root=run.facts.root, check=True, options={}))
        if "info" not in info:
            raise HermeticError(f"The host could not tell what it was given: {info.get('msg')} Install it again (state present).")
        run.state = installed_state(info["info"], declared=declared, index=index)
        return compose_request("converge", declaration=run.state.declaration, scope="partial", artifacts=run.artifacts(), **common)

    def _known_artifacts(self, options: Mapping[str, Any], run: TargetRun) -> tuple[DeclaredState | None, Index | None]:
        """Return what is declared, where that can be resolved, and the repository's index, for a task that deploys nothing of either."""
        if is_untouched(run.facts):
            raise NothingInstalled(run.facts.root)
        declared = None
        if options.get("bundles"):
            try:
                declared = self._declared(options, run)
            except HermeticError as error:
                run.warnings.append(f"The declaration cannot be resolved, and the task goes on without it: {error.message}")
        run.state = declared or run.state
        repository = options.get("repository")
        index = declared.index if declared is not None else None
        if index is None and repository:
            index = run.supply.index(repository, public_key=options.get("public_key"))
            run.state = dataclasses.replace(run.state, index=index)
        return declared, index

    def _host_name(self) -> str:
        return str(self._task.delegate_to or self._vars.get("inventory_hostname") or "")

    def _known(self, run: TargetRun) -> dict[str, list[str]]:
        """Return what the host's own records are compared with; a controller that cannot tell knows nothing, and says so."""
        # A database is more than most runs have use for.
        from .known_manifests import KnownManifests
        from .vouching import vouched

        facts = run.facts
        try:
            return vouched(
                run.state, KnownManifests.at(), cache=run.supply.cache, platform=facts.platform, host=self._host_name(), root=facts.root
            )
        except HermeticError as error:
            run.warnings.append(error.message)
            return {}

    def _remember(self, made: Mapping[str, Any], run: TargetRun) -> list[str]:
        from .known_manifests import KnownManifests

        try:
            engine = hashlib.sha256(engine_zip()).hexdigest()[:16]
            return KnownManifests.at().remember(made, host=self._host_name(), root=run.facts.root, engine=engine)
        except HermeticError as error:
            return [error.message]

    def _declared(self, options: Mapping[str, Any], run: TargetRun) -> DeclaredState:
        if options.get("state") == "absent":
            refuse_bad_names("bundle" if self.MODULE == "bundle" else "VirtualEnv", [options["name"]])
            return DeclaredState(declaration=declare(**{f"absent_{self.MODULE}s": [options["name"]]}))
        resolver = Resolver(options, supply=run.supply, facts=run.facts, platforms=self._platforms(options), find_file=self._find_file)
        if self.MODULE == "bundle":
            state = resolver.bundle(options)
        elif self.MODULE == "virtualenv":
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

    # --- the result

    def _finished(self, result: Result, run: TargetRun) -> Result:
        if run.options.get("against") == "installed" and "findings" in result:
            # A bundle of an old release can be replaced by a declaration only.
            result["findings"] = [each for each in result["findings"] if each["cause"] != PENDING]
        made = result.pop("manifests", None)
        if made and not self._task.check_mode:
            run.warnings += self._remember(made, run)
        if "vouched" in result:
            result["vouched"]["interpreter"] = run.verified
        result["platform"] = run.facts.platform
        result["timings"] = {**run.timings, **(result.get("timings") or {})}
        known = list(result.get("warnings") or [])
        warnings = [*known, *(warning for warning in run.warnings if warning not in known)]
        if warnings:
            result["warnings"] = warnings
        diff = None if result.get("failed") or self.MODULE == "system_info" else self._diff(result, run)
        result.pop("diff", None)
        if diff is not None and self._task.diff:
            result["diff"] = diff
        if not result.get("failed"):
            result.setdefault("changed", False)
            if self.MODULE in _DECLARING:
                result.setdefault("bundles", {})
                result["declared"] = (self._compared_with(run) or DeclaredState(declaration=declare())).summary
            if self.MODULE == "drift":
                result["clean"] = not result.get("findings")
            if self.MODULE == "system_info":
                result["info"].setdefault("damaged", [])
            else:
                options = run.options
                result["msg"] = sentence(
                    result,
                    module=self.MODULE,
                    check=bool(self._task.check_mode),
                    state=options.get("state"),
                    against=options.get("against"),
                )
        return result

    def _compared_with(self, run: TargetRun) -> DeclaredState | None:
        """Return the declaration that the result is about; None where it only named artifacts."""
        return None if run.options.get("against") == "installed" else run.state

    def _diff(self, result: Result, run: TargetRun) -> dict[str, str] | None:
        state = self._compared_with(run)
        declared = self.MODULE != "drift" or (state is not None and bool(state.summary["bundles"]))
        return readable_diff(result, root=run.facts.root, declared=declared)

    # --- options and variables

    def _options(self) -> dict[str, Any]:
        """Return the checked options; the task's own stay as they are, since the task may be run again (until)."""
        # A root is a path of the host: expanding it here would put the controller's home into it.
        spec = {**SPECS[self.MODULE], "root": {"type": "str"}}
        given = self._task.args
        self._task.args = copy.deepcopy(given)
        try:
            _unused, options = self.validate_argument_spec(argument_spec=spec, **RULES[self.MODULE])
        finally:
            self._task.args = given
        return dict(options)

    def _task_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {name: options[name] for name in self._task.args if name in SPECS[self.MODULE]}

    def _located(self, name: str, value: Any) -> Any:
        """Return an option with the paths in it made absolute, as seen from the playbook."""
        if name == "find_links":
            return [self._located("", each) for each in value or []]
        if name in ("repository", "public_key", "") and value and "://" not in value:
            return self._loader.path_dwim(value)
        return value

    def _find_file(self, path: str) -> str:
        if is_url(path):
            return path
        try:
            return str(self._find_needle("files", path))
        except AnsibleFileNotFound as error:
            raise HermeticError(
                f"The file {path!r} is not on the controller; it was looked for in files, beside the tasks and beside the playbook."
            ) from error
        except AnsibleError as error:
            raise HermeticError(f"The file {path!r} cannot be found on the controller: {error}") from error

    def _host_vars(self) -> Mapping[str, Any]:
        if self._task.delegate_to:
            delegated: Mapping[str, Any] = self._vars["ansible_delegated_vars"][self._task.delegate_to]
            return delegated
        return self._vars

    def _platforms(self, options: Mapping[str, Any]) -> list[str]:
        """Return the platforms that must be covered besides the host's own."""
        asked = list(options.get("platforms") or [])
        if options.get("prove") == "host":
            return asked
        hostvars = self._vars.get("hostvars") or {}
        others = [hostvars[host].get("hermetic_platform") for host in self._vars.get("ansible_play_hosts_all") or [] if host in hostvars]
        return [*asked, *(str(name) for name in others if name)]

    # --- the host

    @property
    def _is_windows(self) -> bool:
        return bool(getattr(self._connection._shell, "_IS_WINDOWS", False))

    def _presume(self, root: str) -> HostFacts:
        """Return what a Windows host is taken for, until it tells otherwise."""
        wanted = str(self._host_vars().get("hermetic_platform") or DEFAULT_PLATFORM)
        if not wanted.startswith("windows-"):
            self._refuse_other_platform(f"reached as a Windows host (ansible_shell_type {self._connection._shell.SHELL_FAMILY})")
        return presumed_facts(root, wanted)

    def _refuse_other_platform(self, found: str) -> None:
        wanted = self._host_vars().get("hermetic_platform")
        if wanted and str(wanted) != found:
            raise HermeticError(
                f"The variable hermetic_platform says {wanted}, and the host is {found}. Correct the variable, or remove it; the host is asked anyway."
            )

    def _time_limit(self) -> int:
        """Return the seconds that the engine may take: less than the task, so that it is ended there and its last words arrive."""
        limits = [int(each) for each in (self._task.timeout, self._task.async_val) if each]
        return max(1, min(limits) - min(15, min(limits) // 3)) if limits else UNLIMITED

    def _probe(self, root: str, *, starts: bool, unsafe_parent: bool) -> HostFacts:
        answer = self._low_level_execute_command(probe_command(root, starts=starts, unsafe_parent=unsafe_parent))
        facts = parse_probe(answer["stdout"], stderr=answer["stderr"], rc=answer["rc"])
        self._refuse_other_platform(facts.platform)
        if facts.root_type == "other":
            raise HermeticError(
                f"The root {facts.root} is there and is no directory; nothing was changed. Move it away, or choose another root."
            )
        refuse_untrusted(facts.distrust, root=facts.root, uid=facts.uid)
        if not facts.root_writable and not self._task.check_mode and self.MODULE in ("system", "bundle", "virtualenv", "generation"):
            raise HermeticError(
                f"The root {facts.root} cannot be written by the user with uid {facts.uid}; nothing was changed. "
                "Become a user who can (become: true), or choose a root of that user's own."
            )
        return facts


def _tells_nothing(result: Mapping[str, Any]) -> bool:
    """Tell whether a comparison found neither a generation nor anything else, which is no proof that all is well."""
    if result.get("failed") or result.get("findings"):
        return False
    return "generation" in result and result["generation"]["before"] is None


_DECLARING = ("bundle", "drift", "system", "virtualenv")
_SUPPLY_OPTIONS = (
    *("index_url", "extra_index_urls", "find_links", "ca_path", "timeout", "retries", "credentials"),
    *("download_timeout", "minimum_rate", "maximum_size", "allow_unsigned", "marker_values"),
)
