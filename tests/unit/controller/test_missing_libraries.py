# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a controller without some libraries is told: all of them at once, as one installs them."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.missing_libraries import REQUIREMENTS, explain_import, missing_libraries

PROJECT = Path(__file__).resolve().parents[3]


def test_nothing_is_missing_here_and_the_file_is_shipped() -> None:
    assert missing_libraries() == []
    assert REQUIREMENTS == PROJECT / "requirements.txt"


def test_every_missing_one_is_named_as_the_index_calls_it() -> None:
    lines = [
        "# a comment",
        "",
        "no-such-library>=2",
        "installer==0.7.0  # why",
        "another_one",
        'elsewhere>=1; sys_platform == "plan9"',
        "pip>=9999",
    ]
    assert missing_libraries(lines) == ["no-such-library>=2", "another_one", "pip>=9999"]


def test_without_packaging_versions_are_not_compared_and_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = metadata.version

    def version(name: str) -> str:
        if name == "packaging":
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setitem(sys.modules, "packaging.specifiers", None)
    assert missing_libraries(["packaging>=26", "pip>=9999"]) == ["packaging>=26"]


def test_a_library_that_is_there_and_broken_is_reported_apart() -> None:
    told = explain_import("it", ImportError("libssl.so.1 cannot be opened"))
    assert "libssl.so.1 cannot be opened" in told
    assert "--force-reinstall" in told
