# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the processes that an engine starts on Windows end with it, also when it is ended from outside."""

from __future__ import annotations

import ctypes

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


def end_children_with_this_process() -> bool:
    """Put this process into a job of its own, which ends all that is in it when its last handle, held here, is closed.

    False where the system does not allow it; nothing is different then.
    """
    kernel = kernel32()
    job = kernel.CreateJobObjectW(None, None)
    if not job:
        return False
    handle, limits = ctypes.c_void_p(job), _Limits(flags=_KILL_ON_CLOSE)
    done = kernel.SetInformationJobObject(handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
    done = done and kernel.AssignProcessToJobObject(handle, ctypes.c_void_p(kernel.GetCurrentProcess()))
    if not done:
        kernel.CloseHandle(handle)
    # Otherwise the handle stays open for as long as this process lives: it cannot be inherited, so no child holds it.
    return bool(done)
