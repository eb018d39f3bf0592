# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides the bytes of an unpacked wheel: what a bundle states of it, and what the byte code of an older one shows."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model import byte_code
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import ByteCode

OURS = ByteCode("cpython-312", "cb0d0d0a", by_engine=True)


def test_equal_byte_code_has_one_digest_and_any_difference_another() -> None:
    others = [ByteCode("cpython-312", "cb0d0d0a", by_engine=False), ByteCode("cpython-313", "cb0d0d0a", by_engine=True)]
    others.append(ByteCode("cpython-312", "cc0d0d0a", by_engine=True))
    assert ByteCode("cpython-312", "cb0d0d0a", by_engine=True).digest == OURS.digest
    assert len({OURS.digest, *(each.digest for each in others)}) == 4


def test_a_patch_release_states_the_same() -> None:
    first = {"version": "3.12.11", "tag": "cp312", byte_code.FACT: OURS.as_fact()}
    assert byte_code.stated(first, engine=True) == byte_code.stated({**first, "version": "3.12.12"}, engine=True) == OURS


@pytest.mark.parametrize("python", [{}, {byte_code.FACT: None}])
def test_an_older_bundle_states_nothing(python: dict[str, Any]) -> None:
    assert byte_code.stated(python, engine=True) is None


@pytest.mark.parametrize(
    "fact",
    [
        "cpython-312",
        [],
        {},
        {"cache_tag": "cpython-312"},
        {"cache_tag": "cpython-312", "magic": 3531},
        {"cache_tag": "../x", "magic": "cb0d0d0a"},
        {"cache_tag": "cpython-312\n", "magic": "cb0d0d0a"},
        {"cache_tag": "cpython-312", "magic": "cb0d0d0a\n"},
        {"cache_tag": "cpython-312", "magic": "CB0D0D0A"},
        {"cache_tag": "cpython-312", "magic": "cb0d"},
        {"cache_tag": "c" * 40, "magic": "cb0d0d0a"},
    ],
)
def test_what_is_none_is_refused(fact: object) -> None:
    assert byte_code.fact_problem(fact) is not None


@pytest.mark.parametrize("fact", [None, OURS.as_fact(), {"cache_tag": "", "magic": "03f30d0a"}])
def test_what_is_one_is_taken(fact: object) -> None:
    assert byte_code.fact_problem(fact) is None


def test_files_of_byte_code_show_it() -> None:
    head = importlib.util.MAGIC_NUMBER
    path = f"lib/python3.12/__pycache__/os.{sys.implementation.cache_tag}.pyc"
    shown = byte_code.of_sample(path, head + b"rest", engine=True)
    assert shown == ByteCode(str(sys.implementation.cache_tag), head.hex(), by_engine=True)
    assert byte_code.of_sample("lib/python2.7/os.pyc", b"\x03\xf3\r\n", engine=False) == ByteCode("", "03f30d0a", by_engine=False)


@pytest.mark.parametrize("head", [b"", b"\xcb\r", b"#!/b", b"\r\n\xcb\r"])
def test_what_is_no_byte_code_shows_nothing(head: bytes) -> None:
    assert byte_code.of_sample("lib/python3.12/__pycache__/os.cpython-312.pyc", head, engine=True) is None


def test_samples_are_of_the_standard_library_and_always_the_same() -> None:
    files = [f"lib/python3.12/__pycache__/m{number:03}.cpython-312.pyc" for number in range(99)]
    others = ["lib/python3.12/os.py", "bin/__pycache__/x.cpython-312.pyc", "lib/python3.12x/__pycache__/a.cpython-312.pyc"]
    assert byte_code.samples_of([*reversed(files), *others], stdlib="lib/python3.12") == files[:8]
    assert byte_code.samples_of(others, stdlib="lib/python3.12") == []


def test_a_standard_library_without_sources_shows_the_byte_code_that_one_with_sources_does() -> None:
    """Bundles for Windows have no __pycache__, and share wheels that were prebuilt for Linux all the same."""
    head = bytes.fromhex("cb0d0d0a")
    linux = byte_code.of_sample("lib/python3.12/__pycache__/os.cpython-312.pyc", head, engine=True, version="3.12.4")
    assert (
        byte_code.of_sample("bin/Lib/os.pyc", head, engine=True, version="3.12.0")
        == linux
        == ByteCode("cpython-312", "cb0d0d0a", by_engine=True)
    )
    assert byte_code.of_sample("lib/python2.7/os.pyc", b"\x03\xf3\r\n", engine=False, version="2.7.18") == ByteCode(
        "", "03f30d0a", by_engine=False
    )
