# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system refuses for now is told apart from what is wrong with a program."""

from __future__ import annotations

import errno
import os
import threading

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.system_limits import (
    no_more_processes,
    no_more_threads,
    out_of_memory,
    started,
)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE])
def test_a_limit_is_said_with_what_to_do(number: int) -> None:
    error = no_more_processes(OSError(number, os.strerror(number)), "/bin/x")
    assert error is not None
    assert error.message.startswith("/bin/x could not be started")
    assert "lower the option jobs" in error.message


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.ENOEXEC])
def test_any_other_error_is_the_programs(number: int) -> None:
    assert no_more_processes(OSError(number, "x"), "/bin/x") is None


def test_threads_and_memory() -> None:
    assert no_more_threads(RuntimeError("can't start new thread")) is not None
    assert no_more_threads(RuntimeError("something else")) is None
    assert "no memory left" in out_of_memory().message


@pytest.mark.parametrize(("words", "raises"), [("can't start new thread", False), ("threads can only be started once", True)])
def test_a_thread_is_started_or_it_is_told(monkeypatch: pytest.MonkeyPatch, words: str, raises: bool) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    assert started(thread)
    thread.join()
    assert done.is_set()

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError(words)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    if raises:
        with pytest.raises(RuntimeError, match="once"):
            started(threading.Thread())
    else:
        assert not started(threading.Thread())
