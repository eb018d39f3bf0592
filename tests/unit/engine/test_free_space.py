# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room is left, and how that is said."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import free_space
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import DiskFull
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.mounts import mount_point
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.os_errors import explain


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (999_000_000, "999 MB"), (2_345_000_000_000, "2345 GB")]
)
def test_sizes_are_said_as_people_read_them(size: int, text: str) -> None:
    assert free_space.size_text(size) == text


def test_a_full_disk_says_which_file_system_and_what_is_free(tmp_path: Path) -> None:
    error = explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "new" / "file")), "lib/x")
    assert isinstance(error, DiskFull)
    assert f"mounted at {mount_point(tmp_path)}" in error.message and " free" in error.message
    assert "mounted" not in explain(OSError(errno.ENOSPC, "full"), "lib/x").message
