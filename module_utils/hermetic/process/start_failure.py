# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the system refuses to start a program, as a sentence that says what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..mounts import Mount, forbids_programs, mount_of

_OTHER_PLATFORM = {errno.ENOEXEC, getattr(errno, "EBADARCH", errno.ENOEXEC), getattr(errno, "EBADMACHO", errno.ENOEXEC)}
_OTHER_WINDOWS = {193, 216}  # ERROR_BAD_EXE_FORMAT, ERROR_EXE_MACHINE_TYPE_MISMATCH
_POLICY_OF_WINDOWS = {1260, 4551}  # ERROR_ACCESS_DISABLED_BY_POLICY, ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION


def start_failure(error: OSError, program: Path | str) -> str:
    """Say why a program does not start and what to do, from what the system answered."""
    program = Path(program)
    refused = getattr(error, "winerror", None)
    if error.errno in _OTHER_PLATFORM or refused in _OTHER_WINDOWS:
        return "it is a program for another platform. Build or declare the bundle for this one."
    if refused in _POLICY_OF_WINDOWS:
        return "a policy of this host (AppLocker, App Control) does not allow it. Allow the programs below the root, or choose a root that it allows."
    if error.errno == errno.ENOENT:
        if not os.path.exists(program):
            return "there is no such file."
        return "the program loader that it names is missing, as for a bundle of another C library (glibc, musl). Build or declare one for this host."
    if error.errno == errno.EACCES:
        mount = mount_without_programs(program)
        if mount is not None:
            return f"it is on a file system that lets no program start (mounted noexec): {mount}. {mount.program_remedy()}"
        if os.path.isfile(program) and not os.access(program, os.X_OK):
            mode = os.stat(program).st_mode & 0o7777
            return (
                f"this user may not execute it (mode {mode:04o}, or a directory above it). Converge to repair it, or run as a user who may."
            )
        return "permission denied, though its mode allows it. Look for a security policy of this host (SELinux, AppArmor, fapolicyd) in its audit log."
    return f"{error.strerror or error}."


def mount_without_programs(program: Path | str) -> Mount | None:
    """Return the mount that keeps a program from being started, or None where no mount does."""
    resolved = os.path.realpath(program)
    return mount_of(resolved) if forbids_programs(resolved) else None
