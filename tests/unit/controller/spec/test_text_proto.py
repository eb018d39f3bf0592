# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text protos: every way of writing that occurs, and errors with line, column and field, all at once."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import Form, ListedWheel, Tag, WheelList
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.text_proto import parse_text_proto, render_text_proto
from hypothesis import given
from spec_samples import read, refused, wheel_lists

ONE = WheelList("3.8", (ListedWheel("a", "version:1.0"),))


@pytest.mark.parametrize(
    "text",
    [
        'python_version: "3.8"\nwheel: <\n  name: "a"\n  version: "version:1.0"\n>\n',
        'python_version: "3.8" wheel { name: "a" version: "version:1.0" }',
        "python_version: '3.8'; wheel: { name: 'a', version: 'version:1.0', },",
        'python_version: "3.8"\r\nwheel <\r\n\tname: "a"\r\n\tversion: "version:1.0"\r\n>\r\n'.replace("\r\n", "\n"),
        '# a comment\npython_version: "3.8" # "another"\nwheel: [ < name: "a" version: "version:1.0" > ]\n',
        'python_version: "3" ".8"\nwheel: [{name: "a" version: "version:"\n  "1.0"}]',
        'python_version: "3\\x2e8" wheel: < name: "\\141" version: "version:1\\0560" >',
        '1: "3.8" 2: < 1: "a" 2: "version:1.0" >',
        'wheel: [ ]\npython_version: "3.8"\nwheel <name: "a" version: "version:1.0">;',
    ],
)
def test_every_way_of_writing_a_specification_is_read(text: str) -> None:
    assert read(text).content == ONE


def test_wheels_of_lists_and_of_their_own_come_in_the_order_of_the_text() -> None:
    found = read('wheel { name: "a" } wheel: [ < name: "b" >, { name: "c" } ] wheel: <name: "d">').content
    assert [each["name"] for each in found.as_json()["wheel"]] == ["a", "b", "c", "d"]


def test_all_fields_are_read_and_shown_by_their_own_names() -> None:
    text = """
    wheel: < name: "n" version: "v" match_tag: < python: "cp38" abi: "cp38" > match_tag: < platform: "win32" > not_match_tag: [ < > ] >
    virtualenv: < name: "env" version: "latest" >
    verify_pep425_tag: < platform: "win_amd64" > verify_pep425_tag: { }
    """
    content = read(text).content
    assert content == WheelList(
        "",
        (ListedWheel("n", "v", (Tag("cp38", "cp38"), Tag(platform="win32")), (Tag(),)),),
        ListedWheel("env", "latest"),
        (Tag(platform="win_amd64"), Tag()),
    )
    assert content.as_json() == {
        "wheel": [
            {"name": "n", "version": "v", "match_tag": [{"python": "cp38", "abi": "cp38"}, {"platform": "win32"}], "not_match_tag": [{}]}
        ],
        "virtualenv": {"name": "env", "version": "latest"},
        "verify_pep425_tag": [{"platform": "win_amd64"}, {}],
    }


@given(wheel_lists)
def test_what_is_written_is_read_again(content: WheelList) -> None:
    assert parse_text_proto(render_text_proto(content))[0] == content


def test_an_empty_text_asks_for_nothing() -> None:
    assert read("# only a comment\n").content == WheelList()
    assert read("").is_empty


def test_every_problem_is_reported_with_line_column_and_field() -> None:
    text = 'wheel <\n  nam: "x"\n  version: "y"\n  version: "z"\n>\nwheels: < a: 1 b < c: 2 > >\npython_version: 3\n'
    assert refused(text) == [
        "tool.vpython3:2:3: error[field-unknown]: nam: Package has no field of this name; it has name, version, match_tag, not_match_tag",
        "tool.vpython3:4:3: error[field-repeated]: version: it may be given once only, also in line 3; remove one",
        "tool.vpython3:6:1: error[field-unknown]: wheels: Spec has no field of this name; it has python_version, wheel, virtualenv, verify_pep425_tag",
        "tool.vpython3:7:17: error[syntax]: Expected string but found: '3'",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('wheel: <\n  name: "a"\n', ":2:9:"),
        ('wheel: <\n  name: "a\n>', ":2:9:"),
        ("wheel: <\n  name: a\n>", ":2:9:"),
        ("wheel: <\n}\n", ":2:1:"),
        ('wheel: "a"', ":1:8:"),
        ('python_version: [ "3", "8" ]', ":1:17:"),
        ("wheel: [ < >, ]", ":1:15:"),
        ("= 3", ":1:1:"),
        ('a: "b', ":1:"),
        ("wheel: <\0>", ":1:9:"),
        ('name\n: "\\xff"', ":1:1:"),
    ],
)
def test_what_is_no_text_proto_is_refused_where_it_goes_wrong(text: str, place: str) -> None:
    assert any(f"tool.vpython3{place}" in line for line in refused(text)), refused(text)


def test_an_escape_that_is_no_unicode_is_refused() -> None:
    assert "syntax" in refused('python_version: "\\xff"')[0]


def test_fields_of_extensions_are_unknown() -> None:
    assert "[a.b]: Spec has no field" in refused('[a.b]: < x: "y" >\npython_version: "3.8"')[0]


def test_places_are_known_by_field() -> None:
    found = read('wheel: [\n  { name: "a" },\n  { name: "b"\n    match_tag <> }\n]\nverify_pep425_tag <>\n')
    assert found.form is Form.TEXT_PROTO
    assert found.place("wheel", 1, "name") == (3, 5)
    assert found.place("wheel", 1, "match_tag", 0) == (4, 5)
    assert found.place("wheel", 1, "version") == (3, 3)
    assert found.place("verify_pep425_tag", 0) == (6, 1)
    assert found.place("python_version") == (0, 0)
