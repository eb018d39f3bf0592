# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of lint: each finds what it is for, at its line, and nothing in a good specification."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.problem import Problem
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.linting.linting import lint_specification
from spec_samples import read, wheel

PROTO = 'python_version: "3.8"\n'


def lint(text: str, path: str = "tool.vpython3") -> list[Problem]:
    return [problem for problem in lint_specification(read(text, path)) if problem.rule != "lock-missing"]


def rules(text: str, path: str = "tool.vpython3") -> list[tuple[str, str, int]]:
    return [(problem.rule, problem.severity, problem.line) for problem in lint(text, path)]


GOOD_TAGS = [
    'platform: "win_amd64"',
    'platform: "manylinux1_x86_64"',
    'python: "cp38" abi: "cp38"',
    'python: "py3"',
    'platform: "macosx_10_6_intel"',
    'abi: "none"',
]


@pytest.mark.parametrize("tag", GOOD_TAGS)
def test_a_good_specification_has_no_findings(tag: str) -> None:
    assert (
        rules(PROTO + wheel("a-py3", match_tag=tag) + wheel("b/${vpython_platform}", "1.0.chromium.2", not_match_tag='platform: "win32"'))
        == []
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (wheel(match_tag='platform: "windows-x64"'), [("never-installed", "error", 2), ("tag-never-matches", "error", 2)]),
        (
            wheel(match_tag='platform: "win32" > match_tag: < platform: "windows-x64"'),
            [("tag-never-matches", "error", 2)],
        ),
        (wheel(not_match_tag='platform: "linux_arm64"'), [("tag-never-matches", "error", 2)]),
        (wheel(match_tag=""), [("never-installed", "error", 2), ("tag-empty", "error", 2)]),
        (wheel(match_tag='python: "cp27"'), [("never-installed", "error", 2)]),
        (wheel(match_tag='platform: "linux_riscv64"'), [("no-platform", "warning", 2)]),
        (wheel(not_match_tag='abi: "none"'), [("never-installed", "error", 2)]),
        (wheel() + wheel(version="2.0"), [("duplicate", "error", 3)]),
        (wheel() + wheel(), [("duplicate", "warning", 3)]),
        (wheel("a-py3") + wheel("a/${vpython_platform}"), [("duplicate", "error", 3)]),
        (wheel(version="abc"), [("version-invalid", "error", 2)]),
        ('wheel: < name: "infra/python/wheels/a-py3" version: "latest" >', [("version-moves", "error", 2)]),
        ('wheel: < name: "infra/python/wheels/a-py3" >', [("version-missing", "error", 2)]),
        ('wheel: < version: "version:1" >', [("name-missing", "error", 2)]),
        ('wheel: < name: "infra/python/wheels/a\\n" version: "version:1" >', [("name-invalid", "error", 2)]),
        ('wheel: < name: "x/a" version: "version:1" >', [("name-guessed", "warning", 2)]),
        (wheel("a/${pyton}"), [("template-unknown", "error", 2)]),
        (wheel("enum34-py2"), [("wrong-python", "error", 2)]),
        (wheel("six-py2_py3"), []),
        (wheel("psutil/linux-amd64_cp38_cp38"), [("platform-fixed", "warning", 2)]),
        (wheel("psutil/linux-amd64_cp38_cp38", match_tag='platform: "linux_x86_64"'), []),
        (wheel("psutil/linux-amd64_cp27_cp27mu", match_tag='platform: "linux_x86_64"'), [("platform-fixed", "warning", 2)]),
        (wheel("psutil/windows-amd64", match_tag='platform: "win_amd64"'), []),
        ('virtualenv: < name: "v" >', [("virtualenv-ignored", "warning", 2)]),
        ('verify_pep425_tag: < platform: "linux_arm64" >', []),
        ('verify_pep425_tag: < platform: "windows-x64" >', [("tag-never-matches", "error", 2)]),
        ("verify_pep425_tag: < >", [("tag-empty", "error", 2)]),
        ('verify_pep425_tag: < python: "cp38" >', [("tag-incomplete", "error", 2)]),
        ('verify_pep425_tag: < python: "cp39" platform: "win32" >', [("tag-other-python", "warning", 2)]),
    ],
)
def test_rules_for_text_protos(text: str, found: list[tuple[str, str, int]]) -> None:
    assert rules(PROTO + text) == found


def test_two_versions_with_tags_that_exclude_each_other_are_fine() -> None:
    text = wheel(match_tag='platform: "macosx_11_0_arm64"') + wheel(version="2.0", not_match_tag='platform: "macosx_11_0_arm64"')
    assert rules(PROTO + text) == []


def test_two_versions_for_two_pythons_are_fine_where_both_may_be_meant() -> None:
    text = wheel(match_tag='abi: "cp38"') + wheel(version="2.0", match_tag='abi: "cp311"')
    assert rules(text, "a.py.vpython3") == []
    assert [rule for rule, *_ in rules(PROTO + text)] == ["never-installed"]


def test_the_name_of_a_file_says_which_python_is_meant() -> None:
    assert rules(wheel("a-py3"), ".vpython") == [("wrong-python", "error", 1)]
    assert rules(wheel("a-py2"), ".vpython") == []
    assert rules(wheel("a-py2"), ".vpython3") == [("wrong-python", "error", 1)]
    assert rules(wheel("a-py2") + wheel("b-py3"), "tool") == []


def test_a_version_of_python_that_is_none() -> None:
    assert rules('python_version: "three"') == [("python-version-invalid", "error", 1)]


def test_messages_name_what_was_found_and_what_may_be_meant() -> None:
    found = lint(PROTO + wheel("pywin32-py3", match_tag='platform: "windows-x64"'))
    assert str(found[-1]) == (
        "tool.vpython3:2:73: error[tag-never-matches]: wheel[0].match_tag[0]: it never matches: "
        "platform 'windows-x64' is no platform of a wheel; 'win_amd64' may be meant"
    )


TOML = 'requires-python = ">=3.11,<3.12"\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'{TOML}dependencies = ["a>=1", "b; sys_platform == \'win32\'"]', []),
        (f'{TOML}dependencies = ["a==1",\n "A==2"]', [("duplicate", "error", 3)]),
        (f'{TOML}dependencies = ["a>=1",\n "a<2"]', [("duplicate", "warning", 3)]),
        (f"{TOML}dependencies = [\"a==1; os_name == 'nt'\",\n \"a==2; os_name == 'posix'\"]", []),
        (f"{TOML}dependencies = [\n \"a; sys_platform == 'windows'\"]", [("never-installed", "error", 3)]),
        (f"{TOML}dependencies = [\"a; python_version < '3'\"]", [("never-installed", "error", 2)]),
        (f'{TOML}dependencies = [\n "a @ https://x.example.com/a.whl"]', [("requirement-url", "error", 3)]),
        (f'{TOML}dependencies = ["a"]\nrequires_python = "3"', [("field-unknown", "error", 3)]),
        ('requires-python = "<3"', [("requires-python-unfulfillable", "error", 1)]),
        (f'{TOML}[tool.hermetic]\nplatforms = ["linux"]', [("platform-unknown", "error", 2)]),
        (f"{TOML}[tool.hermetic]\nplatforms = 3", [("setting-invalid", "error", 2)]),
        (f"{TOML}[tool.hermetic]\nplatform = []", [("setting-unknown", "error", 2)]),
        (f"{TOML}[tool.other]\nplatform = []", []),
        (f'{TOML}[tool.uv]\nexclude-newer = "2026-01-01"', [("tool-ignored", "warning", 2)]),
        ('requires-python = "==3.12"\ndependencies = ["a"]', [("requires-python-exact", "warning", 1)]),
        ('requires-python = "==3.12.*"\ndependencies = ["a"]', []),
    ],
)
def test_rules_for_requirements(text: str, found: list[tuple[str, str, int]]) -> None:
    assert rules(text, "vpython.toml") == found
