# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system refuses for now: a further process, thread or open file. That says nothing of the file or program that was asked for."""

from __future__ import annotations

import errno
import threading

from .errors import BrokenRoot

REFUSALS = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})

_NO_MORE = (
    "The system starts no further {what} for this user; what was begun is not in force. "
    "Raise the limit (ulimit -u, TasksMax of the service, pids.max of the container), free memory, or lower the option jobs, and run again."
)


def no_more_processes(error: OSError, program: object) -> BrokenRoot | None:
    """Return the error for a program that the system had no room to start, or None where the program is to blame."""
    if error.errno not in REFUSALS:
        return None
    return BrokenRoot(f"{program} could not be started: {error.strerror}. {_NO_MORE.format(what='process')}")


def no_more_threads(error: RuntimeError) -> BrokenRoot | None:
    """Return the error for a thread that could not be started, or None for any other error."""
    return BrokenRoot(_NO_MORE.format(what="thread")) if "can't start new thread" in str(error) else None


def out_of_memory() -> BrokenRoot:
    """Return the error for a run that got no more memory."""
    return BrokenRoot(
        "The host has no memory left for this run; what was begun is not in force. Free memory or lower the option jobs, and run again."
    )


def started(thread: threading.Thread) -> bool:
    """Start a thread, and return whether the system let it; for work that can be done without one."""
    try:
        thread.start()
    except RuntimeError as error:
        if no_more_threads(error) is None:
            raise
        return False
    return True
