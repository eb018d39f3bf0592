# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a program does not start, in words."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.start_failure import start_failure


@pytest.mark.parametrize(("number", "words"), [(193, "another platform"), (216, "another platform"), (1260, "AppLocker"), (4551, "policy")])
def test_why_windows_does_not_start_a_program(number: int, words: str, tmp_path: Path) -> None:
    error = OSError(errno.EACCES, "refused")
    error.winerror = number  # type: ignore[attr-defined]
    assert words in start_failure(error, tmp_path / "python.exe")
