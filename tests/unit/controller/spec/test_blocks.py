# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications within programs: blocks of PEP 723 and between the guards of vpython."""

from __future__ import annotations

import re

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.guarded_block import find_guarded_block, render_guarded_block
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.problem import Unreadable
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.recognition import specification_in
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.script_block import find_script_block, render_script_block
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import Form, Requirements, WheelList
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.text_proto import render_text_proto
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.toml_form import render_toml_form
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.files import text_of
from hypothesis import given
from hypothesis import strategies as st
from spec_samples import read, refused, requirements, wheel_lists

# What PEP 723 gives as the one definition of a block.
CANONICAL = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")

LINES = st.lists(
    st.sampled_from(
        [
            "# /// script",
            "# /// other",
            "# ///",
            "#",
            "# x = 1",
            "#x",
            " # /// script",
            "# /// script ",
            "import os",
            "",
            "# /// a b",
            "#\t",
            "# ",
        ]
    ),
    max_size=14,
)


def reference(program: str) -> list[str]:
    return [
        "".join(line[2:] if line.startswith("# ") else line[1:] for line in match["content"].splitlines(keepends=True))
        for match in CANONICAL.finditer(program)
        if match["type"] == "script"
    ]


@given(LINES, st.booleans())
def test_a_block_is_what_the_definition_says(lines: list[str], ends: bool) -> None:
    program = "\n".join(lines) + ("\n" if ends else "")
    expected = reference(program)
    try:
        found = find_script_block(program)
    except Unreadable as error:
        rules = {problem.rule for problem in error.found}
        assert rules == ({"block-repeated"} if len(expected) > 1 else {"block-unterminated"})
        assert len(expected) != 1
        return
    assert [found.text] if found else expected == []
    if expected:
        assert found is not None
        assert found.text == expected[0]


def test_the_last_closing_line_of_the_comment_ends_a_block() -> None:
    program = "# /// script\n# dependencies = []\n# ///\n# text = 1\n# ///\n\n# ///\n"
    found = find_script_block(program)
    assert found is not None
    assert found.text == "dependencies = []\n///\ntext = 1\n"


def test_a_second_block_and_one_without_an_end_are_errors_with_their_lines() -> None:
    twice = "# /// script\n# x = 1\n# ///\n\n# /// script\n# y = 1\n# ///\n"
    assert refused(twice, "tool.py")[0].startswith("tool.py:5: error[block-repeated]")
    assert refused("import os\n# /// script\n# x = 1\n", "tool.py")[0].startswith("tool.py:2: error[block-unterminated]")
    assert refused("# /// script\n# x = 1\nimport os\n# ///\n", "tool.py")[0].startswith("tool.py:1: error[block-unterminated]")


def test_errors_in_a_block_have_the_place_in_the_program() -> None:
    program = (
        '#!/usr/bin/env vpython3\n\n# /// script\n# dependencies = [\n#   "ok",\n#   "not ok ok",\n# ]\n# requires-python = 3\n# ///\n'
    )
    found = refused(program, "tool.py")
    assert [line.split(": ")[0] for line in found] == ["tool.py:6:5", "tool.py:8:3"]
    assert "dependencies[1]" in found[0]


@given(requirements)
def test_a_script_block_that_is_written_is_read_again(content: Requirements) -> None:
    program = "#!/usr/bin/env python3\n" + render_script_block(render_toml_form(content)) + "print()\n"
    # A program has its lines normalised when it is read from a file.
    found = specification_in(text_of(program.encode()), path="tool.py")
    assert found is not None
    assert (found.form, found.content) == (Form.SCRIPT, content)


@given(wheel_lists, st.sampled_from(["# ", "#", "", "// ", "    # ", " * ", "\t", '"""']))
def test_a_guarded_block_that_is_written_is_read_again(content: WheelList, prefix: str) -> None:
    program = "import os\n" + render_guarded_block(render_text_proto(content), prefix=prefix) + "print()\n"
    found = specification_in(text_of(program.encode()), path="tool.py")
    if found is None:
        assert content == WheelList()
        return
    assert (found.form, found.content) == (Form.INLINE, content)


@pytest.mark.parametrize("prefix", ["# ", "#", "", "// ", "  # ", "; ", "rem "])
def test_any_prefix_that_both_guards_have_is_taken_away(prefix: str) -> None:
    block = find_guarded_block(f'x\n{prefix}[VPYTHON:BEGIN]\n{prefix}# c\n{prefix.rstrip()}\n{prefix}  a: "b"\n{prefix}[VPYTHON:END]\n')
    assert block is not None
    assert (block.text, block.first_line, block.prefix) == ('# c\n\n  a: "b"\n', 3, prefix)


def test_with_two_prefixes_the_lines_stay_as_they_are() -> None:
    block = find_guarded_block('# [VPYTHON:BEGIN]\n# a: "b"\n## [VPYTHON:END]')
    assert block is not None
    assert block.text == '# a: "b"\n'


def test_a_line_without_the_prefix_stays_as_it_is() -> None:
    block = find_guarded_block('# [VPYTHON:BEGIN]\npython_version: "3.8"\n# [VPYTHON:END]')
    assert block is not None
    assert block.text == 'python_version: "3.8"\n'


def test_guards_end_their_lines_and_must_come_in_pairs() -> None:
    assert find_guarded_block('print("[VPYTHON:BEGIN]")\n') is None
    assert find_guarded_block("# [VPYTHON:BEGIN]\n# [VPYTHON:END]\n") is None
    assert refused("x\n# [VPYTHON:BEGIN]\n# a\n", "tool.py")[0].startswith("tool.py:2: error[block-unterminated]")


def test_places_in_a_guarded_block_are_those_of_the_program() -> None:
    program = '#!/usr/bin/env vpython\n# [VPYTHON:BEGIN]\n# wheel: <\n#   nam: "x"\n# >\n# [VPYTHON:END]\n'
    assert refused(program, "tool.py")[0].startswith("tool.py:4:5: error[field-unknown]: nam:")
    good = read(program.replace("nam:", "name:"), "tool.py")
    assert good.place("wheel", 0, "name") == (4, 5)


def test_a_block_of_pep_723_goes_before_one_between_guards() -> None:
    program = '# /// script\n# dependencies = ["a"]\n# ///\n# [VPYTHON:BEGIN]\n# python_version: "3.8"\n# [VPYTHON:END]\n'
    assert read(program, "tool.py").form is Form.SCRIPT


def test_the_form_of_a_file_follows_from_its_name_or_else_from_its_content() -> None:
    proto = 'python_version: "3.8"\n'
    commented = f"# see [VPYTHON:BEGIN]\n{proto}"
    for name in (".vpython3", ".vpython", "tool.py.vpython3", "common.vpython", "saved.txt"):
        assert read(proto, name).form is Form.TEXT_PROTO
    assert read(commented, ".vpython3").form is Form.TEXT_PROTO
    assert read(commented, "saved.txt").form is Form.TEXT_PROTO
    assert read('dependencies = ["a"]\n', "vpython.toml").form is Form.TOML
    assert read(f"# [VPYTHON:BEGIN]\n# {proto}# [VPYTHON:END]\n", "inline.txt").form is Form.INLINE
    assert specification_in("print()\n", path="tool.py") is None
    assert specification_in("#!/bin/sh\necho\n", path="tool") is None


def test_the_digest_is_that_of_the_text_alone() -> None:
    import hashlib

    text = 'python_version: "3.8"\n'
    program = f"# [VPYTHON:BEGIN]\n# {text}# [VPYTHON:END]\n"
    assert read(program, "a.py").digest == read(text, ".vpython3").digest == hashlib.sha256(text.encode()).hexdigest()
    # A byte order mark and the ends of lines are of the file, not of the text.
    assert read(text_of(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())).digest == read(text).digest
    assert read(text_of(text.replace("\n", "\r").encode())).digest == read(text).digest
