# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure steps of building a bundle."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import (
    BrokenArtifact,
    HermeticError,
    InvalidRequest,
    UnsafeArchive,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.architecture import program_for
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.archive_source import find_posix_python
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.archive_writing import archive_name, write_archive
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.build_paths import leaks, same_length, specific_paths
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.interpreter_facts import abi_tag
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.metadata import list_files
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.obtaining import obtain
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.packages import fits, lay_packages
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.request import (
    ArchiveSource,
    BuildRequest,
    InterpreterSource,
    StandaloneSource,
    Wheel,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.selection import is_left_out
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.shared_libraries import OF_THE_HOST
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.standalone_catalogue import look_up
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.stdlib_patches import add_ca_bundle
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sysconfig_cleaning import clean_sysconfig, cleaned_variables
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.tree import PythonVersion, Tree
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.unpacking import unpack
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.upstream_version import version_of
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import platform_named


def tree_at(root: Path, *, platform: str = "linux-x86_64", version: str = "3.12.1", **options: object) -> Tree:
    python = PythonVersion(version)
    stdlib = "bin/Lib" if platform.startswith("windows") else f"lib/python{python.short}"
    (root / stdlib).mkdir(parents=True, exist_ok=True)
    return Tree(
        root=root,
        platform=platform_named(platform),
        python=python,
        abi=abi_tag(version),
        stdlib=stdlib,
        interpreter=f"libexec/python{python.short}",
        **options,  # type: ignore[arg-type]
    )


def wheel_at(directory: Path, filename: str, files: dict[str, str]) -> Wheel:
    """Make a small real wheel."""
    name, version = filename.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    tag = filename.removesuffix(".whl").split("-", 2)[2]
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    lines = [f"{path},sha256={_record_hash(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    target = directory / filename
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return Wheel(path=target, sha256=hashlib.sha256(target.read_bytes()).hexdigest())


def _record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


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


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [
        (("py3", "none", "any"), True),
        (("cp312", "cp312", "manylinux_2_17_x86_64"), True),
        (("cp39", "abi3", "manylinux_2_17_x86_64"), True),
        (("cp313", "abi3", "manylinux_2_17_x86_64"), False),
        (("cp311", "cp311", "manylinux_2_17_x86_64"), False),
        (("cp312", "cp312", "win_amd64"), False),
        (("py2", "none", "any"), False),
        (("py313", "none", "any"), False),
    ],
)
def test_only_wheels_that_can_be_meant_are_laid(tmp_path: Path, tag: tuple[str, str, str], wanted: bool) -> None:
    assert fits(*tag, tree=tree_at(tmp_path)) is wanted


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


# --- archives ---------------------------------------------------------------------------------------------------------


def sample_tree(root: Path) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python3.12").write_bytes(b"program")
    (root / "bin" / "python3.12").chmod(0o755)
    (root / "lib" / ("d" * 90)).mkdir(parents=True)
    (root / "lib" / ("d" * 90) / ("e" * 60)).write_text("long")
    (root / "bundle.json").write_text("{}")
    return root


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_an_archive_depends_on_content_only(tmp_path: Path, name: str) -> None:
    digests = set()
    for number, umask in enumerate((0o022, 0o077)):
        old = os.umask(umask)
        try:
            tree = sample_tree(tmp_path / str(number))
            if name.endswith("gz"):
                (tree / "bin" / "python").symlink_to("python3.12")
            os.utime(tree / "bundle.json", (number + 1, number + 1))
            target = tmp_path / f"{number}-{name}"
            write_archive(tree, target)
        finally:
            os.umask(old)
        digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_tar_entries_are_as_the_contract_says(tmp_path: Path) -> None:
    tree = sample_tree(tmp_path / "tree")
    (tree / "bin" / "python").symlink_to("python3.12")
    write_archive(tree, tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        entries = archive.getmembers()
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert {(entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) for entry in entries} == {(0, 0, "", "", 1000000000)}
    modes = {entry.name: entry.mode for entry in entries}
    assert (modes["bin"], modes["bin/python3.12"], modes["bundle.json"]) == (0o755, 0o755, 0o644)


def test_the_manifest_survives_packing(tmp_path: Path) -> None:
    tree = sample_tree(tmp_path / "tree")
    (tree / "bin" / "python").symlink_to("python3.12")
    write_archive(tree, tmp_path / "a.tar.gz")
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert list_files(tmp_path / "out") == list_files(tree)
    assert "bundle.json" not in list_files(tree)


def test_archives_are_named_by_platform() -> None:
    assert archive_name(name="python", release="3.12.1+1", platform="linux-x86_64") == "python-3.12.1+1-linux-x86_64.tar.gz"
    assert archive_name(name="python", release="3.12.1+1", platform="windows-x86_64") == "python-3.12.1+1-windows-x86_64.zip"


def hostile(tmp_path: Path, name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    path = tmp_path / "hostile.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        archive.addfile(entry, io.BytesIO(b""))
    return path


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../x", tarfile.REGTYPE, ""),
        ("/etc/x", tarfile.REGTYPE, ""),
        ("a/../../x", tarfile.REGTYPE, ""),
        ("a/link", tarfile.SYMTYPE, "../../x"),
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("hard", tarfile.LNKTYPE, "../x"),
        ("device", tarfile.CHRTYPE, ""),
        ("pipe", tarfile.FIFOTYPE, ""),
    ],
)
def test_a_hostile_archive_writes_nothing(tmp_path: Path, name: str, kind: bytes, link: str) -> None:
    with pytest.raises(UnsafeArchive):
        unpack(hostile(tmp_path, name, kind, link), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_behind_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "behind.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("a")
        link.type, link.linkname = tarfile.SYMTYPE, "b"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("a/x"), io.BytesIO(b""))
    with pytest.raises(UnsafeArchive) as caught:
        unpack(path, tmp_path / "out")
    assert "behind a link" in str(caught.value)


def test_a_zip_that_leaves_its_tree_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../x", "x")
    with pytest.raises(UnsafeArchive):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_truncated_archive_is_a_clear_error(tmp_path: Path) -> None:
    write_archive(sample_tree(tmp_path / "tree"), tmp_path / "a.tar.gz")
    (tmp_path / "b.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:-40])
    with pytest.raises(BrokenArtifact, match=r"b\.tar\.gz"):
        unpack(tmp_path / "b.tar.gz", tmp_path / "out")


def test_an_archive_with_another_digest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"x")
    with pytest.raises(BrokenArtifact, match="wanted " + "0" * 64):
        obtain(ArchiveSource(location=str(tmp_path / "x.tar.gz"), sha256="0" * 64), cache=tmp_path / "cache")


# --- sources ----------------------------------------------------------------------------------------------------------


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


# --- packages ---------------------------------------------------------------------------------------------------------


def test_commands_find_the_interpreter_beside_them(tmp_path: Path) -> None:
    files = {"demo.py": "def main(): pass\n", "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo:main\n"}
    wheel = wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)
    tree = tree_at(tmp_path / "tree")
    packages = lay_packages(tree, [wheel], scripts=True)
    assert [(package.name, package.version, package.sha256) for package in packages] == [("demo", "1.0", wheel.sha256)]
    command = tree.root / "bin" / "demo"
    assert command.stat().st_mode & 0o111
    assert command.read_text().startswith("#!/bin/sh\n")
    assert str(tmp_path) not in command.read_text()
    record = (tree.root / tree.site_packages / "demo-1.0.dist-info" / "RECORD").read_text()
    assert "../../../bin/demo,sha256=" in record
    assert str(tmp_path) not in record


def test_commands_can_be_left_out(tmp_path: Path) -> None:
    files = {"demo.py": "", "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo:main\n"}
    tree = tree_at(tmp_path / "tree")
    lay_packages(tree, [wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)], scripts=False)
    assert not (tree.root / "bin").exists()


def test_windows_commands_are_programs_for_the_right_processor(tmp_path: Path) -> None:
    files = {"demo.py": "", "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo:main\n"}
    tree = tree_at(tmp_path / "tree", platform="windows-x86_64")
    lay_packages(tree, [wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)], scripts=True)
    assert program_for(tree.root / "bin" / "Scripts" / "demo.exe") == "windows-x86_64"


def test_every_bad_wheel_is_named_before_the_first_is_laid(tmp_path: Path) -> None:
    tree = tree_at(tmp_path / "tree")
    good = wheel_at(tmp_path, "good-1.0-py3-none-any.whl", {"good.py": ""})
    twice = wheel_at(tmp_path, "good-2.0-py3-none-any.whl", {"good2.py": ""})
    foreign = wheel_at(tmp_path, "foreign-1.0-cp312-cp312-win_amd64.whl", {"foreign.py": ""})
    torn = Wheel(path=wheel_at(tmp_path, "torn-1.0-py3-none-any.whl", {"torn.py": ""}).path, sha256="0" * 64)
    with pytest.raises(HermeticError) as caught:
        lay_packages(tree, [good, twice, foreign, torn], scripts=True)
    text = str(caught.value)
    assert "good is there 2 times" in text
    assert "foreign-1.0" in text
    assert "torn-1.0" in text
    assert not (tree.root / tree.site_packages).exists()


def test_two_wheels_with_one_file_are_a_clear_error(tmp_path: Path) -> None:
    tree = tree_at(tmp_path / "tree")
    wheels = [wheel_at(tmp_path, f"{name}-1.0-py3-none-any.whl", {"same.py": name}) for name in ("one", "two")]
    with pytest.raises(BrokenArtifact, match=r"one-1\.0|two-1\.0"):
        lay_packages(tree, wheels, scripts=True)
