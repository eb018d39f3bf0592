# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing outside of its tree acts on the interpreter of a bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.openssl_directories import (
    belongs_to_system,
    compiled_in,
    confine_openssl,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.search_paths import (
    stays_inside,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.search_landmarks import plant
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.stdlib_patches import mark_externally_managed
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.upstream_version import release_warnings
from bundle_samples import tree_at


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
