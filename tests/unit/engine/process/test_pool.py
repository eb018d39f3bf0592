# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers: every job is answered in its place, and what a worker, its interpreter or the system does wrong is said once."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenInterpreter, BrokenRoot, DiskFull, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import pool
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.pool import Workers
from hypothesis import given
from hypothesis import strategies as st

PYTHON = Path("/srv/python/bundles/python-3.12.1/bin/python3.12")
Answer = Callable[[dict[str, Any]], "str | None"]


class Worker:
    """A process that answers what a test says; None is the end of it in the middle of a job."""

    def __init__(self, answer: Answer, *, said: str = "") -> None:
        self.stdin, self.stdout, self.stderr = self, self, io.StringIO(said)
        self.closed = self.waited = 0
        self._answer = answer
        self._job: dict[str, Any] = {}

    def write(self, line: str) -> None:
        assert line.endswith("\n")
        self._job = json.loads(line)

    def flush(self) -> None:
        """Nothing waits."""

    def readline(self) -> str:
        answer = self._answer(self._job)
        return "" if answer is None else f"{answer}\n"

    def close(self) -> None:
        self.closed += 1

    def wait(self) -> int:
        self.waited += 1
        return -9


def hashed(job: dict[str, Any]) -> str:
    return json.dumps({"digests": job["paths"]})


def jobs(*names: str) -> list[dict[str, Any]]:
    return [{"task": "hash", "paths": [name]} for name in names]


class Pool(Workers):
    """Starts the workers that a test gives, one after the other; an error in their place is raised."""

    def __init__(self, *workers: Worker | Exception, count: int | None = None) -> None:
        super().__init__(PYTHON, count=len(workers) if count is None else count)
        self.waiting = list(workers)
        self.started: list[Worker] = []
        self.guard = threading.Lock()

    def _start(self) -> Any:
        with self.guard:
            worker = self.waiting.pop(0)
        if isinstance(worker, Exception):
            raise worker
        self.started.append(worker)
        return worker


@given(names=st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=20), count=st.integers(1, 5))
def test_answers_come_in_the_order_of_the_jobs(names: Sequence[str], count: int) -> None:
    subject = Pool(*(Worker(hashed) for _each in range(count)))
    assert subject.run(jobs(*names)) == [{"digests": [name]} for name in names]
    # No more than there are jobs, and each ends.
    assert len(subject.started) == min(count, len(names))
    assert all(worker.waited == 1 and worker.closed == 2 for worker in subject.started)


def test_no_jobs_need_no_worker() -> None:
    subject = Pool(count=3)
    assert subject.run([]) == []
    assert subject.started == []


def test_all_that_failed_is_named_after_every_job_was_tried() -> None:
    tried: list[str] = []

    def answer(job: dict[str, Any]) -> str:
        name = job["paths"][0]
        tried.append(name)
        return hashed(job) if name == "good" else json.dumps({"error": f"{name} is broken", "problems": [f"{name}: why"]})

    with pytest.raises(HermeticError, match=r"2 of 3 jobs of the build failed; nothing was switched") as failed:
        Pool(Worker(answer)).run(jobs("bad", "good", "worse"))
    assert failed.value.problems == ["bad is broken\n    bad: why", "worse is broken\n    worse: why"]
    assert tried == ["bad", "good", "worse"]


def test_a_full_disk_is_not_blamed_on_the_artifacts() -> None:
    full = json.dumps({"error": "No space left on device: /srv/python/laid/x", "errno": errno.ENOSPC, "problems": []})
    with pytest.raises(DiskFull, match="/srv/python/laid/x"):
        Pool(Worker(lambda job: full)).run(jobs("a"))


def test_a_worker_that_ends_in_the_middle_says_its_last_words() -> None:
    worker = Worker(lambda job: None, said="Killed\n")
    with pytest.raises(
        BrokenInterpreter, match=r"ended in the middle of its work \(exit code -9\).*The worker's error output: Killed"
    ) as failed:
        Pool(worker).run(jobs("a"))
    assert str(PYTHON) in failed.value.message
    assert worker.closed == 2


def test_a_worker_that_ends_without_a_word_is_reported_as_well() -> None:
    with pytest.raises(BrokenInterpreter, match="The worker's error output: none"):
        Pool(Worker(lambda job: None)).run(jobs("a"))


@pytest.mark.parametrize("answer", ["[]", "{}", "7", "hello", '{"other": 1}', "null", "{"])
def test_an_answer_of_another_form_is_refused(answer: str) -> None:
    with pytest.raises(BrokenInterpreter, match="expected its result"):
        Pool(Worker(lambda job: answer)).run(jobs("a"))


@pytest.mark.parametrize("error", [OSError(errno.EPIPE, "gone"), UnicodeDecodeError("utf-8", b"x", 0, 1, "no")])
def test_a_worker_that_cannot_be_talked_to_has_ended(error: Exception) -> None:
    def answer(job: dict[str, Any]) -> str:
        raise error

    with pytest.raises(BrokenInterpreter, match="ended in the middle"):
        Pool(Worker(answer)).run(jobs("a"))


def test_after_a_failure_no_further_job_is_begun() -> None:
    done: list[str] = []
    before = set(threading.enumerate())
    begun = threading.Event()

    def fail(job: dict[str, Any]) -> None:
        done.append("failed")
        assert begun.wait(30)

    def go_on(job: dict[str, Any]) -> str:
        done.append("went on")
        begun.set()
        for thread in set(threading.enumerate()) - before - {threading.current_thread()}:
            thread.join(30)
        return hashed(job)

    with pytest.raises(BrokenInterpreter):
        Pool(Worker(fail), Worker(go_on)).run(jobs(*"abcdef"))
    assert sorted(done) == ["failed", "went on"]


def test_where_the_system_starts_fewer_the_others_do_all_of_the_work() -> None:
    refusal = BrokenRoot("no further process")
    assert Pool(refusal, Worker(hashed), refusal).run(jobs("a", "b", "c")) == [{"digests": [name]} for name in "abc"]


def test_where_the_system_starts_none_it_says_so() -> None:
    with pytest.raises(BrokenRoot, match="no further process"):
        Pool(BrokenRoot("no further process"), BrokenRoot("no further process")).run(jobs("a", "b"))


def test_an_interpreter_that_does_not_start_is_the_error() -> None:
    with pytest.raises(BrokenInterpreter, match="does not start"):
        Pool(BrokenInterpreter("it does not start")).run(jobs("a", "b"))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.EAGAIN, BrokenRoot), (errno.ENOMEM, BrokenRoot), (errno.ENOENT, BrokenInterpreter), (errno.EACCES, BrokenInterpreter)],
)
def test_what_the_system_refuses_for_now_says_nothing_of_the_interpreter(
    monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(expected):
        Workers(PYTHON, count=1).run(jobs("a"))


def test_without_a_thread_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "started", lambda thread: False)
    assert Pool(Worker(hashed), Worker(hashed)).run(jobs("a", "b")) == [{"digests": ["a"]}, {"digests": ["b"]}]


def test_a_worker_starts_isolated_with_the_engines_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def start(command: list[str], **options: Any) -> Worker:
        asked.update(options, command=command)
        return Worker(hashed)

    monkeypatch.setenv("PYTHONPATH", "/evil")
    monkeypatch.setattr(subprocess, "Popen", start)
    Workers(PYTHON, count=1).run(jobs("a"))
    assert asked["command"][:4] == [str(PYTHON), "-I", "-S", "-B"]
    (given_path,) = json.loads(asked["command"][-1])["path"]
    assert (Path(given_path) / "ansible_collections").is_dir()
    assert "PYTHONPATH" not in asked["env"]
    assert asked["cwd"] == "/"
