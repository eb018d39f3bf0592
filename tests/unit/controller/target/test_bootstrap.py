# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command of the bootstrap script and its answer: no credentials in the one, nothing but its own form in the other."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import (
    Bootstrapped,
    bootstrap_command,
    parse_bootstrap,
    removal_command,
    secrets_text,
)


@pytest.mark.parametrize(
    "answer",
    ["", "sudo: a password is required", "hermetic-bootstrap-1 version=3 place=/ archive=/x", "hermetic-bootstrap-1 error=odd x"],
)
def test_an_answer_of_another_form_is_an_error(answer: str) -> None:
    with pytest.raises(HermeticError):
        parse_bootstrap(answer, rc=1)


def test_only_a_temporary_directory_of_a_bootstrap_is_ever_removed() -> None:
    with pytest.raises(HermeticError):
        removal_command(Bootstrapped(place="/opt", archive="/a"))


def test_a_url_with_credentials_never_gets_on_a_command_line() -> None:
    with pytest.raises(HermeticError, match="command line") as failed:
        bootstrap_command(
            ["https://rob:secret@example.com/a"], sha256="0" * 64, install=True, root="/opt/x", remote_tmp="/tmp", timeout=30, retries=1
        )
    assert "secret" not in str(failed.value)


def test_sources_without_credentials_need_no_file() -> None:
    assert secrets_text({"example.com": {"username": "a", "password": "b"}}, sources=["https://other.example/a", "/path"]) is None
