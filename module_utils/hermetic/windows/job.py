# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of Windows: processes that end together, with an engine that is ended from outside, or at the end of a program."""

from __future__ import annotations

import ctypes
import subprocess

from .api import kernel32

_EXTENDED_LIMITS, _KILL_ON_CLOSE = 9, 0x2000


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("smallest_working_set", ctypes.c_size_t),
        ("largest_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("counters", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


class Job:
    """A program with all processes that it starts."""

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._handle = handle

    @classmethod
    def of(cls, process: subprocess.Popen[bytes]) -> Job | None:
        """Return a new job that a process has just been put into; None where the system does not allow it."""
        handle = _made()
        if handle is None:
            return None
        # Popen has the handle of the process itself, which nothing else can have by now.
        if not kernel32().AssignProcessToJobObject(handle, ctypes.c_void_p(int(process._handle))):  # type: ignore[attr-defined, unused-ignore]
            kernel32().CloseHandle(handle)
            return None
        return cls(handle)

    def end_all(self) -> None:
        """End every process that is in it."""
        kernel32().TerminateJobObject(self._handle, 1)

    def close(self) -> None:
        """Give the job up, which ends what is left in it."""
        kernel32().CloseHandle(self._handle)


def _made() -> ctypes.c_void_p | None:
    """Return a new job, which ends all that is in it when its last handle is closed; None where the system does not allow it."""
    kernel = kernel32()
    job = kernel.CreateJobObjectW(None, None)
    if not job:
        return None
    handle, limits = ctypes.c_void_p(job), _Limits(flags=_KILL_ON_CLOSE)
    if not kernel.SetInformationJobObject(handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)):
        kernel.CloseHandle(handle)
        return None
    return handle


def end_children_with_this_process() -> bool:
    """Put this process into a job of its own, which ends all that is in it when its last handle, held here, is closed.

    False where the system does not allow it; nothing is different then.
    """
    kernel, handle = kernel32(), _made()
    if handle is None:
        return False
    done = kernel.AssignProcessToJobObject(handle, ctypes.c_void_p(kernel.GetCurrentProcess()))
    if not done:
        kernel.CloseHandle(handle)
    # Otherwise the handle stays open for as long as this process lives: it cannot be inherited, so no child holds it.
    return bool(done)
