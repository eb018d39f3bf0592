# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one check on a tree, as a user without privileges and with a home of its own, and says how it ended."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..fs.removal import try_to_remove
from ..model.check import Check
from ..os_errors import explain
from ..paths import WINDOWS
from ..system_limits import no_more_processes
from ..text.masking import masked, masked_tail
from ..text.redaction import redacted
from .account import Account
from .bounded_run import BoundedEnd, run_bounded
from .program_search import find_program
from .start_failure import start_failure

_MOST_LINES, _MOST_CHARACTERS = 20, 4096
_READ = 4 * _MOST_CHARACTERS
_PASSED_ON = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS")
_SEARCHED = "/usr/local/bin:/usr/bin:/bin" if sys.platform != "darwin" else "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Place:
    """What the placeholders of a check stand for, and where the commands of the tree are."""

    python: str
    prefix: str
    commands: str


@dataclass(frozen=True)
class CheckEnd:
    """How a check ended."""

    subject: str
    when: str
    check: Check
    user: str | None
    argv: list[str]
    code: int | None
    how: str
    seconds: float
    lines: list[str]
    """The last that it wrote."""

    @property
    def passed(self) -> bool:
        """Whether it ended as it should."""
        return self.code == self.check.rc

    @property
    def sentence(self) -> str:
        """What is wrong, for an error."""
        command = " ".join(self.argv)
        wrote = "".join(f"\n      {line}" for line in self.lines) if self.lines else " nothing"
        return f"{self.subject}, check {self.check.name!r} ({command}): {self.how}; expected exit code {self.check.rc}. The last of its output:{wrote}"

    def as_dict(self) -> dict[str, Any]:
        """Return the check as results show it."""
        return {
            "subject": self.subject,
            "name": self.check.name,
            "when": self.when,
            "argv": self.argv,
            "user": self.user,
            "passed": self.passed,
            "rc": self.code,
            "expected_rc": self.check.rc,
            "how": self.how,
            "seconds": round(self.seconds, 3),
            "output": [] if self.passed else self.lines,
        }


def run_check(
    check: Check, place: Place, *, subject: str, when: str, account: Account | None, beside: Path | None, secrets: Sequence[str]
) -> tuple[CheckEnd, list[str]]:
    """Run a check, and return how it ended and warnings; a program that does not start is a check that failed.

    ``beside`` is the directory in which its home is made; None for that of temporary files. No secret is in what is returned.
    """
    expanded = check.expanded({"python": place.python, "prefix": place.prefix})
    hidden = [*secrets, *(value for name, value in expanded.environment.items() if check.environment[name] in check.secrets)]
    warnings: list[str] = []
    with _home(beside, account, warnings) as home:
        environment = {**_environment(home, account, place), **expanded.environment}
        directory = Path(expanded.chdir) if expanded.chdir is not None else home
        program = expanded.argv[0]
        longest = max((len(secret.encode("utf-8", "surrogateescape")) for secret in hidden), default=0)
        try:
            program = _found(program, environment)
            command = [program, *expanded.argv[1:]]
            end = run_bounded(
                command, environment=environment, directory=directory, timeout=check.timeout, kept=_READ + longest, account=account
            )
        except OSError as error:
            end = BoundedEnd(None, b"", False, 0.0)
            how, lines = _why_not_started(error, program, directory, account), []
        else:
            how, lines = end.how, _lines(end, hidden)
    shown = Check(masked(check.name, hidden), check.argv, rc=check.rc)
    argv = [redacted(masked(word, hidden)) for word in expanded.argv]
    user = account.name if account is not None else None
    return CheckEnd(subject, when, shown, user, argv, end.code, masked(how, hidden), end.seconds, lines), warnings


@contextmanager
def _home(beside: Path | None, account: Account | None, warnings: list[str]) -> Iterator[Path]:
    """Make a directory that nobody enters but the user of a check, and remove it with all that the check left there."""
    place = Path(tempfile.mkdtemp(prefix=".new-check-", dir=beside))
    try:
        (place / "tmp").mkdir(mode=0o700)
        if account is not None:
            for path in (place / "tmp", place):
                os.chown(path, account.uid, account.gid)
        yield place
    except OSError as error:
        raise explain(error, str(place)) from error
    finally:
        warnings += try_to_remove(place)


def _environment(home: Path, account: Account | None, place: Place) -> dict[str, str]:
    temporary = str(home / "tmp")
    if WINDOWS:
        kept = {name: value for name, value in os.environ.items() if name.upper() in _PASSED_ON}
        system = os.path.join(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32")
        private = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(home))
        return {
            **kept,
            **private,
            "TEMP": temporary,
            "TMP": temporary,
            "PATH": f"{place.commands};{system}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
    name = {"USER": account.name, "LOGNAME": account.name} if account is not None else {}
    return {
        "PATH": f"{place.commands}:{_SEARCHED}",
        "HOME": str(home),
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **name,
    }


def _found(program: str, environment: Mapping[str, str]) -> str:
    """Return the path of a program that is named without one: the system would look it up in the variables of the engine.

    Raises FileNotFoundError where there is none: Windows would look for it in the current directory.
    """
    if os.path.dirname(program):
        return program
    given = {name.upper(): value for name, value in environment.items()}
    endings = [each for each in given.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";") if each]
    found = find_program(program, given.get("PATH", ""), endings=endings)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
    return found


def _why_not_started(error: OSError, program: str, directory: Path, account: Account | None) -> str:
    refused = no_more_processes(error, program)
    if refused is not None:
        return f"did not start: {refused.message}"
    if not directory.is_dir():
        return f"did not start: its directory {directory} is not on this host"
    closed = _closed_above(program) if isinstance(error, PermissionError) and account is not None else None
    if closed is not None and account is not None:
        return (
            f"did not start: the user {account.name} does not get to {program}, since the directory {closed} is closed to others; "
            "open it for searching (chmod o+x), choose a root that every user may read, or name another user"
        )
    return f"did not start: {program}: {start_failure(error, program)}"


def _closed_above(program: str) -> str | None:
    """Return the first directory on the way to a program that is closed to other users."""
    for directory in reversed(Path(os.path.abspath(program)).parents):
        try:
            if not os.stat(directory).st_mode & 0o001:
                return str(directory)
        except OSError:
            return None
    return None


def _lines(end: BoundedEnd, secrets: Sequence[str]) -> list[str]:
    text = end.output.decode("utf-8", "backslashreplace")
    text = masked_tail(text, secrets) if end.truncated else masked(text, secrets)
    return [redacted(line) for line in text[-_MOST_CHARACTERS:].splitlines()[-_MOST_LINES:]]
