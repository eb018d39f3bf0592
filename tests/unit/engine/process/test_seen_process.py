# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a command line, the program and the name of its script or module are shown, and nothing that may be a secret."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.seen_process import LONGEST_COMMAND, moment, shown_command

PYTHON = "/r/bundles/python-1-0/libexec/python3.12"
NAMED = "/r/environments/web-0/bin/python"


@pytest.mark.parametrize(
    ("arguments", "script"),
    [
        ("", ""),
        ("app.py --password secret", "app.py"),
        ("-I -u -B /srv/app.py secret", "/srv/app.py"),
        ("-m web secret", "-m web"),
        ("-mweb secret", "-m web"),
        ("-Im web secret", "-m web"),
        ("-m", "-m"),
        ("-c secret", "-c"),
        ("-csecret", "-c"),
        ("-Ic secret", "-c"),
        ("-uBc secret more", "-c"),
        ("-W secret app.py", "app.py"),
        ("-Wsecret app.py", "app.py"),
        ("-X importtime -IX frozen app.py", "app.py"),
        ("-X a -c secret", "-c"),
        ("--check-hash-based-pycs always app.py secret", "app.py"),
        ("--version secret", "secret"),
        ("-", "-"),
        ("- secret", "-"),
    ],
)
def test_nothing_but_the_script_is_shown_of_arguments(arguments: str, script: str) -> None:
    assert shown_command(PYTHON, [NAMED, *arguments.split()]) == f"{NAMED} {script}".rstrip()


def test_a_title_in_place_of_a_command_line_and_another_program_show_the_path_only() -> None:
    assert shown_command(PYTHON, ["worker: secret"]) == PYTHON
    assert shown_command(PYTHON, [f"{NAMED} app.py --password secret"]) == PYTHON
    assert shown_command(PYTHON, []) == PYTHON
    assert shown_command("/usr/sbin/httpd", ["/usr/sbin/httpd", "-D", "secret"]) == "/usr/sbin/httpd"
    assert shown_command(f"{PYTHON} (deleted)", [NAMED, "secret"]) == f"{NAMED} secret"
    assert shown_command("C:\\r\\environments\\web-0\\Scripts\\python.exe", ()) == "C:\\r\\environments\\web-0\\Scripts\\python.exe"


def test_a_command_is_bounded() -> None:
    assert len(shown_command(PYTHON, [NAMED, "x" * 5000])) == LONGEST_COMMAND


def test_a_moment_is_in_utc() -> None:
    assert moment(1_700_000_000.9) == "2023-11-14T22:13:20Z"
