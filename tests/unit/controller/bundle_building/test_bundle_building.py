# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure steps of building a bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.build_paths import leaks, same_length, specific_paths
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.shared_libraries import OF_THE_HOST
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.stdlib_patches import add_ca_bundle
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.sysconfig_cleaning import (
    clean_sysconfig,
    cleaned_variables,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.interpreter_facts import abi_tag
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import (
    ArchiveSource,
    BuildRequest,
    InterpreterSource,
    Wheel,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.selection import is_left_out
from bundle_samples import tree_at


@pytest.mark.parametrize(
    "path",
    [
        "test/test_os.py", "unittest/test/x.py", "idlelib/idle.py", "tkinter/__init__.py", "turtle.py", "lib-dynload/_tkinter.cpython-312.so",
        "lib-dynload/_testcapi.cpython-312-x86_64-linux-gnu.so", "lib-dynload/nis.so", "config-3.12-x86_64-linux-gnu/Makefile", "config/Makefile",
        "site-packages/pip/__init__.py", "json/__pycache__/tool.cpython-312.pyc", "os.pyc", "ensurepip/__init__.py", "sitecustomize.py",
        "distutils/command/wininst-6.0.exe", "config-3.12/libpython3.12.a", "lib2to3/tests/a.py",
    ],
)  # fmt: skip
def test_what_no_server_needs_stays_out(path: str) -> None:
    assert is_left_out(path)


@pytest.mark.parametrize(
    "path",
    ["os.py", "venv/__init__.py", "unittest/case.py", "lib-dynload/_ssl.so", "logging/config.py", "distutils/config.py", "json/tool.py"],
)
def test_the_rest_of_the_standard_library_is_kept(path: str) -> None:
    assert not is_left_out(path)


def test_options_and_systems_widen_what_is_kept() -> None:
    assert not is_left_out("ensurepip/__init__.py", include_ensurepip=True)
    assert not is_left_out("os.pyc", sourceless=True)
    assert not is_left_out("venv/scripts/nt/python.exe", windows=True)


@pytest.mark.parametrize("name", ["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libpthread.so.0", "libc.musl-x86_64.so.1"])
def test_the_c_library_is_left_to_the_host(name: str) -> None:
    assert OF_THE_HOST.match(name)


@pytest.mark.parametrize("name", ["libcrypt.so.1", "libcrypto.so.3", "libmvec.so.1x", "libpython3.12.so.1.0", "libcap.so.2"])
def test_other_libraries_are_brought_along(name: str) -> None:
    assert not OF_THE_HOST.match(name)


def test_all_that_cannot_be_meant_is_said_at_once(tmp_path: Path) -> None:
    request = BuildRequest(
        name="Py thon",
        release="3.12-1",
        source=ArchiveSource(location="https://user:secret@example.com/x.tar.gz", sha256="short"),
        destination=tmp_path,
        glibc="new",
        hermetic="very",
        packages=[Wheel(path=tmp_path / "missing.whl", sha256="0" * 64)],
    )
    with pytest.raises(InvalidRequest) as caught:
        request.check()
    text = str(caught.value)
    for word in ("Py thon", "3.12-1", "platform is missing", "'short'", "'new'", "'very'", "missing.whl"):
        assert word in text
    assert "secret" not in text


def test_an_interpreter_needs_no_platform(tmp_path: Path) -> None:
    BuildRequest(name="python", release="3.12.1+1", source=InterpreterSource(path=Path("/x")), destination=tmp_path).check()


@pytest.mark.parametrize(
    ("version", "flags", "tag"), [("3.12.1", "", "cp312"), ("3.7.16", "m", "cp37m"), ("2.7.18", "", "cp27mu"), ("3.9.18", "", "cp39")]
)
def test_abi_tags_are_those_of_wheels(version: str, flags: str, tag: str) -> None:
    assert abi_tag(version, abiflags=flags) == tag


def test_build_variables_follow_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = tree_at(tmp_path, source_paths=("/home/me/.pyenv/3.12.1",))
    module = tree.stdlib_directory / "_sysconfigdata__linux.py"
    module.write_text(
        "build_time_vars = {'prefix': '/home/me/.pyenv/3.12.1', 'CFLAGS': '-O2 -I/home/me/.pyenv/3.12.1/include -Wl,-rpath,/home/me/.pyenv/3.12.1/lib',"
        " 'abs_builddir': '/tmp/build.77/Python-3.12.1', 'X': '/tmp/build.77/Python-3.12.1/x', 'N': 3}\n"
    )
    assert clean_sysconfig(tree) == ("/tmp/build.77/Python-3.12.1",)
    text = module.read_text()
    assert "/home/me" not in text
    assert "build.77" not in text
    names: dict[str, dict[str, object]] = {}
    monkeypatch.setattr("sys.base_prefix", "/opt/here")
    exec(text, names)
    variables = names["build_time_vars"]
    assert variables["prefix"] == "/opt/here"
    assert variables["CFLAGS"] == "-O2 -I/opt/here/include -Wl,-rpath,/opt/here/lib"
    assert variables["N"] == 3
    assert variables["PYTHON_BUILD_STANDALONE"] == 1


def test_a_system_prefix_is_replaced_only_where_it_is_the_whole_value() -> None:
    variables = {"prefix": "/usr", "LIBDEST": "/usr/lib/python3.11", "INSTALL": "/usr/bin/install -c", "CC": "/usr/bin/gcc"}
    cleaned = cleaned_variables(variables, prefixes=("/usr",), builds=set())
    assert cleaned["LIBDEST"] == "@HERMETIC_PREFIX@/lib/python3.11"
    assert (cleaned["INSTALL"], cleaned["CC"]) == ("/usr/bin/install -c", "/usr/bin/gcc")


def test_only_directories_that_tell_something_are_searched_for() -> None:
    assert specific_paths(["/usr", "/usr/local", "/", "/root", "/home/me/py", "/tmp/build.1/x", "relative"]) == (
        "/tmp/build.1/x",
        "/home/me/py",
    )


def test_a_blanked_path_keeps_its_length() -> None:
    for path in (b"/home/me/.pyenv/versions/3.12.1", b"/a/b"):
        assert len(same_length(path)) == len(path)
        assert same_length(path) != path


def test_a_build_path_in_any_file_is_a_leak(tmp_path: Path) -> None:
    tree = tree_at(tmp_path, source_paths=("/home/me/py",), build_paths=("/tmp/build.1/x",))
    (tree.stdlib_directory / "clean.py").write_text("x = '/usr/lib'\n")
    assert leaks(tree) == []
    (tree.stdlib_directory / "a.py").write_text("x = '/home/me/py/lib'\n")
    (tree.stdlib_directory / "b.bin").write_bytes(b"\0\0/tmp/build.1/x\0")
    assert leaks(tree) == ["lib/python3.12/a.py names /home/me/py", "lib/python3.12/b.bin names /tmp/build.1/x"]


def test_the_ca_bundle_is_patched_in_once(tmp_path: Path) -> None:
    tree = tree_at(tmp_path / "tree")
    authorities = tmp_path / "ca.pem"
    authorities.write_text("x")
    module = tree.stdlib_directory / "ssl.py"
    module.write_text("import os, sys\n")
    add_ca_bundle(tree, ca_bundle=authorities)
    once = module.read_text()
    add_ca_bundle(tree, ca_bundle=authorities)
    assert module.read_text() == once
    assert '"share/ca/cacert.pem"' in once


def test_a_windows_ssl_without_source_keeps_its_byte_code(tmp_path: Path) -> None:
    tree = tree_at(tmp_path / "tree", platform="windows-x86_64")
    authorities = tmp_path / "ca.pem"
    authorities.write_text("x")
    (tree.stdlib_directory / "ssl.pyc").write_bytes(b"code")
    add_ca_bundle(tree, ca_bundle=authorities)
    assert (tree.stdlib_directory / "_ssl_upstream.pyc").read_bytes() == b"code"
    assert '"../share/ca/cacert.pem"' in (tree.stdlib_directory / "ssl.py").read_text()
