# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications as they are in use: each is read as its reference says, is written and read again, and can be linted and converted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.command.main import main
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.cipd_versions import parse_versions, render_versions
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import WheelList
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.text_proto import parse_text_proto, render_text_proto
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.conversion import converted
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.hosts import hosts_of, pythons_of
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.matching import installed
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.names import package_name
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.linting.linting import lint_specification
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.files import read_specification, read_text
from packaging.requirements import Requirement

DATA = Path(os.environ.get("HERMETIC_TESTDATA") or Path(__file__).resolve().parents[3] / "shared" / "testdata")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there: set HERMETIC_TESTDATA to real specifications")
EXPECTED = ".expected.json"


def files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((DATA / folder).glob("*")) if not path.name.endswith(EXPECTED)]


SPECIFICATIONS = files("vpython_specs", "vpython_inline_blocks")


def test_there_are_some_of_each_kind() -> None:
    assert len(files("vpython_specs")) > 10
    assert len(files("vpython_inline_blocks")) > 10
    assert files("resolved_versions")


def test_each_is_shown_as_its_reference_says(capsys: pytest.CaptureFixture[str]) -> None:
    for path in SPECIFICATIONS:
        assert main(["show", "--json", str(path)]) == 0, path
        assert json.loads(capsys.readouterr().out) == json.loads(path.with_name(path.name + EXPECTED).read_text()), path


def test_all_are_shown_at_once_by_their_paths(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--json", *map(str, SPECIFICATIONS)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {str(path): json.loads(path.with_name(path.name + EXPECTED).read_text()) for path in SPECIFICATIONS}


def test_each_can_be_written_and_read_again() -> None:
    for path in SPECIFICATIONS:
        content = read_specification(path).content
        assert isinstance(content, WheelList)
        assert parse_text_proto(render_text_proto(content))[0] == content, path


def test_each_gives_every_host_the_same_packages_after_conversion() -> None:
    for path in SPECIFICATIONS:
        specification = read_specification(path)
        content = specification.content
        assert isinstance(content, WheelList)
        conversion = converted(specification)
        assert not conversion.problems, path
        requirements = [Requirement(text) for text in conversion.requirements.dependencies]
        for host in hosts_of(
            pythons_of(specification), ("linux-x86_64", "linux-aarch64", "macos-x86_64", "macos-arm64", "windows-x86_64", "windows-x86")
        ):
            values = {**host.target.environment, "extra": ""}
            after = {each.name for each in requirements if each.marker is None or each.marker.evaluate(values)}
            before = {package_name(wheel.name).name for wheel in installed(content, host.tags)}  # type: ignore[union-attr]
            assert after == before, (path, host.label)


def test_lint_finds_no_error_in_them_that_vpython_would_not_have_either() -> None:
    found = {
        problem.rule for path in SPECIFICATIONS for problem in lint_specification(read_specification(path)) if problem.severity == "error"
    }
    # Real mistakes that vpython passes over in silence; none is about syntax, names or versions.
    assert found <= {"tag-never-matches", "never-installed", "duplicate"}


def test_resolved_versions_are_read_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for path in files("resolved_versions"):
        found = parse_versions(read_text(str(path), largest=1 << 24), path=str(path))
        assert found, path
        assert parse_versions(render_versions(found), path="again") == tuple(
            sorted(set(found), key=lambda each: (each.package, each.version))
        )
        assert main(["show", "--json", str(path)]) == 0
        assert json.loads(capsys.readouterr().out) == [each.as_json() for each in found]
