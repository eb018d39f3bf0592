# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check runs code of others: it gets no more than a user without privileges has, shows no secret, and nothing of it goes on."""

from __future__ import annotations

import ctypes
import os
import platform
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.account import Account
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.bounded_run import run_bounded
from checked_hosts import python
from hosts import Host
from roots import Declared, Document
from wheelhouse import Wheel

pytestmark = pytest.mark.skipif(os.name != "posix", reason="tests/windows runs checks there")

SECRET = "not-to-be-shown-1234"
PASSWORD = "of-a-server-5678"


@pytest.fixture
def failing(unswitched_host: Host, wheels: dict[str, Wheel]) -> Any:
    """Return a function that converges with checks of a new environment, and returns the result of the first, which must fail."""

    def run(*checks: Document, **parts: Any) -> Document:
        later = unswitched_host.declared.but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]])
        result = unswitched_host.run("converge", declared=replace(later, checks={"web": {"checks": list(checks)}}), **parts)
        assert result["failed"], result
        assert unswitched_host.leftovers() == []
        first: Document = result["checks"][0]
        return {**first, "whole": result}

    return run


def is_running(mark: str) -> bool:
    """Return whether a process has a mark among its arguments and is not a zombie."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (directory / "cmdline").read_text(errors="replace"):
                return True
        except OSError:
            continue
    return False


def test_no_secret_is_shown_wherever_it_is_cut_off(failing: Any) -> None:
    code = (
        "import os, sys\n"
        "for _ in range(3000): print('x' * 7, os.environ['TOKEN'], flush=True)\n"
        "print(sys.argv[1:], os.environ['OTHER'], 'https://me:hidden-9@example.com/x'); sys.exit(1)\n"
    )
    end = failing(
        {"argv": ["{python}", "-c", code, SECRET], "environment": {"TOKEN": SECRET, "OTHER": f"{SECRET}\n{SECRET[::-1]}"}, "name": SECRET},
        {"argv": ["{python}", "-c", f"print('{SECRET}', '{PASSWORD}'); raise SystemExit(1)"]},
        credentials={"example.com": {"username": "me", "password": PASSWORD}},
    )
    shown = str(end)
    for secret in (SECRET, SECRET[::-1], PASSWORD, "hidden-9"):
        assert secret not in shown
    rests = [line for line in end["output"] if any(SECRET[at:] in line for at in range(1, len(SECRET) - 5))]
    assert rests == []
    assert len(end["output"]) == 20


def test_what_acts_on_a_terminal_is_written_as_escapes(failing: Any) -> None:
    end = failing(python("import sys; sys.stdout.buffer.write(b'\\x1b[2J\\r\\xff\\xe2\\x80\\xae evil\\x07'); sys.exit(1)"))
    text = str(end["whole"]["msg"]) + "".join(end["output"])
    assert not [character for character in text if (ord(character) < 32 and character != "\n") or character == "\u202e"]


def test_output_without_an_end_is_bounded(failing: Any) -> None:
    end = failing(python("import sys\nwhile True: sys.stdout.write('y' * 100000)", timeout=1))
    assert end["rc"] is None and "time limit" in end["how"]
    assert sum(map(len, end["output"])) <= 4096
    assert len(end["whole"]["msg"]) < 8192


def test_all_processes_of_a_check_end_at_the_time_limit(failing: Any) -> None:
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    code = (
        "import subprocess, sys, time\n"
        "for _ in range(3): subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', sys.argv[1]])\n"
        "time.sleep(600)\n"
    )
    end = failing({"argv": ["{python}", "-c", code, mark], "timeout": 2})
    assert "time limit" in end["how"]
    assert not is_running(mark)


def test_what_a_check_leaves_running_ends_with_it(failing: Any) -> None:
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', sys.argv[1]]); sys.exit(5)"
    end = failing({"argv": ["{python}", "-c", code, mark]})
    assert end["rc"] == 5
    assert not is_running(mark)


def test_a_signal_is_ignored_by_nobody_and_a_stopped_check_ends(failing: Any) -> None:
    code = (
        "import os, signal\n"
        "for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(each, signal.SIG_IGN)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)\n"
    )
    assert "time limit" in failing(python(code, timeout=0.5))["how"]


def test_whoever_left_the_group_and_holds_the_output_is_not_waited_for(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "ready, done = os.pipe()\n"
        "if os.fork(): os.read(ready, 1); sys.exit(0)\n"
        "os.setsid()\n"
        "open(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "os.write(done, b'x')\n"
        "time.sleep(600)\n"
    )
    program = ["/usr/bin/env", "python3", "-c", code, str(tmp_path / "pid")]
    begin = time.monotonic()
    end = run_bounded(program, environment={"PATH": os.environ["PATH"]}, directory=tmp_path, timeout=120, kept=100, account=None)
    waited = time.monotonic() - begin
    os.kill(int((tmp_path / "pid").read_text()), 9)
    assert end.code == 0
    # Not for ten minutes; how long a busy machine takes is no question here.
    assert waited < 300


def test_whoever_left_the_group_and_writes_without_an_end_is_not_read_for_the_rest_of_the_run(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "ready, done = os.pipe()\n"
        "if os.fork(): os.read(ready, 1); sys.exit(0)\n"
        "os.setsid()\n"
        "os.write(done, b'x')\n"
        "while True: os.write(1, b'y' * 4096)\n"
    )
    threads = threading.active_count()
    program = ["/usr/bin/env", "python3", "-c", code]
    end = run_bounded(program, environment={"PATH": os.environ["PATH"]}, directory=tmp_path, timeout=120, kept=100, account=None)
    assert (end.code, end.truncated, len(end.output)) == (0, True, 100)
    until = time.monotonic() + 300
    while threading.active_count() > threads and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() == threads


@pytest.mark.root
def test_what_a_check_puts_into_its_home_goes_whatever_it_is(failing: Any, unswitched_host: Host) -> None:
    code = (
        "import os, sys\n"
        "home = os.environ['HOME']\n"
        "os.symlink('/etc', home + '/etc'); os.mkfifo(home + '/pipe')\n"
        "deep = home\n"
        "for _ in range(60):\n"
        "    deep += '/d'; os.mkdir(deep)\n"
        "os.chmod(deep, 0); os.chmod(home + '/d', 0o500)\n"
        "for _ in range(1500): os.mkdir('e'); os.chdir('e')\n"
        "os.chmod(home, 0)\n"
        "print(home); sys.exit(1)\n"
    )
    home = failing(python(code))["output"][0]
    assert home.startswith(str(unswitched_host.path / "environments"))
    assert not os.path.lexists(home)
    assert os.path.exists("/etc/passwd")


@pytest.mark.root
def test_a_root_that_others_do_not_get_to_says_which_directory(unswitched_host: Host, wheels: dict[str, Wheel]) -> None:
    closed = unswitched_host.path.parent / "closed"
    closed.mkdir(mode=0o700)
    host = Host(closed / "root", unswitched_host.engine, unswitched_host.declared)
    declared: Declared = replace(host.declared, checks={"python": {"checks": [python("pass")]}})
    result = host.run("converge", declared=declared)
    assert result["failed"]
    assert f"the user nobody does not get to {closed}" in result["msg"]
    assert f"the directory {closed} is closed to others" in result["msg"]


@pytest.mark.root
@pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64", reason="the numbers of the system calls are those of x86_64"
)
def test_a_check_reads_no_key_of_the_session_of_root(tmp_path: Path) -> None:
    add, keyctl, session, unlink, read = 248, 250, -3, 9, 11
    system = ctypes.CDLL(None, use_errno=True).syscall
    key = system(add, b"user", b"hermetic-test", SECRET.encode(), len(SECRET), session)
    if key == -1:
        pytest.skip("this kernel or container has no keys")
    code = (
        "import ctypes, sys\n"
        "system, text = ctypes.CDLL(None).syscall, ctypes.create_string_buffer(99)\n"
        f"system({keyctl}, {read}, int(sys.argv[1]), text, 99, 0); print(text.value)\n"
    )
    program = ["/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3", "-c", code, str(key)]
    try:
        ends = [
            run_bounded(program, environment={"PATH": os.environ["PATH"]}, directory=Path("/"), timeout=120, kept=1000, account=account)
            for account in (None, Account("nobody", 65534, 65534))
        ]
        assert system(keyctl, read, key, ctypes.create_string_buffer(99), 99, 0) == len(SECRET)
    finally:
        system(keyctl, unlink, key, session, 0, 0)
    assert SECRET.encode() in ends[0].output, "the key can be read at all"
    assert (ends[1].code, ends[1].output.strip()) == (0, b"b''")
