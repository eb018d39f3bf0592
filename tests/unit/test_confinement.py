# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What says that an interpreter looks for its parts in its own tree only, and what a bundle that does not say so is told."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, BrokenInterpreter, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import file_severity
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.confinement import is_open, landmarks, missing_landmarks
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import interpreter
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.elf import read_elf
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.openssl_directories import (
    belongs_to_system,
    compiled_in,
    confine_openssl,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.search_paths import (
    confine_search_paths,
    outside_search_paths,
    stays_inside,
    warnings_of_packages,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.search_landmarks import add_landmarks, plant
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.stdlib_patches import mark_externally_managed
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.upstream_version import release_warnings
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import check_metadata
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Index
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import Resolver
from bundle_samples import tree_at
from host_samples import PYTHON, SYSTEM, bundle_info, host_as_declared, told


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
    assert told(plan) == [("bundle:python", "stale", "pending")]
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


def test_an_interpreter_that_tells_of_another_home_is_refused(tmp_path: Path) -> None:
    tree = tmp_path / "bundle"
    own = [f"{tree}/lib/python312.zip", f"{tree}/lib/python3.12", f"{tree}/lib/python3.12/site-packages", "/what/a/pth/adds"]
    answer = {"prefix": str(tree), "base_prefix": str(tree), "path": ["", *own]}
    interpreter.check_own_tree(answer, tree, subject="it")
    for changed in ({"prefix": str(tmp_path)}, {"path": [f"{tmp_path}/lib/python312.zip", *own]}, {"path": [f"{tree}2/lib"]}):
        with pytest.raises(BrokenInterpreter, match="outside of its own tree"):
            interpreter.check_own_tree({**answer, **changed}, tree, subject="it")


@pytest.mark.parametrize("path", ["lib/python312.zip", "pyvenv.cfg", "bin/pyvenv.cfg", "lib/pybuilddir.txt", "lib/x._pth"])
def test_what_leads_to_code_weighs_as_code_does(path: str) -> None:
    assert file_severity("unexpected", path, None) == "high"


@pytest.mark.parametrize(
    ("entry", "directory", "stays"),
    [
        ("$ORIGIN", "lib", True),
        ("$ORIGIN/../lib", "libexec", True),
        ("${ORIGIN}/../..", "lib/python3.12/lib-dynload", True),
        ("$ORIGIN/../..", "lib", False),
        ("$ORIGIN/../../../..", "lib/python3.12", False),
        ("/opt/lib", "lib", False),
        ("lib", "lib", False),
        ("", "lib", False),
        (".", "lib", False),
        ("$ORIGINAL/lib", "lib", False),
        ("$ORIGIN/$LIB", "lib", False),
    ],
)
def test_a_search_path_stays_inside_or_does_not(entry: str, directory: str, stays: bool) -> None:
    assert stays_inside(entry, directory=directory) is stays


@pytest.mark.skipif(shutil.which("cc") is None, reason="a library that looks elsewhere is made with cc")
@pytest.mark.parametrize("entries", ["/home/builder/lib", "lib:$ORIGIN/..", "$ORIGIN/..::", "$ORIGIN/../../../..", "$ORIGIN/.."])
def test_libraries_of_an_archive_look_in_the_tree_only(tmp_path: Path, entries: str) -> None:
    tree = tree_at(tmp_path)
    own = tree.stdlib_directory / "_own.so"
    packaged = tree.root / tree.site_packages / "package.so"
    packaged.parent.mkdir()
    command = ["cc", "-shared", "-nostdlib", "-x", "c", "/dev/null", f"-Wl,-rpath,{entries}", "-o", str(own)]
    subprocess.run(command, check=True)
    shutil.copy(own, packaged)
    before = packaged.read_bytes()
    stays = entries == "$ORIGIN/.."
    assert set(outside_search_paths(tree)) == (set() if stays else {own, packaged})
    assert len(warnings_of_packages(tree)) == (0 if stays else 1)
    packaged.unlink()
    confine_search_paths(tree)
    assert read_elf(own).search_texts == ("$ORIGIN/..",)
    assert outside_search_paths(tree) == {}
    assert (own.read_bytes() == before) is stays


@pytest.mark.parametrize("has_venv", [True, False])
def test_a_private_environment_is_advised_only_where_it_can_be_made(tmp_path: Path, has_venv: bool) -> None:
    tree = tree_at(tmp_path, platform="windows-x86_64")
    if has_venv:
        (tree.stdlib_directory / "venv").mkdir()
        (tree.stdlib_directory / "venv" / "__init__.py").write_text("")
    mark_externally_managed(tree)
    text = (tree.stdlib_directory / "EXTERNALLY-MANAGED").read_text()
    assert ("-m venv" in text) is has_venv
    assert "hermetic.python.virtualenv" in text


@pytest.mark.parametrize(
    ("path", "system", "belongs"),
    [
        ("/usr/lib/ssl", "linux", True),
        ("/etc/ssl", "linux", True),
        ("/private/etc/ssl", "macos", True),
        ("/usr/local/ssl", "linux", False),
        ("/usr/local", "linux", False),
        ("/usr/../home/a", "linux", False),
        ("/home/builder/openssl", "linux", False),
        ("/tmp/openssl/ssl", "linux", False),
        ("/opt/homebrew/etc/openssl@3", "macos", False),
        ("C:\\Program Files\\Common Files\\SSL", "windows", True),
        ("C:\\Program Files\\..\\SSL", "windows", False),
        ("C:\\openssl", "windows", False),
        ("/usr/local/ssl", "windows", False),
    ],
)
def test_a_directory_belongs_to_the_system_or_anybody_may_make_it(path: str, system: str, belongs: bool) -> None:
    assert belongs_to_system(path, system=system) is belongs


def test_the_openssl_of_a_build_machine_reads_nothing_any_more(tmp_path: Path) -> None:
    tree = tree_at(tmp_path)
    text = b'\x7fELF..\0OPENSSLDIR: "/home/me/ssl"\0MODULESDIR: "/usr/lib/ossl-modules"\0/home/me/ssl/certs\0/home/me/ssl-more\0'
    library = tmp_path / "lib" / "libcrypto.so.3"
    library.write_bytes(text)
    confine_openssl(tree)
    changed = library.read_bytes()
    assert len(changed) == len(text)
    assert compiled_in(changed) == ("/usr/lib/ossl-modules", "/////////ssl")
    assert b"/home/me/ssl/" not in changed
    assert b"/home/me/ssl-more" in changed
    (tmp_path / "lib" / "libcrypto.3.dylib").write_bytes(text[4:])
    with pytest.raises(BrokenArtifact, match="take an archive whose OpenSSL"):
        confine_openssl(tree)


@pytest.mark.parametrize(
    ("release", "warns"),
    [
        ("3.12.1+4", False),
        ("3.12.1", False),
        ("3.12.1_b", False),
        ("3.12.10+1", True),
        ("3.12.1.5", True),
        ("3.12.0+1", True),
        ("1.0", True),
    ],
)
def test_a_release_says_which_python_it_holds(release: str, warns: bool) -> None:
    assert bool(release_warnings(release, version="3.12.1")) is warns


def test_what_is_planted_lies_at_every_landmark(tmp_path: Path) -> None:
    plant(tmp_path, version="3.12.1", code="raise SystemExit(66)\n")
    for path in ("lib/python312.zip", "lib/python3.12/os.py", "pyvenv.cfg", "pybuilddir.txt", "python312._pth", "Modules/Setup.local"):
        assert (tmp_path / path).is_file(), path
    assert (tmp_path / "lib" / "python3.12" / "lib-dynload").is_dir()
