# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte code of a source, or none."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.byte_code import byte_code


@pytest.fixture(autouse=True)
def hurry() -> Iterator[None]:
    """A wheel that is read without end must fail the test and not stop it."""

    def stop(*_: object) -> None:
        raise TimeoutError("still laying after 20 seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("source", ["def", b"\xff", "x = '\0'", "(" * 5000, "# coding: nonsense\n", "return"])
def test_a_source_that_does_not_compile_has_no_byte_code(source: str | bytes) -> None:
    assert byte_code(source.encode() if isinstance(source, str) else source, shown_as="x.py") is None
