# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the Python of a bundle comes from, and what it says of itself."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, InvalidRequest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.architecture import program_for
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import StandaloneSource
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.archive_source import find_posix_python
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.standalone_catalogue import look_up
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.upstream_version import version_of


def catalogue_entry(version: tuple[int, int, int], *files: dict[str, object]) -> dict[str, object]:
    major, minor, micro = version
    named = {"implementation": "cpython", "major": major, "minor": minor, "micro": micro, "freethreaded": False}
    return {"python_version": named, "files": list(files)}


def catalogue_file(flavour: str, sha256: str | None, build: str = "20261021") -> dict[str, object]:
    name = f"cpython-3.12.11+{build}-x86_64-unknown-linux-gnu-{flavour}.tar.gz"
    return {
        "platform": "linux", "arch": "x86_64", "install_only": True, "filename": name, "sha256": sha256, "url": f"https://example.com/{build}/{name}",
    }  # fmt: skip


def test_the_stripped_build_is_taken_where_both_exist() -> None:
    catalogue = [catalogue_entry((3, 12, 11), catalogue_file("install_only_stripped", "b" * 64), catalogue_file("install_only", "a" * 64))]
    found = look_up(StandaloneSource(version="3.12.11"), platform="linux-x86_64", catalogue=catalogue)
    assert (found.sha256, found.kind) == ("b" * 64, "standalone")


def test_a_standalone_build_without_checksum_is_refused() -> None:
    catalogue = [catalogue_entry((3, 12, 11), catalogue_file("install_only", None))]
    with pytest.raises(InvalidRequest, match="no checksum"):
        look_up(StandaloneSource(version="3.12.11"), platform="linux-x86_64", catalogue=catalogue)


@pytest.mark.parametrize(
    ("source", "platform", "says"),
    [
        (StandaloneSource(version="3.12.99"), "linux-x86_64", "3.12.11"),
        (StandaloneSource(version="3.12.11", build="20200101"), "linux-x86_64", "20261021"),
        (StandaloneSource(version="3.12.11"), "macos-arm64", "no install_only build"),
        (StandaloneSource(version="3.12.11"), "linux-x86_64-musl", "no install_only build"),
    ],
)
def test_what_the_catalogue_lacks_is_said_with_what_it_has(source: StandaloneSource, platform: str, says: str) -> None:
    catalogue = [catalogue_entry((3, 12, 11), catalogue_file("install_only", "a" * 64))]
    with pytest.raises(InvalidRequest, match=says):
        look_up(source, platform=platform, catalogue=catalogue)


def test_the_outermost_python_of_an_archive_is_meant(tmp_path: Path) -> None:
    for prefix in ("python", "python/lib/deeper/other"):
        (tmp_path / prefix / "bin").mkdir(parents=True)
        (tmp_path / prefix / "lib" / "python3.12").mkdir(parents=True)
        (tmp_path / prefix / "lib" / "python3.12" / "os.py").write_text("")
        (tmp_path / prefix / "bin" / "python3.12").write_text("")
    assert find_posix_python(tmp_path) == tmp_path / "python"
    assert find_posix_python(tmp_path / "python" / "bin") is None


def test_a_version_is_read_from_the_header_or_the_binary(tmp_path: Path) -> None:
    binary = tmp_path / "libpython"
    binary.write_bytes(b"\0/some/where/3.12.7\0more\x003.12.\0")
    assert version_of(tmp_path, short="3.12", binaries=[binary]) == "3.12.7"
    (tmp_path / "include" / "python3.12").mkdir(parents=True)
    (tmp_path / "include" / "python3.12" / "patchlevel.h").write_text('#define PY_VERSION      "3.12.8+"\n')
    assert version_of(tmp_path, short="3.12", binaries=[binary]) == "3.12.8"
    with pytest.raises(BrokenArtifact):
        version_of(tmp_path, short="3.13", binaries=[binary])


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"\x7fELF" + b"\0" * 14 + struct.pack("<H", 183), "linux-aarch64"),
        (b"\xcf\xfa\xed\xfe" + struct.pack("<I", 0x0100000C), "macos-arm64"),
        (b"\xca\xfe\xba\xbe", "macos-universal"),
        (b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", 0x8664), "windows-x86_64"),
        (b"#!/bin/sh\n", "unknown"),
    ],
)
def test_programs_tell_what_they_are_for(tmp_path: Path, head: bytes, wanted: str) -> None:
    (tmp_path / "program").write_bytes(head)
    assert program_for(tmp_path / "program") == wanted
