# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.requirement_lines import (
    is_harmless,
    logical_lines,
    pin_of,
    shortened,
    split_options,
)
from packaging.requirements import Requirement
from packaging.version import Version

A = "a" * 64


def test_lines_are_joined_as_pip_joins_them() -> None:
    text = "# a\na==1 \\\n  --hash=x\n\nb==2  # why\nc==3 \\\n# ends it\nd==4 \\\n\n e#f\n\\\n"
    assert [(number, line.split()) for number, line in logical_lines(text)] == [
        (2, ["a==1", "--hash=x"]),
        (5, ["b==2"]),
        (6, ["c==3"]),
        (8, ["d==4"]),
        (10, ["e#f"]),
    ]


def test_options_begin_behind_a_blank() -> None:
    assert split_options("a-b==1 ; python_version > '3' --hash=x -c y") == ("a-b==1 ; python_version > '3'", "--hash=x -c y")
    assert split_options("a==1") == ("a==1", "")


def test_some_options_say_nothing_of_packages() -> None:
    assert is_harmless("--only-binary :all:")
    assert not is_harmless("--only-binary a")
    assert not is_harmless("--pre-release")


@pytest.mark.parametrize(
    ("requirement", "options", "version", "problems"),
    [
        ("a==1.0", f"--hash=sha256:{A} --hash sha256:{A.upper()}", "1.0", []),
        ("a===1", f"--hash=sha256:{A}", "1", []),
        ("a===one", f"--hash=sha256:{A}", None, ["a===one is not pinned; expected a==version"]),
        ("a>=1", "", None, ["a>=1 is not pinned; expected a==version", "a has no hash; lock it again with --generate-hashes"]),
        ("a==1", "--hash", "1", ["hash '' is not a SHA-256; lock it again with sha256 hashes"]),
        ("a==1", f"--hash=sha256:{A} --global-option=x", "1", ["the option --global-option is not understood in a lock; only --hash is"]),
        ("a==1", "--hash='", "1", ['its options "--hash=\'" cannot be split: No closing quotation']),
    ],
)
def test_what_pins_a_package_and_all_that_does_not(requirement: str, options: str, version: str | None, problems: list[str]) -> None:
    found, digests, unfit = pin_of(Requirement(requirement), options)
    assert found == (Version(version) if version else None)
    assert unfit == problems
    assert set(digests) <= {A}


def test_messages_show_the_beginning_of_a_text() -> None:
    assert shortened(f" {A} ") == f"{'a' * 57}…"
