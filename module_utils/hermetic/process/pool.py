# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run jobs in worker processes of a given interpreter, as many as there are cores."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import BrokenInterpreter, BrokenRoot, HermeticError
from ..os_errors import explain
from ..system_limits import no_more_processes, started
from ..text.grammar import shown
from ..text.json_text import parse_json
from .start_failure import start_failure
from .subprocess_environment import clean_environment, code_path

# The engine's own package may lie in a zip; its import path and name are handed on, so that nothing is unpacked.
# By its name: it imports what unpacks wheels, and this only starts it.
_WORKER = f"{__name__.rsplit('.', 2)[0]}.worker"
_START = (
    "import sys, json, importlib; given = json.loads(sys.argv[1]); sys.path[:0] = given['path']; "
    "importlib.import_module(given['module']).main()"
)


class Workers:
    """A fixed number of processes of one interpreter; ``run`` hands them jobs and returns the answers in order."""

    def __init__(self, python: Path, *, count: int) -> None:
        self._python = python
        self._count = count
        self._path = [code_path()]

    def _start(self) -> subprocess.Popen[str]:
        given = json.dumps({"path": self._path, "module": _WORKER})
        try:
            return subprocess.Popen(
                [str(self._python), "-I", "-S", "-B", "-W", "ignore", "-c", _START, given],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=clean_environment(),
                cwd=os.path.abspath(os.sep),
            )
        except OSError as error:
            refused = no_more_processes(error, self._python)
            if refused is not None:
                raise refused from error
            raise BrokenInterpreter(f"The interpreter {self._python} does not start: {start_failure(error, self._python)}") from error

    def run(self, jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Carry out every job, and return the answers in the order of the jobs; raises the first error after all have ended."""
        waiting = deque(enumerate(jobs))
        answers: list[dict[str, Any]] = [{} for _job in jobs]
        failures: list[Exception] = []
        refusals: list[BrokenRoot] = []

        def serve() -> None:
            try:
                process = self._start()
            except BrokenRoot as error:
                # Others may have started, and do all of the work.
                refusals.append(error)
                return
            except HermeticError as error:
                failures.append(error)
                waiting.clear()
                return
            try:
                self._serve(process, waiting, answers)
            except HermeticError as error:
                failures.append(error)
                waiting.clear()

        running = []
        for _number in range(min(self._count, len(jobs))):
            thread = threading.Thread(target=serve)
            if not started(thread):
                break
            running.append(thread)
        if jobs and not running:
            serve()
        for thread in running:
            thread.join()
        if failures:
            raise failures[0]
        if waiting:
            raise refusals[0]
        problems = [answer["error"] + "".join(f"\n    {more}" for more in answer["problems"]) for answer in answers if "error" in answer]
        refused = [answer for answer in answers if answer.get("errno")]
        if refused:
            # What the system refused (a full disk, mostly) is nothing that the artifacts are to blame for.
            number = refused[0]["errno"]
            raise explain(OSError(number, os.strerror(number)), refused[0]["error"].partition(": ")[2] or "A job of the build")
        if problems:
            raise HermeticError(f"{len(problems)} of {len(jobs)} jobs of the build failed; nothing was switched.", problems)
        return answers

    def _answer(self, line: str) -> dict[str, Any]:
        try:
            answer = parse_json(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not {"confirmed", "digests", "laid", "refused", "made", "error"} & answer.keys():
            raise BrokenInterpreter(
                f"A worker of {self._python} answered {shown(line)}; expected its result. "
                "Run drift with verify deep to see whether its bundle is whole."
            )
        return answer

    def _serve(self, process: subprocess.Popen[str], waiting: deque[tuple[int, dict[str, Any]]], answers: list[dict[str, Any]]) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("the streams of a process that was started with pipes are there")
        try:
            while waiting:
                try:
                    number, job = waiting.popleft()
                except IndexError:
                    return
                try:
                    process.stdin.write(json.dumps(job) + "\n")
                    process.stdin.flush()
                    line = process.stdout.readline()
                except (OSError, UnicodeDecodeError):
                    line = ""
                if not line:
                    output = process.stderr.read().strip()[-2000:]
                    raise BrokenInterpreter(
                        f"A worker of {self._python} ended in the middle of its work (exit code {process.wait()}). "
                        f"Run drift with verify deep to see whether its bundle is whole. The worker's error output: {output or 'none'}"
                    )
                answers[number] = self._answer(line)
        finally:
            for stream in (process.stdin, process.stdout, process.stderr):
                try:
                    stream.close()
                except OSError:
                    # The process is gone with unread input; its exit code has been reported above.
                    pass
            process.wait()
