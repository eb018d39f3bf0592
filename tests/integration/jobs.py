# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CI jobs as the tests need them: a directory and an environment of their own, side by side, and as another user."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plays import PROJECT

ANSIBLE = str(Path(sys.executable).with_name("ansible-playbook"))
LIMIT = 600
NOBODY = 65534
AS_NOBODY = (
    # The interpreter of the tests may lie in a home that is closed to others; so nobody may read all, and write nothing of others.
    *("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--no-new-privs"),
    *("--inh-caps", "-all,+dac_read_search", "--ambient-caps", "-all,+dac_read_search", "--bounding-set", "-all,+dac_read_search"),
)


@dataclass
class Job:
    """A job with nothing of the environment of the tests but PATH."""

    directory: Path
    as_nobody: bool = False
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.as_nobody:
            os.chown(self.directory, NOBODY, NOBODY)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the job."""
        return {
            "PATH": os.environ["PATH"],
            "PWD": str(self.directory),
            "HOME": str(self.directory / "home"),
            "LC_ALL": "C.UTF-8",
            # In the home of the account otherwise, wherever HOME leads.
            "ANSIBLE_REMOTE_TMP": str(self.directory / "home" / "tmp"),
            "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".collections"),
            "ANSIBLE_NOCOLOR": "1",
            **self.variables,
        }

    def start(self, argv: Sequence[str], more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command in the directory of the job, in a session of its own."""
        return subprocess.Popen(
            [*(AS_NOBODY if self.as_nobody else ()), *argv],
            cwd=self.directory,
            env={**self.environment, **(more or {})},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, argv: Sequence[str], more: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a command to its end; return its status and its output."""
        process = self.start(argv, more)
        printed, _nothing = process.communicate(timeout=LIMIT)
        return process.returncode, printed

    def left(self) -> list[str]:
        """Return what is in the directory but the homes of the job and of Ansible."""
        return sorted(path.name for path in self.directory.iterdir() if path.name != "home")


def kill(process: subprocess.Popen[str]) -> None:
    """End a command and everything that it started at once, as a CI system ends a job; the workers of Ansible have sessions of their own."""
    found = [process.pid]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            # What cannot go on starts nothing more.
            os.kill(pid, signal.SIGSTOP)
        found += [child for child in _children(pid) if child not in found]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=LIMIT)


def _children(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []
