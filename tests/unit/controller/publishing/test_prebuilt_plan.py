# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels are to be prebuilt, and what an index makes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import ByteCode
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.change import Change, Placement
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.prebuilt_plan import (
    add_prebuilt,
    described_prebuilt,
    missing_prebuilt,
    prune_prebuilt,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.prebuilt_wheels import PrebuiltFile, WantedPrebuilt, wanted_of
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import index_problems

BYTE_CODE = ByteCode("cpython-312", "cb0d0d0a", by_engine=True)
ALPHA = WantedPrebuilt("ab" * 32, "alpha-1.0-py3-none-any.whl", BYTE_CODE, "3.12.4")
ENTRY: dict[str, Any] = {"sha256": "cd" * 32, "size": 1, "unpacked": 2, "receipt": "ef" * 32, "python": "3.12.4"}
PATH = f"prebuilt/{ENTRY['sha256']}/{ALPHA.tree_id}.tar.gz"


def index() -> dict[str, Any]:
    python = {"byte_code": BYTE_CODE.as_fact()}
    release = {"platforms": {"linux-x86_64": {"python": python, "engine": True}}}
    wheels = {ALPHA.sha256: {"path": f"wheels/{ALPHA.sha256}/{ALPHA.filename}", "size": 1}}
    return {"format": 1, "serial": 1, "bundles": {"python": {"channels": {}, "releases": {"1": release}}}, "wheels": wheels}


def added(document: dict[str, Any]) -> tuple[list[Change], list[Placement]]:
    changes: list[Change] = []
    placements: list[Placement] = []
    add_prebuilt(document, PrebuiltFile(ALPHA, Path("/tmp/made"), ENTRY), changes, placements)
    return changes, placements


def test_an_archive_is_named_and_placed_by_its_digest() -> None:
    document = index()
    changes, placements = added(document)
    assert document["prebuilt"] == {ALPHA.sha256: {BYTE_CODE.digest: {**ENTRY, "path": PATH}}}
    assert [change.action for change in changes] == ["add_prebuilt"]
    assert placements == [Placement(Path("/tmp/made"), PATH, ENTRY["sha256"])]
    assert [change.action for change in added(document)[0]] == ["restore_prebuilt"]
    assert described_prebuilt(document) == [f"prebuilt {ALPHA.filename} for byte code {BYTE_CODE.digest[:12]}"]


def test_what_is_there_is_not_made_again() -> None:
    document = index()
    assert missing_prebuilt(document, [ALPHA], lambda _path, _size: True) == [ALPHA]
    added(document)
    assert missing_prebuilt(document, [ALPHA], lambda path, size: (path, size) == (PATH, 1)) == []
    assert missing_prebuilt(document, [ALPHA], lambda _path, _size: False) == [ALPHA]
    other = replace(ALPHA, byte_code=replace(BYTE_CODE, magic="f30d0d0a"))
    assert missing_prebuilt(document, [other], lambda _path, _size: True) == [other]


@pytest.mark.parametrize(
    ("gone", "reason"), [("wheels", "its wheel is not in the repository"), ("bundles", "no release reads its byte code")]
)
def test_an_archive_goes_with_its_wheel_and_with_the_last_release_of_its_byte_code(gone: str, reason: str) -> None:
    document = index()
    changes: list[Change] = []
    dropped: list[str] = []
    added(document)
    before = dict(document)
    prune_prebuilt(document, changes, dropped)
    assert document == before and not changes and not dropped
    document[gone] = {}
    prune_prebuilt(document, changes, dropped)
    assert "prebuilt" not in document and dropped == [PATH]
    assert changes == [Change("remove_prebuilt", f"file:{PATH}", reason)]


def bundle(platform: str = "linux-x86_64", *, version: str = "3.12.4", engine: bool = True, byte_code: ByteCode | None = BYTE_CODE) -> Any:
    fact = {} if byte_code is None else {"byte_code": byte_code.as_fact()}
    python = {"version": version, **fact}
    return SimpleNamespace(
        name="python", release="1", platform=platform, python=python, engine=engine, target=SimpleNamespace(label=platform)
    )


def selection(*names: str) -> Any:
    return SimpleNamespace(wheels=[SimpleNamespace(sha256=name, filename=f"{name}-1.0-py3-none-any.whl") for name in names])


def test_a_wheel_of_several_platforms_is_wanted_once_for_each_byte_code() -> None:
    bundles = [bundle(), bundle("windows-x86_64"), bundle("macos-arm64", version="3.12.9")]
    selections = {
        ("lock", "linux-x86_64"): selection("a", "b"),
        ("lock", "windows-x86_64"): selection("a", "c"),
        ("two", "macos-arm64"): selection("a"),
    }
    wanted, reasons = wanted_of(bundles, selections)
    assert {each.sha256 for each in wanted} == {"a", "b", "c"} and len(wanted) == 3 and reasons == []
    assert next(each.version for each in wanted if each.sha256 == "a") == "3.12.9"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (bundle(byte_code=None), "does not state its byte code"),
        (bundle(engine=False), "cannot run the engine"),
        (bundle(version="3.10.4"), "other bytes each time"),
    ],
)
def test_a_bundle_for_which_nothing_can_be_prebuilt_has_a_reason(made: Any, reason: str) -> None:
    wanted, reasons = wanted_of(
        [made, bundle("windows-x86_64")], {("lock", "linux-x86_64"): selection("a"), ("lock", "windows-x86_64"): selection("b")}
    )
    assert [each.sha256 for each in wanted] == ["b"]
    assert len(reasons) == 1 and reason in reasons[0] and "linux-x86_64" in reasons[0]


@pytest.mark.parametrize(
    ("filename", "windows"),
    [
        ("a-1-cp312-cp312-win_amd64.whl", True),
        ("a-1-py3-none-win32.win_amd64.whl", True),
        ("a-1-py3-none-any.whl", False),
        ("a-1-cp312-cp312-manylinux_2_17_x86_64.whl", False),
    ],
)
def test_the_name_of_a_wheel_says_whether_it_is_for_windows_alone(filename: str, windows: bool) -> None:
    assert replace(ALPHA, filename=filename).for_windows is windows


@pytest.mark.parametrize(
    ("prebuilt", "problem"),
    [
        ([], "prebuilt is a list"),
        ({"x": {}}, "under the SHA-256 of a wheel"),
        ({ALPHA.sha256: []}, "it is a list"),
        ({ALPHA.sha256: {"x": ENTRY}}, "for the byte code 'x'"),
        ({ALPHA.sha256: {BYTE_CODE.digest: 7}}, "it is 7"),
        ({ALPHA.sha256: {BYTE_CODE.digest: {**ENTRY, "path": "../x"}}}, "leaves the repository"),
        ({ALPHA.sha256: {BYTE_CODE.digest: {**ENTRY, "path": PATH, "sha256": "x"}}}, "is not a SHA-256"),
        ({ALPHA.sha256: {BYTE_CODE.digest: {**ENTRY, "path": PATH, "size": -1}}}, "its size is -1"),
        ({ALPHA.sha256: {BYTE_CODE.digest: {**ENTRY, "path": PATH, "unpacked": "x"}}}, "its unpacked size is 'x'"),
        ({ALPHA.sha256: {BYTE_CODE.digest: {**ENTRY, "path": PATH, "receipt": None}}}, "its receipt is None"),
        ({ALPHA.sha256: {BYTE_CODE.digest: {**ENTRY, "path": PATH, "python": "3"}}}, "its python is '3'"),
    ],
)
def test_an_index_is_judged(prebuilt: Any, problem: str) -> None:
    document = {**index(), "bundles": {}, "prebuilt": prebuilt}
    assert any(problem in each for each in index_problems(document)), index_problems(document)


def test_an_index_that_is_right_has_no_problem() -> None:
    document = {**index(), "bundles": {}}
    assert index_problems(document) == []
    added(document)
    assert index_problems(document) == []
