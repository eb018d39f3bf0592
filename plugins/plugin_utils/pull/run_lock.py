# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a host at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError


class AnotherRun(HermeticError):
    """Another run of this host goes on."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of the runs; raises AnotherRun at once where another run holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HermeticError(f"The lock {path} cannot be opened: {error.strerror}. Remove it.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AnotherRun(f"Another run goes on, which holds the lock {path}. Nothing was done.") from error
        yield
    finally:
        os.close(descriptor)
