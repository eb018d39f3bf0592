# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The temporary directory that a bundle is built in, beside its archive."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from ....module_utils.hermetic.errors import InvalidRequest
from ....module_utils.hermetic.mounts import forbids_programs, mount_of
from ....module_utils.hermetic.os_errors import explain


def workplace(destination: Path, *, starts_programs: bool) -> Path:
    """Make a directory for one build; raises an error that names the mount where nothing can be written or started there."""
    mount = mount_of(destination) if starts_programs and forbids_programs(destination) else None
    if mount is not None:
        raise InvalidRequest(
            f"The destination {destination} is on a file system that lets no program start (mounted noexec): {mount}. A bundle for this machine is "
            f"started there to be compiled and tested. {mount.program_remedy(instead='name a destination on another file system')}"
        )
    try:
        destination.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".build-", dir=destination)).resolve()
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        raise explain(error, f"The destination {destination}") from error
