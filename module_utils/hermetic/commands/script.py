# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program in the environment that it declares, by the bin/vpython3 of the root."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BrokenRoot, HermeticError
from ..fs.removal import try_to_remove
from ..generations import root_trust
from ..install.progress import Progress
from ..model.layout import Layout
from ..model.program import Program
from ..model.request import Request
from ..paths import WINDOWS
from ..process.program_run import Ended, run_program
from ..text.masking import masked
from ..vpython.offers import VARIABLE, Offers, read_answer, withdraw_offers, write_offers
from .result import Result
from .root_access import require_usable

_RUNNER = "vpython3.exe" if WINDOWS else "vpython3"
# Neither another Python nor a resolver runs on a host that a play is for.
_NOT_PASSED_ON = ("VPYTHON_BYPASS", "HERMETIC_VPYTHON_UNLOCKED", VARIABLE)


@dataclass(frozen=True)
class _Start:
    """How a program is started on this host."""

    runner: str
    options: tuple[str, ...]
    script: str
    directory: Path
    environment: dict[str, str]

    @property
    def command(self) -> list[str]:
        return [self.runner, *self.options, self.script]


def carry_out(request: Request, progress: Progress) -> Result:
    """Carry the request out on its root, and return the result."""
    layout, program = Layout(request.root), request.program
    if program is None:
        raise AssertionError("the request of this command has a program")
    require_usable(layout)
    directory = Path(os.path.expanduser(program.chdir or "."))
    skipped = _why_not(program, directory)
    if skipped is not None:
        return {**_nothing_run(skipped), "skipped": True}
    runner = _runner_of(layout)
    if not directory.is_dir():
        raise HermeticError(f"The directory {directory} of the option chdir is not on this host. Make it, or name another.")
    with _private_directory("hermetic-script-") as place:
        start = _started(runner, program, directory, place)
        if request.check:
            return {**_nothing_run("The script would run."), "changed": True}
        for name, content in program.files.items():
            _write(place / name, content)
        progress("make the environment of the script")
        result = _prepare(request, program, start)
        if result.get("failed") or program.prepare_only:
            return result
        progress("run the script")
        return _run(request, program, start, result)


def _why_not(program: Program, directory: Path) -> str | None:
    """Return why the program does not run: what it would make is there, or what it would take away is not."""
    if program.creates is not None and _exists(program.creates, directory):
        return f"The script did not run, since {program.creates} exists."
    if program.removes is not None and not _exists(program.removes, directory):
        return f"The script did not run, since {program.removes} does not exist."
    return None


def _exists(pattern: str, directory: Path) -> bool:
    wanted = os.path.expanduser(pattern)
    # Only what the task names is a pattern, not the directory that it is relative to.
    return os.path.lexists(directory / wanted) or bool(glob.glob(os.path.join(glob.escape(os.fspath(directory)), wanted)))


def _nothing_run(message: str) -> Result:
    return {"changed": False, "rc": 0, "stdout": "", "stderr": "", "environment_made": False, "msg": message}


def _runner_of(layout: Layout) -> str:
    others = root_trust.untrusted_directories(layout)
    if others:
        raise BrokenRoot(
            f"Nothing of the root {layout.root} is run, since another user may change it. Converge it with hermetic.python.system to take it back.",
            [f"{each.path}: {each.found}" for each in others],
        )
    runner = layout.root / "bin" / _RUNNER
    if not os.access(runner, os.X_OK):
        raise BrokenRoot(
            f"The bundle of this host cannot run scripts: there is no {runner}. Install a bundle with Python 3.11 or newer as the default one, "
            "built with a release of this collection that adds vpython3 and published again (hermetic.python.bundle_build, then hermetic.python.system)."
        )
    return str(runner)


def _started(runner: str, program: Program, directory: Path, place: Path) -> _Start:
    """Say how the program is started, whose files from the controller have a place of their own."""
    if program.files:
        script = place / program.script
    else:
        script = Path(os.path.abspath(directory / os.path.expanduser(program.script)))
        if not script.exists():
            raise HermeticError(
                f"The script {script} is not on this host. Copy it there, or leave remote_src out for one of the controller."
            )
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    options = ("-vpython-spec", str(place / program.specification)) if program.specification is not None else ()
    return _Start(runner, options, str(script), directory, {**environment, **program.environment})


@contextmanager
def _private_directory(prefix: str) -> Iterator[Path]:
    """Make a directory that nobody but this user enters, and remove it."""
    place = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield place
    finally:
        try_to_remove(place)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o700)
    with open(descriptor, "wb") as file:
        file.write(content)


def _prepare(request: Request, program: Program, start: _Start) -> Result:
    """Have the environment of the program; a failure says what wheels it takes."""
    with _private_directory("hermetic-offers-") as place:
        write_offers(place, _offers(request, program))
        try:
            ended = run_program(
                [start.runner, "-vpython-tool", "install", *start.options, start.script],
                environment={**start.environment, VARIABLE: str(place)},
                directory=start.directory,
            )
        finally:
            withdraw_offers(place)
        answer = read_answer(place)
    if ended.code == 0:
        return {**_nothing_run("The environment of the script is there."), "environment_made": answer.get("made") is True}
    message = answer.get("message") or f"{start.runner} {ended.how}, and said nothing."
    problems = answer.get("problems") or []
    if not answer and ended.stderr.strip():
        message, *problems = (line.removeprefix("vpython3: ").strip(" -") for line in ended.stderr.strip().splitlines())
    # Made here, since it hides what addresses hold.
    error = HermeticError(f"The environment of the script cannot be made. {message}", problems)
    failed = {**_nothing_run(str(error)), "failed": True, "rc": ended.code, "errors": error.problems or [error.message]}
    asked = {key: answer[key] for key in ("lacks", "byte_code", "needs") if answer.get(key)}
    return {**failed, **asked}


def _offers(request: Request, program: Program) -> Offers:
    options = request.options
    names = ("timeout", "retries", "download_timeout", "minimum_rate", "maximum_size", "ca_path")
    limits = {name: getattr(options, name) for name in names}
    return Offers(request.artifacts, request.prebuilt, program.uses_lock, request.credentials, limits)


def _run(request: Request, program: Program, start: _Start, prepared: Result) -> Result:
    command = [*start.command, *program.arguments]
    ended = run_program(command, environment=start.environment, directory=start.directory, stdin=program.stdin, umask=request.umask)
    try:
        return _result(ended, command, program, made=prepared["environment_made"])
    except Exception as error:
        # Without a result it would be taken for a script that did not run, and run once more.
        raise HermeticError(f"The script {ended.how}, and what it wrote cannot be returned: {error}") from error


def _result(ended: Ended, command: list[str], program: Program, *, made: bool) -> Result:
    secrets = list(program.environment.values())
    result = {
        "changed": True,
        "rc": ended.code,
        "stdout": masked(ended.stdout, secrets).rstrip("\r\n"),
        "stderr": masked(ended.stderr, secrets).rstrip("\r\n"),
        "cmd": [masked(word, secrets) for word in command],
        "start": str(ended.begin),
        "end": str(ended.end),
        "delta": str(ended.end - ended.begin),
        "environment_made": made,
        "msg": f"The script {ended.how}.",
    }
    return {**result, "failed": True, "errors": [result["msg"]]} if ended.code else result
