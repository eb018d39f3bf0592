# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of the probe is read strictly, and a root is a path that can be one."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_probe import parse_probe, probe_command, script_text, usable_root

LINE = "hermetic-probe-1 os=Linux machine=x86_64 uid=0 bits=64 libc=glibc libc_version=2.36 root_type=missing root_writable=yes tools=curl,tar root=/r"


def test_a_system_of_32_bits_is_refused_whatever_its_kernel_is() -> None:
    with pytest.raises(HermeticError, match="32 bits"):
        _ = parse_probe(LINE.replace("bits=64", "bits=32")).platform


def test_an_unknown_system_is_refused_with_what_was_found() -> None:
    with pytest.raises(HermeticError, match="FreeBSD on amd64"):
        _ = parse_probe(LINE.replace("os=Linux machine=x86_64", "os=FreeBSD machine=amd64")).platform


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Password: ",
        LINE + "\n" + LINE,
        LINE.replace("uid=0", "uid=root"),
        LINE.replace(" uid=0", ""),
        LINE.replace("uid=0", "uid=0 uid=1"),
        LINE.replace("libc=glibc", "libc=bionic"),
        LINE.replace("tools=", "surprise=1 tools="),
        LINE.replace("tools=", "engine=3.12.1:../../x tools="),
        LINE.replace("root=/r", "root=r"),
    ],
)
def test_an_answer_of_another_form_is_an_error(answer: str) -> None:
    with pytest.raises(HermeticError):
        parse_probe(answer)


def test_a_banner_around_the_answer_is_no_matter() -> None:
    assert parse_probe(f"Welcome!\n{LINE}\nBye").root == "/r"


@pytest.mark.parametrize("root", ["relative", "/", "//", "/usr", "~", "/a b", "/a'b", "/a$b", "/a/../b", "/a\nb", ""])
def test_a_path_that_cannot_be_a_root_is_refused(root: str) -> None:
    with pytest.raises(HermeticError):
        usable_root(root)


def test_a_root_is_reported_in_one_way() -> None:
    assert usable_root("/opt//infra-system/") == "/opt/infra-system"


@pytest.mark.parametrize("script", ["probe.sh", "bootstrap.sh"])
def test_layers_of_quoting_do_not_multiply_a_script(script: str) -> None:
    assert "'" not in script_text(script)
    assert len(probe_command("/opt/infra-system")) < 6600
