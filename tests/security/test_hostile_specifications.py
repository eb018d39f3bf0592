# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications that others wrote: no text gives a traceback, a long wait, an action of the terminal, or a file elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.command.main import main
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.problem import Unreadable
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.recognition import LARGEST_SPECIFICATION, specification_in
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import Specification, WheelList
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.text_proto import render_text_proto
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.conversion import converted
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.linting.linting import lint_specification
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.in_force import lock_in_force
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.lock_record import lock_record
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.files import read_specification, text_of
from hostile_values import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from programs_samples import block, locked, script
from spec_samples import tool_values, wheel_lists

TOOL = Path(__file__).resolve().parents[2] / "tools" / "hermetic-spec"
PIECES = st.sampled_from(
    [
        *(
            "wheel",
            "name",
            "version",
            "match_tag",
            "python_version",
            "verify_pep425_tag",
            "virtualenv",
            "2",
            ":",
            "<",
            ">",
            "{",
            "}",
            "[",
            "]",
        ),
        *(",", ";", '"a"', "'b'", '"', "\\", "#", "\n", " ", "\x00", "\x1b", "\r", "-", "1.5", "[VPYTHON:BEGIN]", "[VPYTHON:END]"),
        *(
            "# /// script\n",
            "# ///\n",
            "dependencies = ",
            "requires-python",
            "=",
            "[tool]",
            "\ufeff",
            "\udc80",
            "\u202e",
            "${x}",
            "version:1",
        ),
    ]
)
NAMES = st.sampled_from([".vpython3", "vpython.toml", "tool.py", "tool", "a.txt"])


def _read(text: str, name: str) -> Specification | Unreadable | None:
    """Return what the text of a file is, or why it is none."""
    try:
        return specification_in(text, path=name)
    except Unreadable as error:
        return error


@HOSTILE
@given(st.lists(PIECES, max_size=40).map("".join), NAMES)
def test_a_text_is_read_or_refused(text: str, name: str) -> None:
    found = _read(text, name)
    if isinstance(found, Unreadable):
        assert found.found
        assert all(str(problem).isprintable() for problem in found.found)
    elif found is not None:
        json.dumps(found.content.as_json(), default=str)
        _judge(found)


def _judge(found: Specification) -> None:
    for problem in lint_specification(found):
        assert str(problem).isprintable()
    for dependency in converted(found).requirements.dependencies:
        Requirement(dependency)


@HOSTILE
@given(wheel_lists)
def test_any_list_of_wheels_is_linted_and_converted(content: WheelList) -> None:
    found = specification_in(render_text_proto(content), path=".vpython3")
    assert found is not None
    _judge(found)


@HOSTILE
@given(st.binary(max_size=200), NAMES)
def test_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    found = _read(text_of(content), name)
    assert not isinstance(found, Unreadable) or found.found


@HOSTILE
@given(st.dictionaries(st.sampled_from(["hermetic", "other"]), tool_values, max_size=2))
def test_the_record_of_a_lock_is_read_or_refused(tool: dict[str, object]) -> None:
    if "hermetic" not in tool:
        assert lock_record(tool) is None
    else:
        with pytest.raises(ValueError, match=r"\[tool\.hermetic\]"):
            lock_record(tool)


DEEP = 20_000
LARGE: list[tuple[str, str, str]] = [
    ("nested messages", ".vpython3", "wheel {" * DEEP),
    ("nested unknown messages", ".vpython3", "x {" * DEEP + "}" * DEEP),
    ("nested lists", ".vpython3", "wheel: [" * DEEP),
    ("many wheels", ".vpython3", 'wheel: < name: "infra/python/wheels/a-py3" >\n' * 4000),
    ("many unknown fields", ".vpython3", "x: 1\n" * 30_000),
    ("many strings", ".vpython3", "python_version: " + '"1" ' * 60_000),
    ("one long name", ".vpython3", f'wheel: < name: "{"a" * 900_000}" >'),
    ("one long version", ".vpython3", f'wheel: < name: "infra/python/wheels/a-py3" version: "version:{"1." * 300_000}x" >'),
    ("one long tag", ".vpython3", f'wheel: < name: "infra/python/wheels/a-py3" match_tag: < platform: "{"linux_" * 100_000}" > >'),
    ("many hyphens", ".vpython3", f'wheel: < name: "infra/python/wheels/{"-" * 500_000}" >'),
    ("nested arrays", "vpython.toml", "x = " + "[" * DEEP),
    ("nested tables", "vpython.toml", "[a" + ".a" * DEEP + "]"),
    ("many requirements", "vpython.toml", "dependencies = [" + '"a",\n' * 20_000 + "]"),
    ("one long requirement", "vpython.toml", f'dependencies = ["a{" " * 500_000}"]'),
    ("nested markers", "vpython.toml", f"dependencies = [\"a; {'(' * 20_000}os_name == 'x'{')' * 20_000}\"]"),
    ("many blocks", "tool.py", "# /// other\n# x\n" * 30_000),
    ("many beginnings", "tool.py", "# /// script\n" * 60_000),
    ("many ends", "tool.py", "# /// script\n" + "# ///\n" * 100_000),
    ("guards without end", "tool.py", "[VPYTHON:BEGIN]\n" * 60_000),
]


@pytest.mark.parametrize(("name", "text"), [each[1:] for each in LARGE], ids=[each[0] for each in LARGE])
def test_a_text_that_no_person_wrote_takes_little_time(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    begin = time.process_time()
    problems: list[object] = []
    try:
        found = read_specification(path)
        problems += [*lint_specification(found), *converted(found).problems]
    except HermeticError as error:
        problems.append(error)
    # Nobody reads more, and a terminal shows no more.
    assert sum(len(str(problem)) for problem in problems) < 2_000_000
    assert time.process_time() - begin < 30


def test_what_is_too_large_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / ".vpython3"
    with path.open("wb") as file:
        file.truncate(LARGEST_SPECIFICATION + 1)
    with pytest.raises(Unreadable, match="has more than 1048576 bytes"):
        read_specification(path)
    program = tmp_path / "tool.py"
    program.write_text("# [VPYTHON:BEGIN]\n" + "# a\n" * LARGEST_SPECIFICATION + "# [VPYTHON:END]\n")
    with pytest.raises(Unreadable, match="has more than 1048576 characters"):
        read_specification(program)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: os.mkfifo(path), "it is no regular file"),
        (lambda path: path.mkdir(), "it is a directory"),
        (lambda path: path.symlink_to(path.name), "symbolic link"),
        (lambda path: path.symlink_to("/dev/zero"), "it is no regular file"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not UTF-8"),
    ],
)
def test_what_is_no_file_with_text_is_refused_at_once(tmp_path: Path, make: Callable[[Path], object], reason: str) -> None:
    path = tmp_path / ".vpython3"
    make(path)
    with pytest.raises(Unreadable, match=reason):
        read_specification(path)


def test_what_acts_on_a_terminal_is_shown_escaped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    evil = "\\033[2J\\302\\233\\342\\200\\256"
    path = tmp_path / ".vpython3"
    path.write_text(f'wheel: < name: "infra/python/wheels/a{evil}-py3" version: "version:1{evil}" match_tag: < platform: "{evil}" > >\n')
    for command in (
        ["show"],
        ["show", "--json"],
        ["lint", "--offline"],
        ["lint", "--offline", "--json"],
        ["convert"],
        ["convert", "--to", "requirements"],
    ):
        main([*command, str(path)])
    path = tmp_path / "vpython.toml"
    path.write_text('dependencies = ["\\u001b[2J"]\n"\\u202e" = 1\n[tool."\\u001b"]\na = "\\u009b"\n')
    for command in (["show"], ["lint", "--offline"], ["convert"]):
        main([*command, str(path)])
    path.write_text('dependencies = ["a"]\n"\\u202e" = 1\n[tool."\\u001b"]\na = "\\u009b"\n')
    for command in (["show"], ["show", "--json"], ["lint", "--offline"], ["convert"], ["convert", "--to", "pep723"]):
        main([*command, str(path)])
    captured = capfd.readouterr()
    written = captured.out + captured.err
    assert "x1b[2J" in written or "u001b[2J" in written
    assert not [character for character in written if not character.isprintable() and character != "\n"]


def test_a_name_in_a_text_proto_is_no_path(tmp_path: Path) -> None:
    path = tmp_path / ".vpython3"
    path.write_text('wheel: < name: "infra/python/wheels/../../../etc/passwd" version: "version:1 --index-url=http://evil.example.com" >\n')
    found = read_specification(path)
    conversion = converted(found)
    assert conversion.requirements.dependencies == ()
    assert {problem.rule for problem in conversion.problems} <= {"name-invalid", "version-invalid"}


@pytest.mark.parametrize(
    "text", ["-r /etc/passwd", "--index-url http://evil.example.com", "a\\n-r /etc/passwd", "a --hash=sha256:0", "./local", "-e ."]
)
def test_a_requirement_is_no_option_of_the_resolver(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vpython.toml"
    path.write_text(f'dependencies = ["{text}"]\n')
    with pytest.raises(Unreadable, match="is no requirement"):
        read_specification(path)


OTHER = 12345


@pytest.mark.root
@pytest.mark.parametrize("whose", ["file", "directory", "both", "link"])
def test_a_specification_of_somebody_else_above_a_program_is_refused(tmp_path: Path, whose: str) -> None:
    above = tmp_path / "above"
    inner = above / "inner"
    inner.mkdir(parents=True)
    (inner / "tool.py").write_text("print()\n")
    planted = above / ".vpython3"
    if whose == "link":
        (above / "elsewhere").write_text('python_version: "3.8"\n')
        planted.symlink_to("elsewhere")
        os.chown(planted, OTHER, OTHER, follow_symlinks=False)
    else:
        planted.write_text('python_version: "3.8"\n')
    for path, kinds in ((planted, ("file", "both")), (above, ("directory", "both"))):
        if whose in kinds:
            os.chown(path, OTHER, OTHER)
    command = [sys.executable, str(TOOL), "show", "--program", str(inner / "tool.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"it is owned by uid {OTHER}" in done.stderr
    assert "name the file explicitly" in done.stderr
    allowed = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "HERMETIC_SAFE_DIRECTORIES": str(above)}
    )
    assert allowed.returncode == 0


@pytest.mark.root
def test_a_partner_of_the_owner_of_the_program_is_taken_and_of_others_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    program, partner = tmp_path / "tool.py", tmp_path / "tool.py.vpython3"
    program.write_text("print()\n")
    partner.write_text('python_version: "3.8"\n')
    command = [sys.executable, str(TOOL), "show", "--program", str(program)]
    for owner, code in ((0, 0), (OTHER, 2)):
        os.chown(partner, owner, owner)
        assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == code
    os.chown(program, OTHER, OTHER)
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0


@pytest.mark.root
@pytest.mark.parametrize("whose", ["file", "link"])
def test_a_lock_of_somebody_else_beside_a_program_is_not_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str) -> None:
    """As on hosts: in a directory such as /tmp, everybody can put one there, and it names the code that will run."""
    tmp_path.chmod(0o1777)
    program = script(tmp_path / "tool.py", "x")
    lock = locked(program, block("x"))
    if whose == "link":
        lock.rename(tmp_path / "elsewhere.toml")
        lock.symlink_to("elsewhere.toml")
    assert lock_in_force(read_specification(program)) is not None
    os.chown(lock, OTHER, OTHER, follow_symlinks=False)
    with pytest.raises(HermeticError, match=rf"(?s){lock} is not used.*{lock}: it is owned by uid {OTHER}"):
        lock_in_force(read_specification(program))
    os.chown(program, OTHER, OTHER)
    assert lock_in_force(read_specification(program)) is not None
    os.chown(program, 0, 0)
    monkeypatch.setenv("HERMETIC_SAFE_DIRECTORIES", str(tmp_path))
    assert lock_in_force(read_specification(program)) is not None


def test_a_lock_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "vpython.toml").write_text('requires-python = ">=3.11"\n')
    outside = tmp_path / "outside"
    outside.write_text("precious")
    (tmp_path / "pylock.vpython-toml.toml").symlink_to(outside)
    assert main(["lock", str(tmp_path / "vpython.toml")]) == 1
    assert outside.read_text() == "precious"
    assert main(["lock", "--force", str(tmp_path / "vpython.toml")]) == 0
    assert outside.read_text() == "precious"
    assert not (tmp_path / "pylock.vpython-toml.toml").is_symlink()
