# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the action plugins of all target modules: options, one look at the host, the request, the result."""

from __future__ import annotations

import copy
import gc
import time
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError, AnsibleFileNotFound
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import DEFAULT_ROOT, DEFAULT_ROOT_WINDOWS, DOWNLOADS, RULES, SPECS, WHEEL_SELECTION
from ...module_utils.hermetic.text.printable import printable_lines, printable_result

try:
    from ..supply import Supply
    from .answers_without_engine import answer_of_nothing, answer_without_interpreter
    from .completed_result import completed, tells_nothing
    from .declared_state import DeclaredState, Resolver
    from .first_plan import first_plan, is_untouched, refuse_full_host
    from .repair import NothingInstalled
    from .root_removal import remove_without_interpreter
    from .run import NoInterpreter, TargetRun
    from .task_request import TaskRequest
    from .windows_run import UNLIMITED, WindowsRun
except ImportError as error:  # a library of the controller is missing
    MISSING: ImportError | None = error
else:
    MISSING = None
from ..missing_libraries import explain_import
from .host_mounts import against_mounts, judged_by_engine, refuse_read_only
from .host_probe import HostFacts, parse_probe, probe_command, usable_root
from .host_trust import refuse_untrusted
from .reached_host import ReachedHost, ReachedWindowsHost
from .request import Request, declare, is_url, shown_options
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
            request = self._task_request(options, run).compose()
            if options.get("verify") == "deep":
                # A database is more than most runs have use for.
                from .vouching import known_to_controller

                request["known"] = known_to_controller(run, host=self._host_name())
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
        if options.get("against") == "installed" and tells_nothing(result):
            raise NothingInstalled(facts.root)
        if "module_stdout" in result and (self.MODULE == "system_info" or (self.MODULE == "drift" and not options.get("bundles"))):
            result = answer_without_interpreter(run, module=self.MODULE)
        made = result.pop("manifests", None)
        check = bool(self._task.check_mode)
        if made and not check:
            from .vouching import remember_made

            remember_made(made, run, host=self._host_name())
        return completed(result, run, module=self.MODULE, check=check, diff=bool(self._task.diff))

    def _answer_from_here(self, run: TargetRun, request: Request, options: Mapping[str, Any]) -> Result | None:
        """Return what the controller can answer for a host without an interpreter; None where the host must be asked."""
        if run.facts.interpreter is not None:
            return None
        if request["command"] == "uninstall":
            return remove_without_interpreter(run, force=bool(options["force"]), check=bool(self._task.check_mode))
        nothing = answer_of_nothing(run, state=options.get("state"))
        if nothing is None:
            run.warnings += against_mounts(request, run.facts, untouched=is_untouched(run.facts))
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

    def _task_request(self, options: Mapping[str, Any], run: TargetRun) -> TaskRequest:
        def resolver() -> Resolver:
            return Resolver(options, supply=run.supply, facts=run.facts, platforms=self._platforms(options), find_file=self._find_file)

        return TaskRequest(self.MODULE, options=options, run=run, check=bool(self._task.check_mode), resolver=resolver)

    def _host_name(self) -> str:
        return str(self._task.delegate_to or self._vars.get("inventory_hostname") or "")

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
        changes = not self._task.check_mode and self.MODULE in ("system", "bundle", "virtualenv", "generation")
        if changes and not judged_by_engine(facts):
            refuse_read_only(facts)
            if not facts.root_writable:
                raise HermeticError(
                    f"The root {facts.root} cannot be written by the user with uid {facts.uid}; nothing was changed. "
                    "Become a user who can (become: true), or choose a root of that user's own."
                )
        return facts


_SUPPLY_OPTIONS = (*WHEEL_SELECTION, *DOWNLOADS, "allow_unsigned")
