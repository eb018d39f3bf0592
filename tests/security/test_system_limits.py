# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system starts no further process or thread: that is said, nothing is called damaged for it, and nothing is left half done."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.commands.dispatch import run
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenInterpreter, BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import interpreter
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.background import BackgroundWork
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.pool import Workers
from hosts import Host
from roots import Archive, Declared, Engine


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.fixture
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_settings: Any) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(subprocess, "Popen", refuse)


def test_work_that_needs_no_thread_is_done_without_one(no_threads: None) -> None:
    meanwhile = BackgroundWork(lambda: 7)
    assert (meanwhile.result(), meanwhile.result()) == (7, 7)


def test_jobs_are_done_by_one_process_where_there_are_no_threads(no_threads: None, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    jobs = [{"task": "hash", "paths": [str(tmp_path / "x")]}] * 3
    assert len(Workers(Path(sys.executable), count=4).run(jobs)) == 3


def test_some_processes_do_the_work_of_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    real, started = subprocess.Popen, []

    def second_is_refused(*arguments: Any, **settings: Any) -> Any:
        started.append(1)
        if len(started) > 1:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return real(*arguments, **settings)

    monkeypatch.setattr(subprocess, "Popen", second_is_refused)
    jobs = [{"task": "hash", "paths": [str(tmp_path / "x")]}] * 8
    answers = Workers(Path(sys.executable), count=4).run(jobs)
    assert all(len(answer["digests"]) == 1 for answer in answers)


def test_a_program_that_could_not_be_started_is_not_called_damaged(no_processes: None) -> None:
    with pytest.raises(BrokenRoot, match="starts no further process") as caught:
        interpreter.ask(Path(sys.executable))
    assert not isinstance(caught.value, BrokenInterpreter)
    with pytest.raises(BrokenRoot, match="ulimit -u"):
        Workers(Path(sys.executable), count=2).run([{"task": "hash", "paths": []}])


@pytest.mark.parametrize("verify", ["quick", "deep"])
def test_drift_without_processes_is_a_failure_and_no_finding(no_processes: None, host: Host, verify: str) -> None:
    result = run({"format": 1, "command": "drift", "root": str(host.path), "options": {"verify": verify}})
    assert result["failed"]
    assert "starts no further process" in result["msg"]
    assert "findings" not in result


def test_drift_without_threads_finds_what_it_finds_with_them(no_threads: None, host: Host) -> None:
    result = run({"format": 1, "command": "drift", "root": str(host.path), "options": {"verify": "deep"}})
    assert result["findings"] == []


@pytest.mark.root
def test_a_user_who_may_start_nothing_more_is_reported_so_and_keeps_what_was_there(good: Archive, engine: Engine) -> None:
    """The limit of the system itself, which holds for no root: the engine runs as nobody."""
    with tempfile.TemporaryDirectory() as place:
        # Below a directory that all may write, no root is made.
        os.chmod(place, 0o755)
        os.chown(place, 65534, 65534)
        archive = Path(place) / "good.tar"
        shutil.copyfile(good.path, archive)
        archive.chmod(0o644)
        declared = Declared({"python": Archive(archive, good.sha256, good.release, good.python)})
        request = {
            "format": 1,
            "command": "converge",
            "root": f"{place}/root",
            "scope": "system",
            "declaration": declared.document(),
            "artifacts": declared.artifacts(),
        }
        code = (
            # Everything is imported before: the files of this Python may be closed to nobody.
            f"import sys; sys.path[:0] = {sys.path!r}\n"
            "import json, os, resource, tarfile, urllib.request, zipfile\n"
            f"from {run.__module__} import run\n"
            f"import {run.__module__.rsplit('.', 2)[0]}.install.apply\n"
            f"import {run.__module__.rpartition('.')[0]}.converge\n"
            "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))\n"
            "print(json.dumps(run(json.loads(sys.argv[1]))))\n"
        )
        done = subprocess.run([sys.executable, "-c", code, json.dumps(request)], capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        result = json.loads(done.stdout)
        assert result["failed"]
        assert "starts no further" in result["msg"], result["msg"]
        left = [path for path in Path(place, "root").rglob("*") if path.name.startswith((".new-", ".old-", "journal"))]
        assert left == []
        assert not os.path.lexists(Path(place, "root", "current"))
