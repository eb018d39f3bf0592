# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""vpython.toml: what it may say, and everything that is wrong with one at once."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import Requirements
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.toml_form import parse_toml_form, render_toml_form
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.conversion import converted
from hypothesis import given
from spec_samples import read, refused, requirements

NAME = "vpython.toml"


@given(requirements)
def test_what_is_written_is_read_again(content: Requirements) -> None:
    assert parse_toml_form(render_toml_form(content), may_be_empty=True)[0] == content


def test_python_requirements_and_tools_are_read() -> None:
    found = read('requires-python = ">=3.11"\ndependencies = ["a>=1", "b"]\n[tool.hermetic]\nplatforms = ["linux-x86_64"]\n', NAME).content
    assert found == Requirements(">=3.11", ("a>=1", "b"), {"hermetic": {"platforms": ["linux-x86_64"]}})
    assert found.as_json() == {
        "requires-python": ">=3.11",
        "dependencies": ["a>=1", "b"],
        "tool": {"hermetic": {"platforms": ["linux-x86_64"]}},
    }


def test_every_problem_is_reported_with_its_line() -> None:
    text = 'dependencies = [\n  "good",\n  "bad bad",\n  7,\n  \'worse ==\',\n]\nrequires-python = "newest"\ntool = 1\n'
    assert [line.split(" ")[0] + line.split(": ")[2] for line in refused(text, NAME)] == [
        "vpython.toml:1:1:dependencies[2]",
        "vpython.toml:3:3:dependencies[1]",
        "vpython.toml:5:3:dependencies[3]",
        "vpython.toml:7:1:requires-python",
        "vpython.toml:8:1:tool",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = \n", ":1:5:"),
        ("a = 1\n\nb = [\n", ":3:"),
        ("a = 1\na = 2\n", ":2:6:"),
        ("a = '\x01'\n", ":1:6:"),
        ("a = 2026-13-45\n", ":1:"),
    ],
)
def test_what_is_no_toml_is_refused_where_it_goes_wrong(text: str, place: str) -> None:
    assert place in refused(text, NAME)[0], refused(text, NAME)


@pytest.mark.parametrize("text", ["", "# nothing\n", "[project]\nname = 'x'\n", 'requires-python = ""\n'])
def test_a_file_that_says_nothing_is_refused(text: str) -> None:
    assert "says neither requires-python nor dependencies" in refused(text, NAME)[0]


def test_no_dependencies_are_a_statement_and_what_an_empty_list_of_wheels_becomes() -> None:
    assert read("dependencies = []\n", NAME).content == Requirements(None, ())
    assert read(render_toml_form(converted(read("# no packages\n")).requirements), NAME).content == Requirements(None, ())


def test_keys_that_nobody_reads_are_remembered_for_lint() -> None:
    content = read('dependencies = ["a"]\nrequires_python = ">=3"\n', NAME).content
    assert isinstance(content, Requirements)
    assert content.unknown == ("requires_python",)


@pytest.mark.parametrize("text", ["dependencies = " + "[" * 3000, "x = " + "{a=" * 3000 + "1", f"x = {'9' * 5000}"])
def test_what_no_person_wrote_is_refused_and_does_not_end_the_reader(text: str) -> None:
    assert "vpython.toml" in refused(text, NAME)[0]


@pytest.mark.parametrize("marker", ["python_full_version ~= '3'", "'x' in extras", "os_name ~= '1.0'"])
def test_a_marker_that_nobody_can_evaluate_is_refused_in_its_line(marker: str) -> None:
    (problem,) = refused(f'dependencies = [\n  "a; python_version ~= \'3.9\'",\n  "b; {marker}",\n]\n', NAME)
    assert problem.startswith("vpython.toml:3:3: error[requirement-invalid]: dependencies[1]: ")
    assert "cannot be evaluated" in problem
