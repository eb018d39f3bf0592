# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VirtualEnv is declared by in place of a lock."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_specification import DeclaredSpecification
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import DeclaredState
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import declare
from programs_samples import block, locked, script
from supply_samples import LINUX, LINUX_39


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / ".gclient").touch()
    return tmp_path


def test_a_program_and_a_file_are_specifications(place: Path) -> None:
    program = script(place / "tool.py", "x")
    locked(program, block("x"))
    (place / "vpython.toml").write_text(block("x"))
    locked(place / "vpython.toml", block("x"))
    (place / "plain.py").write_text("print()\n")
    read = [DeclaredSpecification.read(str(place / name), [LINUX]) for name in ("tool.py", "vpython.toml", "plain.py")]
    assert len({each.specification.digest for each in read}) == 1
    assert [each.lock.path.name for each in read] == ["pylock.tool-py.toml", "pylock.vpython-toml.toml", "pylock.vpython-toml.toml"]
    assert read[0].summary == {"file": str(program), "sha256": read[0].specification.digest}


def test_everything_that_is_wrong_is_said(place: Path) -> None:
    program = script(place / "tool.py", "x", python=">=3.12")
    with pytest.raises(HermeticError) as caught:
        DeclaredSpecification.read(str(program), [LINUX_39])
    assert [word in " ".join(caught.value.problems) for word in ("3.9.18", "is not locked")] == [True, True]
    # An environment is not declared by silence.
    with pytest.raises(HermeticError, match="is not locked"):
        DeclaredSpecification.read(str(script(place / "empty.py")), [LINUX])
    (place / "silent.py").write_text("print()\n")
    for path, says in (("silent.py", "says nothing"), ("gone.py", "gone.py"), ("https://x.example/vpython.toml", "address")):
        with pytest.raises(HermeticError, match=says):
            DeclaredSpecification.read(path if "://" in path else str(place / path), [LINUX])


def test_results_say_which_specification() -> None:
    each = {"name": "web", "bundle": "python", "wheels": []}
    specification = {"file": "web.py", "sha256": "a" * 64}
    declaration = declare(virtualenvs=[each, {**each, "name": "other"}])
    summary = DeclaredState(declaration=declaration, specifications={"web": specification}).summary["virtualenvs"]
    assert summary == {
        "web": {"bundle": "python", "packages": {}, "specification": specification},
        "other": {"bundle": "python", "packages": {}},
    }
    # It is not part of what a host is asked for.
    assert "specification" not in str(declaration)
