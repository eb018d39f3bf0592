# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which the specification of a program is looked for, and whose specifications are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.problem import Unreadable
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading import trust
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.lookup import find_specification
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.program import Program

BLOCK = '# /// script\n# dependencies = ["block"]\n# ///\n'
INLINE = '# [VPYTHON:BEGIN]\n# wheel: < name: "inline" >\n# [VPYTHON:END]\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a directory above which nothing is looked for."""
    (tmp_path / ".gclient").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    return tmp_path / "a" / "b"


def proto(name: str) -> str:
    return f'wheel: < name: "{name}" >\n'


def name_of(program: Program, directory: Path, **environment: str) -> str | None:
    found = find_specification(program, directory=directory, environment=environment).specification
    if found is None:
        return None
    content = found.content.as_json()
    return str(content["wheel"][0]["name"] if "wheel" in content else content["dependencies"][0])


def script(place: Path, text: str = "") -> Program:
    (place / "tool.py").write_text(text)
    return Program("script", "tool.py")


def test_each_step_goes_before_the_next(place: Path) -> None:
    program = script(place, f"{BLOCK}{INLINE}")
    (place / "tool.py.vpython3").write_text(proto("partner"))
    (place / "vpython.toml").write_text('dependencies = ["toml"]')
    (place / ".vpython3").write_text(proto("here"))
    (place.parent / ".vpython3").write_text(proto("above"))
    (place.parent / "default").write_text(proto("default"))
    default = str(place.parent / "default")
    steps = []
    for remove in ("tool.py.vpython3", None, None, "vpython.toml", ".vpython3", "../.vpython3"):
        steps.append(name_of(program, place, VPYTHON_DEFAULT_SPEC=default))
        if remove:
            (place / remove).unlink()
        else:
            (place / "tool.py").write_text(INLINE if steps[-1] == "block" else "")
    steps.append(name_of(program, place, VPYTHON_DEFAULT_SPEC=default))
    assert steps == ["partner", "block", "inline", "toml", "here", "above", "default"]
    assert name_of(program, place) is None


def test_the_directory_with_gclient_is_the_last(place: Path) -> None:
    program = script(place)
    (place.parent.parent / ".vpython3").write_text(proto("top"))
    assert name_of(program, place) == "top"
    (place.parent / ".gclient").mkdir()
    assert name_of(program, place) is None
    (place.parent / ".vpython3").write_text(proto("middle"))
    assert name_of(program, place) == "middle"


def test_a_link_has_the_partner_beside_it_or_beside_its_target(place: Path) -> None:
    target = place.parent / "real.py"
    target.write_text("")
    (place / "link.py").symlink_to("../real.py")
    (place.parent / "real.py.vpython3").write_text(proto("of target"))
    program = Program("script", "link.py")
    assert name_of(program, place) == "of target"
    (place / "link.py.vpython3").write_text(proto("of link"))
    assert name_of(program, place) == "of link"


def test_directories_above_are_those_of_the_link(place: Path) -> None:
    (place.parent / "real.py").write_text("")
    (place.parent / ".vpython3").write_text(proto("above"))
    (place / ".vpython3").write_text(proto("here"))
    (place / "link.py").symlink_to("../real.py")
    assert name_of(Program("script", "link.py"), place) == "here"


def test_a_package_has_the_partner_of_any_package_around_it(place: Path) -> None:
    inner = place / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "__main__.py").write_text(BLOCK)
    program = Program("script", str(inner))
    (place / "outer.vpython3").write_text(proto("outer"))
    assert name_of(program, place) is None
    (inner / "__init__.py").touch()
    assert name_of(program, place) is None
    (inner.parent / "__init__.py").touch()
    assert name_of(program, place) == "outer"
    (inner.parent / "inner.vpython3").write_text(proto("inner"))
    assert name_of(program, place) == "inner"


def test_a_directory_begins_the_walk_itself(place: Path) -> None:
    (place / ".vpython3").write_text(proto("of directory"))
    assert name_of(Program("script", str(place)), place.parent) == "of directory"


def test_code_modules_and_input_begin_in_the_working_directory(place: Path) -> None:
    (place / ".vpython3").write_text(proto("here"))
    for program in (Program("code", "print()"), Program("module", "json.tool"), Program("input")):
        assert name_of(program, place) == "here"
    assert name_of(Program("code", BLOCK), place) == "block"
    assert name_of(Program("code", BLOCK.replace("\n", "\r\n")), place) == "block"
    assert name_of(Program("code", INLINE), place) == "here"


def test_directories_of_these_names(place: Path) -> None:
    program = script(place)
    (place / "tool.py.vpython3").mkdir()
    (place.parent / ".vpython3").write_text(proto("above"))
    assert name_of(program, place) == "above"
    (place / ".vpython3").mkdir()
    with pytest.raises(HermeticError, match="is a directory, and a specification is a file"):
        name_of(program, place)


def test_what_is_found_first_counts_also_where_it_is_wrong(place: Path) -> None:
    program = script(place)
    (place / ".vpython3").write_text("wheel <")
    (place.parent / ".vpython3").write_text(proto("above"))
    with pytest.raises(Unreadable):
        name_of(program, place)


def test_a_dangling_link_is_no_reason_to_look_further(place: Path) -> None:
    program = script(place)
    (place / ".vpython3").symlink_to("nowhere")
    (place.parent / ".vpython3").write_text(proto("above"))
    with pytest.raises(Unreadable, match="No such file"):
        name_of(program, place)


def test_a_partner_that_is_a_link_to_nowhere_is_said(place: Path) -> None:
    program = script(place, BLOCK)
    (place / "tool.py.vpython3").symlink_to("nowhere")
    with pytest.raises(HermeticError, match="No such file"):
        name_of(program, place)


def test_what_only_python_can_read_has_nothing_in_it(place: Path) -> None:
    os.mkfifo(place / "tool.py")
    (place / ".vpython3").write_text(proto("here"))
    assert name_of(Program("script", "tool.py"), place) == "here"


def test_a_zipapp_has_nothing_behind_its_first_line(place: Path) -> None:
    (place / "tool.py").write_bytes(b"#!/usr/bin/env python3\nPK\3\4\0\n" + BLOCK.encode() + INLINE.encode())
    assert name_of(Program("script", "tool.py"), place) is None


def test_a_program_that_is_not_there_is_said(place: Path) -> None:
    with pytest.raises(HermeticError, match=r"The program tool\.py does not exist"):
        name_of(Program("script", "tool.py"), place)


def test_python_2_has_names_of_its_own(place: Path) -> None:
    program = script(place)
    (place / ".vpython3").write_text(proto("three"))
    (place / ".vpython").write_text(proto("two"))
    found = find_specification(program, directory=place, environment={}, suffix=".vpython").specification
    assert found is not None
    assert found.path == str(place / ".vpython")


def test_a_default_may_be_toml(place: Path) -> None:
    program = script(place)
    (place / "default.toml").write_text('dependencies = ["default"]')
    assert name_of(program, place, VPYTHON_DEFAULT_SPEC=str(place / "default.toml")) == "default"


@pytest.mark.parametrize("mode", [0o666, 0o602])
def test_a_specification_that_everybody_may_write_is_refused(place: Path, mode: int) -> None:
    program = script(place)
    (place.parent / ".vpython3").write_text(proto("above"))
    (place.parent / ".vpython3").chmod(mode)
    with pytest.raises(HermeticError, match="others than this user and root decide") as error:
        name_of(program, place)
    assert "every user may write it" in error.value.problems[0]


def test_a_directory_that_everybody_may_change_is_refused_but_with_the_sticky_bit(place: Path) -> None:
    program = script(place)
    (place.parent / ".vpython3").write_text(proto("above"))
    place.parent.chmod(0o777)
    with pytest.raises(HermeticError, match="others than this user and root decide"):
        name_of(program, place)
    place.parent.chmod(0o1777)
    assert name_of(program, place) == "above"


def test_a_directory_that_is_named_as_safe_is_taken(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = script(place)
    (place.parent / ".vpython3").write_text(proto("above"))
    place.parent.chmod(0o777)
    monkeypatch.setenv(trust.SAFE_VARIABLE, f"/nowhere{os.pathsep}{place.parent}")
    assert name_of(program, place) == "above"
