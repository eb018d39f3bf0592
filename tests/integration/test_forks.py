# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a process share its work, and end with it; what one of them does not answer is done all the same (Linux)."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from roots import output

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux copies a process safely")

PROJECT = Path(__file__).resolve().parents[2]
FORKS = """
import os, signal, sys, threading, time
sys.path.insert(0, {path!r})
from hermetic.process import forks
from hermetic.process.forks import Forks, can_fork
"""


def said(text: str) -> str:
    """Run a program that has no threads but its own, as the engine has none when it begins."""
    program = FORKS.format(path=str(PROJECT / "module_utils")) + textwrap.dedent(text)
    return output([sys.executable, "-I", "-c", program]).strip()


def test_every_job_is_done_once_by_another_process() -> None:
    found = said("""
        assert can_fork()
        answers = Forks(lambda number: [number, "x" * 200_000, os.getpid()], 9, count=3).answers()
        print([number for number, _text, _process in answers], os.getpid() in {process for *_rest, process in answers})
    """)
    assert found == "[0, 1, 2, 3, 4, 5, 6, 7, 8] False"


def test_no_job_starts_nothing() -> None:
    assert said("print(Forks(lambda number: number, 0, count=3).answers())") == "[]"


def test_what_a_killed_copy_owes_is_done_here() -> None:
    found = said("""
        here = os.getpid()
        def work(number):
            if number == 1 and os.getpid() != here:
                os.kill(os.getpid(), signal.SIGKILL)
            return number * 2
        print(Forks(work, 6, count=2).answers())
    """)
    assert found == "[0, 2, 4, 6, 8, 10]"


def test_an_error_of_the_work_is_raised_here() -> None:
    found = said("""
        def work(number):
            raise KeyError(number)
        try:
            Forks(work, 2, count=2).answers()
        except KeyError as error:
            print(repr(error))
    """)
    assert found == "KeyError(0)"


def test_without_room_for_a_process_the_work_is_done_here() -> None:
    found = said("""
        def refuse():
            raise BlockingIOError(11, "Resource temporarily unavailable")
        forks.os.fork = refuse
        before = len(os.listdir("/proc/self/fd"))
        print(Forks(lambda number: os.getpid() == here, 3, count=2).answers() if (here := os.getpid()) else None)
        print(len(os.listdir("/proc/self/fd")) - before)
    """)
    assert found == "[True, True, True]\n0"


def test_a_process_with_threads_is_not_copied() -> None:
    found = said("""
        waiting = threading.Event()
        thread = threading.Thread(target=waiting.wait)
        thread.start()
        print(can_fork())
        waiting.set()
        thread.join()
    """)
    assert found == "False"


def test_a_copy_ends_soon_after_the_process_that_made_it() -> None:
    """Its locks would be held as long."""
    program = FORKS.format(path=str(PROJECT / "module_utils")) + textwrap.dedent("""
        def work(number):
            print(os.getpid(), flush=True)
            time.sleep(0.05)
        Forks(work, 4000, count=1).answers()
    """)
    with subprocess.Popen([sys.executable, "-I", "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()
        process.send_signal(signal.SIGKILL)
        # Standard output ends when the copy has ended too; its jobs would take minutes.
        process.communicate(timeout=100)
