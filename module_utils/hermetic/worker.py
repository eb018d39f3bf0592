# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that unpacks wheels or hashes files: one JSON job per line on standard input, one JSON answer per line on standard output.

Processes and not threads: compiling holds the interpreter's lock, and hashing many small files in threads was measured slower than in one.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .errors import BrokenArtifact, HermeticError, UnsafeArchive
from .fs.confirmation import confirm_files
from .fs.hashing import hash_files
from .system_limits import started


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    if job["task"] == "hash":
        return {"digests": hash_files(job["paths"])}
    if job["task"] == "confirm":
        return {"confirmed": [confirm_files(**tree) for tree in job["trees"]]}
    # Imported where they are asked for: a process that only hashes, or only unpacks what is prebuilt, can do without the rest.
    limit = job.get("unpack_limit", 0)
    if job["task"] == "unpack_prebuilt":
        from .unpack.prebuilt_wheel import receipt_parts, unpack_prebuilt

        return _or_refused(
            lambda: {
                "laid": receipt_parts(
                    unpack_prebuilt(
                        Path(job["archive"]),
                        Path(job["into"]),
                        wheel=job["wheel"],
                        byte_code=job["byte_code"],
                        filename=job.get("filename"),
                        unpack_limit=limit,
                    )
                )
            }
        )
    if job["task"] == "prebuild_wheel":
        from .unpack.prebuilt_making import prebuild_wheel

        return _or_refused(
            lambda: {
                "made": prebuild_wheel(
                    Path(job["wheel"]),
                    Path(job["archive"]),
                    sha256=job["sha256"],
                    windows=job["windows"],
                    workplace=Path(job["into"]),
                    unpack_limit=limit,
                )
            }
        )
    from .unpack.wheel import unpack_wheel

    return {"laid": unpack_wheel(Path(job["wheel"]), Path(job["into"]), compiles=job["compiles"], unpack_limit=limit)}


def _or_refused(act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what an artifact gives, or why it is refused: for one that can be done without, which ends no other job."""
    try:
        return act()
    except (BrokenArtifact, UnsafeArchive) as error:
        return {"refused": str(error)}


def answered(line: str) -> dict[str, Any]:
    """Return the answer to the job of one line, also where it failed."""
    try:
        return _answer(json.loads(line))
    except HermeticError as error:
        return {"error": error.message, "problems": error.problems}
    except OSError as error:
        return {"error": f"{error.strerror or error}: {error.filename or ''}", "errno": error.errno, "problems": []}


def _lines(busy: threading.Event) -> Iterator[str]:
    """Yield the lines of standard input; the process ends at once when that closes in the middle of a job.

    Then the engine was killed: going on would write into what the next run removes and builds again.
    """
    waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            busy.set()
            waiting.put(line)
        if busy.is_set():
            os._exit(1)
        waiting.put(None)

    if not started(threading.Thread(target=read, daemon=True)):
        # Without a thread to watch, the end of the engine shows when the job is done.
        yield from sys.stdin
        return
    while (line := waiting.get()) is not None:
        yield line


def main() -> None:
    """Answer jobs until standard input ends."""
    # Compiling makes many objects and no cycles; looking for cycles was measured at 4 % of the time.
    gc.disable()
    busy = threading.Event()
    for line in _lines(busy):
        answer = answered(line)
        busy.clear()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
