# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the system say what happened and what to do."""

from __future__ import annotations

import errno
import os

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import os_errors
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EPERM, "not permitted"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, "input/output"),
        (errno.ENOTDIR, "not a directory"),
    ],
)
def test_an_error_of_the_system_says_what_happened_and_what_to_do(number: int, text: str) -> None:
    told = os_errors.explain(OSError(number, os.strerror(number), "/some/file"), "the subject")
    assert isinstance(told, BrokenRoot)
    assert told.message.startswith("the subject: ")
    assert text in told.message
    assert "/some/file" in told.message
    assert told.message.endswith(".")


def test_an_unknown_error_keeps_its_own_words() -> None:
    assert "strange thing" in os_errors.explain(OSError(9999, "strange thing"), "x").message
