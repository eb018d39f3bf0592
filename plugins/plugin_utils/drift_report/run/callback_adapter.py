# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the events of Ansible's callbacks into the recordings of a run: which play is reported on, which result belongs where."""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from ansible import context
from ansible.module_utils.parsing.convert_bool import boolean

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.printable import printable, printable_lines
from ..formats.plain_text import earlier_hosts, plain_text
from ..formats.terminal import wants_colour
from ..model.document import EXIT_ERROR
from ..model.run_commands import commands_of_run
from ..model.task_result import ASYNC_STATUS, COLLECTION, Event, answer, elsewhere, module_of, part_of, silence
from .recording import Recording, Written, merge_files, merge_hosts, now
from .settings import Settings, parse_settings

MODULE = f"{COLLECTION}.drift_report"
"""The module by which the role begins a report."""
_SHOWN = 200
_BACKGROUND = {"msg": "The task runs in the background, and nobody asked for its result."}


class Display(Protocol):
    """What is used of Ansible's display."""

    def display(self, msg: str) -> None:
        """Show a line."""

    def warning(self, msg: str) -> None:
        """Show a warning."""

    def error(self, msg: str) -> None:
        """Show an error."""


class CallbackAdapter:
    """Follows one run of ansible-playbook.

    By the role, a report covers the play in which the role is; otherwise it covers every play of the playbook that has a task of ours.
    """

    def __init__(self, options: Mapping[str, Any], *, by_role: bool, display: Display) -> None:
        self._settings = None if by_role else parse_settings(options)
        self._by_role = by_role
        self._display = display
        self._process = os.getpid()
        self._recording: Recording | None = None
        self._play: Any = None
        self._listed: Any = None
        """The play whose hosts are listed in the recording."""
        self._recorded_play: str | None = None
        """The play that the recording is bound to, where the role began it."""
        self._lost: dict[str, Event] = {}
        """Hosts that other tasks lost, in this play or in an earlier one; Ansible asks them nothing more."""
        self._jobs: dict[tuple[str, str], tuple[str, str, bool]] = {}
        self._begun = False
        """Whether the role has begun a report in this playbook."""
        self._refused = False
        """Whether nothing can be recorded in this playbook; it is said once."""
        self._status = 0

    # --- what happens

    def play_started(self, play: Any) -> None:
        """Take note of a play; each batch of a serial one arrives as a play that begins."""
        if self._play is not None and self._play._uuid == play._uuid:
            return
        self._play = play
        if self._recorded_play is not None:
            self._finish(complete=True)

    def task_ended(self, result: Any, how: str, *, ignored: bool = False) -> None:
        """Record the result of a task; the items of a loop came before it."""
        answered = result.result
        if result.task.action == MODULE or getattr(result.task, "resolved_action", None) == MODULE:
            if how == "ok" and "options" in answered:
                self._begin_by_role(answered)
            elif how == "failed":
                # What cannot be reported on is not known; Ansible's own status would be the one for drift.
                self._begun = True
                if boolean((_fields(result).get("args") or {}).get("fail", True), strict=False):
                    self._remember(EXIT_ERROR)
            return
        if module_of(_action(result)) is not None and answered.get("results") and how != "unreachable":
            return
        own = self._own(result, how)
        if how == "unreachable" or (how == "failed" and not ignored):
            fields = _fields(result)
            if how == "unreachable" and fields.get("ignore_unreachable"):
                return
            host = result.host.get_name()
            event = elsewhere(host, how, result.task.get_name().strip(), answered, at=now())
            self._lost[host] = event
            if not own and self._recording is not None and self._recording.knows(host):
                self._recording.heard(event)

    def item_ended(self, result: Any, how: str) -> None:
        """Record the result of one item of a loop."""
        self._own(result, how)

    def playbook_ended(self) -> int:
        """Write what is still open and return the exit status that is wanted; 0 leaves Ansible's own."""
        self._finish(complete=True)
        if self._by_role and not self._begun and self._lost:
            self._display.error("No drift report was made: no host was left when it was to begin.")
            self._remember(EXIT_ERROR)
        self._play, self._lost, self._begun, self._refused = None, {}, False, False
        status, self._status = self._status, 0
        return status

    # --- results

    def _own(self, result: Any, how: str) -> bool:
        """Record the result of a task of ours; return whether it is one."""
        host, answered, fields = _asked_host(result), result.result, _fields(result)
        job = self._jobs.get((host, str(answered.get("ansible_job_id")))) if _action(result) in ASYNC_STATUS else None
        module = job[0] if job is not None else module_of(_action(result))
        if module is None:
            return False
        arguments = fields.get("args") or {}
        part, check = job[1:] if job is not None else (part_of(module, arguments), bool(fields.get("check_mode")))
        if not self._listening(host):
            return True
        verify = str(arguments.get("verify") or ("quick" if job is None else "")) or None
        event = self._event(host, module, part, answered, how, check=check)
        if event is not None and self._recording is not None:
            self._recording.heard(event, verify=verify)
        return True

    def _event(self, host: str, module: str, part: str, answered: Mapping[str, Any], how: str, *, check: bool) -> Event | None:
        found = answer(host, module, part, answered, check=check, at=now()) if how in ("ok", "failed") else None
        if found is not None:
            return found
        number = answered.get("ansible_job_id")
        if how == "ok" and number and "censored" not in answered:
            if answered.get("finished") in (1, True):
                return silence(host, part, "failed", answered, at=now())
            self._jobs[host, str(number)] = (module, part, check)
            return silence(host, part, "skipped", _BACKGROUND, at=now())
        return silence(host, part, "skipped" if how == "ok" else how, answered, at=now())

    def _listening(self, host: str) -> bool:
        if self._recording is None and self._settings is not None and not (self._by_role or self._refused):
            self._begin(self._settings, play=None)
        if self._recording is None:
            return False
        self._expect(host)
        return True

    # --- recordings

    def _begin_by_role(self, answered: Mapping[str, Any]) -> None:
        self._by_role = self._begun = True
        settings = parse_settings(answered["options"])
        options = answered["options"]
        if options.get("merge"):
            self._merge(lambda: merge_files([Path(path) for path in options["merge"]], settings), settings)
            return
        if options.get("pulled"):
            directories = [Path(path) for path in options["pulled"]]
            hours, expected = options["pulled_hours"], options["pulled_expected"]
            self._merge(lambda: merge_hosts(directories, settings, hours=hours, expected=expected), settings)
            return
        play = str(self._play._uuid)
        if self._recording is not None and (self._recorded_play, self._recording.settings.name) == (play, settings.name):
            return
        self._finish(complete=True)
        self._begin(settings, play=play)
        if self._recording is not None:
            self._expect(None)

    def _merge(self, merge: Callable[[], Written], settings: Settings) -> None:
        try:
            written = merge()
        except HermeticError as error:
            self._failed(error, settings)
            return
        self._announce(written, settings)

    def _begin(self, settings: Settings, *, play: str | None) -> None:
        try:
            self._recording = Recording(settings, commands=commands_of_run(context.CLIARGS))
        except HermeticError as error:
            self._refused = True
            self._failed(error, settings)
            return
        self._recorded_play = play
        for written in self._recording.recovered:
            self._display.warning(
                f"A run was cut off at {written.report['run']['ended']}; what it had found is reported now, marked incomplete."
            )
            if written.problem is not None:
                self._display.warning(printable_lines(written.problem))
        atexit.register(self._cut_off)
        before = signal.getsignal(signal.SIGTERM)

        def end(number: int, frame: Any) -> None:
            self._cut_off()
            signal.signal(number, before)
            if callable(before):
                before(number, frame)
            else:
                os.kill(os.getpid(), number)

        # Ansible ends itself by this signal without running Python's exit handlers.
        signal.signal(signal.SIGTERM, end)
        self._before = before

    def _expect(self, host: str | None) -> None:
        """List the hosts of the play, and this one, which a task may have been delegated to."""
        recording = self._recording
        if recording is None:
            raise AssertionError("a recording has begun")
        inventory = self._play.get_variable_manager()._inventory
        if self._listed is not self._play:
            self._listed = self._play
            everywhere = inventory.get_hosts(self._play.hosts, ignore_limits=True, ignore_restrictions=True)
            inside = {each.get_name() for each in inventory.get_hosts(self._play.hosts, ignore_restrictions=True)}
            recording.expect((each.get_name(), _groups(each), each.get_name() in inside) for each in everywhere)
            recording.inventory(each.get_name() for each in inventory.get_hosts("all", ignore_limits=True, ignore_restrictions=True))
            for each, event in self._lost.items():
                if recording.knows(each):
                    recording.heard(event)
        if host is not None and not recording.knows(host):
            known = inventory.get_host(host)
            recording.expect([(host, _groups(known) if known is not None else [], True)])

    def _finish(self, *, complete: bool) -> None:
        recording, self._recording, self._recorded_play = self._recording, None, None
        if recording is None:
            return
        atexit.unregister(self._cut_off)
        signal.signal(signal.SIGTERM, self._before)
        self._jobs, self._listed = {}, None
        try:
            written = recording.finish(complete=complete)
        except HermeticError as error:
            self._failed(error, recording.settings)
            return
        self._announce(written, recording.settings)

    def _announce(self, written: Written, settings: Settings) -> None:
        """Show a report that was written, and remember its exit status where it is to be that of the run."""
        if settings.show:
            for line in plain_text(written.report, colour=wants_colour(), most=_SHOWN):
                self._display.display(line.rstrip("\n"))
            for line in earlier_hosts(written.whole):
                self._display.display(line)
        for path in written.files.values():
            self._display.display(f"Drift report: {printable(path)}")
        if settings.fail:
            self._remember(written.report["exit"])
        if written.problem is not None:
            self._failed(HermeticError(written.problem), settings)

    def _failed(self, error: HermeticError, settings: Settings) -> None:
        self._display.error(printable_lines(error))
        if settings.fail:
            self._remember(EXIT_ERROR)

    def _remember(self, status: int) -> None:
        # What is not known weighs more than what differs.
        self._status = EXIT_ERROR if EXIT_ERROR in (status, self._status) else max(status, self._status)

    def _cut_off(self) -> None:
        """Write what is known of a run that does not come to its end; never in a fork of it."""
        if os.getpid() == self._process:
            self._finish(complete=False)


def _action(result: Any) -> str:
    return str(getattr(result.task, "resolved_action", None) or result.task.action)


def _fields(result: Any) -> Mapping[str, Any]:
    """Return the attributes of the task as they were for this host; the public name is gone from ansible-core 2.24."""
    fields: Mapping[str, Any] = result._task_fields if hasattr(result, "_task_fields") else result.task.dump_attrs()
    return fields


def _asked_host(result: Any) -> str:
    return str(_fields(result).get("delegate_to") or result.host.get_name())


def _groups(host: Any) -> list[str]:
    return sorted(group.name for group in host.get_groups() if group.name not in ("all", "ungrouped"))
