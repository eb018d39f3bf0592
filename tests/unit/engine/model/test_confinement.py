# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What says that an interpreter looks for its parts in its own tree only, and what follows where a bundle does not say so."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import file_severity
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.confinement import is_open, landmarks, missing_landmarks
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.search_landmarks import add_landmarks
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import check_metadata
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Index
from ansible_collections.hermetic.python.plugins.plugin_utils.target.resolver import Resolver
from bundle_samples import tree_at
from host_samples import PYTHON, SYSTEM, bundle_info, found_by, host_as_declared


def _index(**entry: Any) -> Index:
    known = {
        "path": "bundles/a.tar.gz",
        "sha256": "a" * 64,
        "size": 1,
        "python": {"version": "3.12.1", "tag": "cp312", "abi": "cp312", "implementation": "cpython"},
        "libc": {"family": "glibc", "minimum": "2.17"},
        "hermetic": "launcher",
        "engine": True,
    }
    platforms = {"linux-x86_64": {**known, **entry}}
    bundles = {"python": {"channels": {"stable": "3.12.1+1"}, "releases": {"3.12.1+1": {"platforms": platforms}}}}
    return Index("/repository", {"format": 1, "serial": 1, "bundles": bundles, "wheels": {}})


@pytest.mark.parametrize(
    ("platform", "version", "lacks"),
    [
        ("linux-x86_64", "3.12.1", ["lib/python312.zip", "lib/python3.12/os.py", "lib/python3.12/lib-dynload"]),
        ("macos-arm64", "3.11.9", ["lib/python311.zip", "lib/python3.11/os.py", "lib/python3.11/lib-dynload"]),
        ("linux-x86_64", "3.10.13", ["lib/python3.10/os.py", "lib/python3.10/lib-dynload"]),
        ("linux-x86_64", "2.7.18", ["lib/python2.7/os.py", "lib/python2.7/lib-dynload"]),
        ("windows-x86_64", "3.12.0", ["bin/python312._pth"]),
    ],
)
def test_an_empty_tree_lacks_every_landmark(platform: str, version: str, lacks: list[str]) -> None:
    info = {"platform": platform, "python": {"version": version}, "files": {}}
    assert missing_landmarks(info) == lacks
    info["files"] = {path: {"type": kind} for path, kind in landmarks(platform=platform, version=version).items()}
    assert missing_landmarks(info) == []
    # A link could lead anywhere, and a directory is no zip.
    info["files"] = {path: {"type": "link"} for path in info["files"]}
    assert missing_landmarks(info) == lacks


def test_the_builder_makes_what_the_engine_looks_for(tmp_path: Path) -> None:
    tree = tree_at(tmp_path, version="3.13.0")
    (tree.stdlib_directory / "os.py").write_text("")
    add_landmarks(tree)
    assert (tmp_path / "lib" / "python313.zip").is_file()
    assert not zipfile.is_zipfile(tmp_path / "lib" / "python313.zip")
    assert (tmp_path / "lib" / "python3.13" / "lib-dynload").is_dir()


@pytest.mark.parametrize(
    ("described", "looks_above"),
    [
        ({"platform": "linux-x86_64", "python": {"version": "3.12.1"}}, True),
        ({"platform": "macos-arm64", "python": {"version": "3.11.1"}}, True),
        ({"platform": "linux-x86_64", "python": {"version": "3.12.1"}, "confined": None}, True),
        ({"platform": "linux-x86_64", "python": {"version": "3.12.1"}, "confined": False}, True),
        ({"platform": "linux-x86_64", "python": {"version": "3.12.1"}, "confined": True}, False),
        ({"platform": "linux-x86_64", "python": {"version": "3.10.9"}}, False),
        ({"platform": "linux-x86_64", "python": {"version": "2.7.18"}}, False),
        ({"platform": "windows-x86_64", "python": {"version": "3.12.1"}}, False),
    ],
)
def test_an_index_of_before_says_enough(described: dict[str, Any], looks_above: bool) -> None:
    assert is_open(described) is looks_above


def test_a_bundle_of_before_is_a_finding_that_asks_for_another_release_and_nothing_is_done() -> None:
    host = host_as_declared()
    known = host.records.bundles[PYTHON.id].info
    files = {path: record for path, record in known["files"].items() if not path.endswith(".zip")}
    known["files"] = files  # type: ignore[index]
    plan = host.plan(SYSTEM)
    assert found_by(plan) == [("bundle:python", "stale", "pending")]
    assert not plan.changes
    assert "python312.zip" in str(plan.findings[0].actual)
    assert "bundle_build" in plan.findings[0].remedy


def test_the_controller_warns_once_of_a_published_bundle_that_looks_above() -> None:
    for entry, warnings in (({}, 1), ({"confined": None}, 1), ({"confined": True}, 0)):
        supply = SimpleNamespace(warnings=[], index=lambda *_given, entry=entry, **_options: _index(**entry))
        facts = SimpleNamespace(platform="linux-x86_64", libc=("glibc", (2, 36)))
        options = {"repository": "/repository"}
        resolver = Resolver(options, supply=supply, facts=facts, platforms=[], find_file=str)  # type: ignore[arg-type]
        for _again in range(2):
            resolver._bundles([{"name": "python", "release": None, "channel": "stable"}])
        assert len(supply.warnings) == warnings, entry
        assert all("publish a new release" in warning for warning in supply.warnings)


def test_metadata_says_yes_or_no() -> None:
    metadata = {**bundle_info(), "hermetic": "launcher", "libc": {"family": "glibc", "minimum": "2.17"}}
    metadata["python"] |= {"tag": "cp312", "abi": "cp312"}
    check_metadata({**metadata, "confined": True}, subject="it")
    with pytest.raises(HermeticError, match="confined is 'perhaps'"):
        check_metadata({**metadata, "confined": "perhaps"}, subject="it")


@pytest.mark.parametrize("path", ["lib/python312.zip", "pyvenv.cfg", "bin/pyvenv.cfg", "lib/pybuilddir.txt", "lib/x._pth"])
def test_what_leads_to_code_weighs_as_code_does(path: str) -> None:
    assert file_severity("unexpected", path, None) == "high"
