# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Windows root may be, and what is made of a host's answer."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.windows_host import (
    OtherPlatform,
    presumed_facts,
    reported_facts,
    usable_windows_root,
)


@pytest.mark.parametrize(
    ("root", "clean"),
    [
        ("C:\\infra-system", "C:\\infra-system"),
        ("c:/infra-system/", "C:\\infra-system"),
        ("D:\\\\Program Files\\\\Köln Süd\\", "D:\\Program Files\\Köln Süd"),
        ("C:\\Windows-tools", "C:\\Windows-tools"),
        ("C:\\Users\\deploy\\infra", "C:\\Users\\deploy\\infra"),
        ("C:\\console", "C:\\console"),
    ],
)
def test_a_path_with_a_drive_letter_is_a_root(root: str, clean: str) -> None:
    assert usable_windows_root(root) == clean


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        ("/opt/infra-system", "drive letter"),
        ("infra-system", "drive letter"),
        ("C:infra-system", "drive letter"),
        ("\\\\server\\share\\x", "drive letter"),
        ("\\\\?\\C:\\x", "drive letter"),
        ("C:\\", "is a drive"),
        ("C:\\Windows", "directory of the system"),
        ("c:\\windows\\system32\\x", "directory of the system"),
        ("C:\\Program Files (x86)", "directory of the system"),
        ("C:\\Users\\anna", "whole home"),
        ("C:\\a\\..\\b", "'..'"),
        ("C:\\a.\\b", "Windows drops"),
        ("C:\\a \\b", "Windows drops"),
        ("C:\\aux\\b", "device"),
        ("C:\\nul.txt", "device"),
        ("C:\\a:stream", "not allow"),
        ("C:\\%TEMP%\\x", "percent"),
        ("C:\\a?", "not allow"),
    ],
)
def test_what_cannot_be_a_root_is_refused_with_the_reason(root: str, reason: str) -> None:
    with pytest.raises(HermeticError, match="root") as caught:
        usable_windows_root(root)
    assert reason in caught.value.message


def test_all_that_is_wrong_with_a_root_is_reported_at_once() -> None:
    with pytest.raises(HermeticError) as caught:
        usable_windows_root("C:\\a|b\\con\\..")
    assert len(caught.value.problems) == 3


def test_an_answer_becomes_facts() -> None:
    facts = reported_facts(
        presumed_facts("C:\\infra-system", "windows-arm64"),
        {"interpreter": {"id": "python-3.12.1+1-0123456789ab", "version": "3.12.1"}, "dead": ["python-3.12.1+2-0123456789ab", "x", 7]},
    )
    assert facts.platform == "windows-arm64"
    assert not facts.presumed
    assert facts.interpreter is not None
    assert facts.interpreter.path == "C:\\infra-system\\bundles\\python-3.12.1+1-0123456789ab\\bin\\python.exe"
    assert facts.interpreter.version == (3, 12, 1)
    assert facts.dead == ("python-3.12.1+2-0123456789ab",)


def test_a_windows_that_no_bundle_exists_for_is_refused() -> None:
    assert OtherPlatform(presumed_facts("C:\\infra-system", "windows-x86")).facts.platform == "windows-x86"
    with pytest.raises(HermeticError, match="windows-ia64, which no bundle exists for"):
        presumed_facts("C:\\infra-system", "windows-ia64")
