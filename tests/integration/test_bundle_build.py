# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real bundles from real interpreters and archives, run as a host would run them."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, BrokenInterpreter
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import (
    BuildReport,
    BuildRequest,
    InterpreterSource,
    Wheel,
    build,
)
from bundle_sources import fixed_packages, packed
from mach_o_samples import mach_o

PROJECT = Path(__file__).resolve().parents[2]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


RELEASE = f"{platform.python_version()}+1"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="an installed interpreter is bundled on Linux only")]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Wheel]:
    return fixed_packages(tmp_path_factory.mktemp("fixed"))


@pytest.fixture(scope="module")
def request_here(tmp_path_factory: pytest.TempPathFactory, packages: list[Wheel]) -> BuildRequest:
    """Return a request for a bundle of the interpreter that runs the tests."""
    return BuildRequest(
        name="python",
        release=RELEASE,
        source=InterpreterSource(path=Path(sys.executable)),
        destination=tmp_path_factory.mktemp("first"),
        packages=packages,
    )


@pytest.fixture(scope="module")
def report(request_here: BuildRequest) -> BuildReport:
    return build(request_here)


@pytest.fixture(scope="module")
def unpacked(report: BuildReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle, unpacked by tar at a place with a blank in its name."""
    place = tmp_path_factory.mktemp("a place") / report.archive.name.removesuffix(".tar.gz")
    place.mkdir()
    subprocess.run(["tar", "-xzf", str(report.archive), "-C", str(place)], check=True)
    return place


@pytest.fixture(scope="module")
def standalone(unpacked: Path, report: BuildReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tree laid out as python-build-standalone does, made from the bundle."""
    prefix = tmp_path_factory.mktemp("standalone") / "python"
    command = Path(report.info["python"]["executable"]).name
    shutil.copytree(
        unpacked / "lib", prefix / "lib", ignore=shutil.ignore_patterns("__pycache__", "engine", "site-packages"), symlinks=True
    )
    (prefix / "bin").mkdir()
    shutil.copy(unpacked / "libexec" / command, prefix / "bin" / command)
    (prefix / "bin" / "python3").symlink_to(command)
    (prefix / "bin" / "pip").write_text("#!/install/bin/python3\n")
    (prefix / "lib" / "libtcl8.6.so").write_text("Tk has no place in a bundle")
    return prefix


def said(python: Path, code: str, **variables: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **variables}
    return subprocess.run([str(python), "-c", code], env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_self_test_ran_and_tried_everything(report: BuildReport) -> None:
    assert report.changed
    assert report.self_test["ran"]
    assert {
        "https",
        "environment",
        "hostile environment variables",
        "hostile current directory",
        "hostile directory above",
        "writes nothing",
    } <= set(report.self_test["checks"])
    assert report.info["hermetic"] == "launcher"
    assert report.info["confined"] is True
    assert report.warnings == []


def test_nothing_but_the_archive_its_record_and_caches_is_left(report: BuildReport) -> None:
    left = {path.name for path in report.archive.parent.iterdir()} - {".cache"}
    assert left == {report.archive.name, f"{report.archive.name}.json"}


def test_the_same_inputs_make_the_same_bytes_elsewhere(request_here: BuildRequest, report: BuildReport, tmp_path: Path) -> None:
    again = build(replace(request_here, destination=tmp_path / "another place"))
    assert again.changed
    assert (again.sha256, again.inputs) == (report.sha256, report.inputs)


def test_a_second_build_of_the_same_inputs_does_nothing(request_here: BuildRequest, report: BuildReport) -> None:
    before = report.archive.stat().st_mtime_ns
    again = build(request_here)
    assert (again.changed, again.sha256, again.info["packages"]) == (False, report.sha256, report.info["packages"])
    assert report.archive.stat().st_mtime_ns == before


def test_a_damaged_archive_is_built_again(request_here: BuildRequest, report: BuildReport, tmp_path: Path) -> None:
    for path in (report.archive, report.archive.with_name(f"{report.archive.name}.json")):
        shutil.copy(path, tmp_path / path.name)
    damaged = tmp_path / report.archive.name
    damaged.write_bytes(damaged.read_bytes()[:-1])
    again = build(replace(request_here, destination=tmp_path))
    assert (again.changed, again.sha256) == (True, report.sha256)


def test_the_archive_is_plain_gzip_without_a_time(report: BuildReport) -> None:
    head = report.archive.read_bytes()[:10]
    assert head[:3] == b"\x1f\x8b\x08"
    assert head[3] == 0
    assert head[4:8] == b"\0\0\0\0"
    with gzip.open(report.archive) as stream:
        assert stream.read(4) == b"bin/"


def test_bundle_json_describes_what_is_in_it(report: BuildReport, unpacked: Path) -> None:
    info = json.loads((unpacked / "bundle.json").read_text())
    assert info == report.info
    assert info["python"]["version"] == ".".join(str(number) for number in sys.version_info[:3])
    for name in info["python"]["commands"].values():
        assert info["files"][name]["mode"] == "0755"
    assert (unpacked / info["python"]["stdlib"] / "EXTERNALLY-MANAGED").is_file()


def test_the_profile_leads_to_the_versioned_bundle(unpacked: Path, report: BuildReport, tmp_path: Path) -> None:
    generation = tmp_path / "generations" / "1" / "bin"
    generation.mkdir(parents=True)
    (generation / "python").symlink_to(unpacked / report.info["python"]["executable"])
    (tmp_path / "current").symlink_to("generations/1")
    (tmp_path / "bin").symlink_to("current/bin")
    code = "import sys; print(sys.prefix, sys.executable, sep='|')"
    assert said(tmp_path / "bin" / "python", code) == f"{unpacked}|{unpacked}/{report.info['python']['executable']}"


def test_build_variables_name_the_place_that_the_bundle_lies_at(unpacked: Path) -> None:
    code = "import sysconfig; print(sysconfig.get_config_var('prefix'), sysconfig.get_config_var('PYTHON_BUILD_STANDALONE'))"
    assert said(unpacked / "bin" / "python", code) == f"{unpacked} 1"


def test_a_subprocess_of_the_bundle_is_the_bundle_again(unpacked: Path) -> None:
    code = "import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', 'import sys; print(sys.prefix)'], text=True))"
    assert said(unpacked / "bin" / "python", code) == str(unpacked)


def test_worker_processes_start(unpacked: Path) -> None:
    code = "import multiprocessing as m; p = m.get_context('spawn').Pool(1); print(p.map(abs, [-1])); p.close(); p.join()"
    assert said(unpacked / "bin" / "python", code) == "[1]"


def test_an_environment_by_venv_is_hermetic_too(unpacked: Path, tmp_path: Path) -> None:
    subprocess.run([str(unpacked / "bin" / "python"), "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (hostile / "json.py").write_text("raise SystemExit('hostile')")
    code = "import json, sys; print(sys.prefix, sys.base_prefix, sep='|')"
    python = tmp_path / "env" / "bin" / "python"
    assert said(python, code, PYTHONHOME=str(hostile), PYTHONUSERBASE=str(hostile)) == f"{tmp_path / 'env'}|{unpacked}"
    # PYTHONPATH acts in environments that users make, unless they say no: test_python_variables.py has the rule.
    with (tmp_path / "env" / "pyvenv.cfg").open("a") as configuration:
        configuration.write("hermetic-pythonpath = false\n")
    assert said(python, code, PYTHONPATH=str(hostile)) == f"{tmp_path / 'env'}|{unpacked}"


def test_commands_of_packages_run_from_anywhere_through_links(unpacked: Path, tmp_path: Path, report: BuildReport) -> None:
    wanted = {"alpha": f"alpha {unpacked}", "alpha-script": f"script {unpacked}", "alpha-shell": "shell", "gamma": f"gamma {unpacked}"}
    assert set(wanted) | {Path(path).name for path in report.info["python"]["commands"].values()} <= set(os.listdir(unpacked / "bin"))
    for command, says in wanted.items():
        link = tmp_path / f"link-{command}"
        link.symlink_to(unpacked / "bin" / command)
        for path in (unpacked / "bin" / command, link):
            done = subprocess.run([str(path)], capture_output=True, text=True, check=True, cwd="/")
            assert done.stdout.strip() == says


def test_no_binary_looks_for_libraries_outside(unpacked: Path) -> None:
    maps = said(unpacked / "bin" / "python", "import ssl, sqlite3, ctypes, lzma, bz2, zlib; print(open('/proc/self/maps').read())")
    loaded = {line[line.index("/") :] for line in maps.splitlines() if "/" in line and ".so" in line}
    outside = {Path(path).name for path in loaded if not path.startswith(str(unpacked))}
    assert {name.split(".so")[0].split("-")[0] for name in outside} <= {"libc", "libm", "ld", "libdl", "libpthread", "librt", "libutil"}


@pytest.mark.root
def test_a_host_with_nothing_but_the_c_library_and_no_proc_is_enough(unpacked: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(unpacked, root / "opt" / "bundle", symlinks=True)
    listing = ""
    for path in (unpacked / "libexec").iterdir(), unpacked.rglob("libsqlite3-*.so*"):
        listing += subprocess.run(["ldd", *map(str, path)], capture_output=True, text=True, check=True).stdout
    found = set(re.findall(r"(?:=> |^\s+)(/.*) \(0x", listing, re.MULTILINE))
    for library in {path for path in found if not os.path.realpath(path).startswith(f"{unpacked}/")}:
        (root / library.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / library.lstrip("/"))
    code = "import ssl, sqlite3, ctypes, lzma, bz2, zlib, sys; print(sys.prefix, len(ssl.create_default_context().get_ca_certs()) > 50)"
    # An absolute path: the search for chroot itself must not depend on the variables of the command.
    chroot = str(shutil.which("chroot", path="/usr/sbin:/sbin:/usr/bin:/bin"))
    done = subprocess.run([chroot, str(root), "/opt/bundle/bin/python", "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.stdout == "/opt/bundle True\n", done.stderr


def test_a_standalone_archive_becomes_a_bundle(standalone: Path, tmp_path: Path) -> None:
    source = packed(standalone, tmp_path / "install_only.tar.gz")
    made = build(BuildRequest(name="python", release=RELEASE, platform="linux-x86_64", source=source, destination=tmp_path / "out"))
    assert made.self_test["ran"]
    assert made.info["source"] == {"kind": "archive", "sha256": source.sha256}
    assert not [path for path in made.info["files"] if "tcl" in path or path == "bin/pip"]


def test_a_source_that_does_not_work_leaves_nothing(standalone: Path, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    shutil.copytree(standalone, broken, symlinks=True)
    next(broken.rglob("sqlite3/__init__.py")).write_text("raise ImportError('torn')\n")
    source = packed(broken, tmp_path / "broken.tar.gz")
    with pytest.raises(BrokenInterpreter) as caught:
        build(BuildRequest(name="python", release=RELEASE, platform="linux-x86_64", source=source, destination=tmp_path / "out"))
    assert "sqlite3 does not import" in str(caught.value)
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {".cache"}


def test_a_source_for_another_processor_is_refused(standalone: Path, tmp_path: Path) -> None:
    source = packed(standalone, tmp_path / "x.tar.gz")
    with pytest.raises(BrokenArtifact, match=r"is for linux-x86_64, and the bundle is to be for macos-arm64"):
        build(
            BuildRequest(
                name="python", release=RELEASE, platform="macos-arm64", source=source, destination=tmp_path / "out", hermetic="site"
            )
        )


def test_a_bundle_must_not_promise_an_older_c_library(standalone: Path, tmp_path: Path) -> None:
    source = packed(standalone, tmp_path / "x.tar.gz")
    request = BuildRequest(
        name="python", release=RELEASE, platform="linux-x86_64", source=source, destination=tmp_path / "out", glibc="2.5"
    )
    with pytest.raises(BrokenArtifact, match=r"glibc 2\.5"):
        build(request)


def test_a_macos_bundle_is_unpacked_without_running_anything(standalone: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "python"
    shutil.copytree(standalone, prefix, symlinks=True)
    (command,) = [path for path in (prefix / "bin").iterdir() if path.name.startswith("python3.")]
    short = command.name.removeprefix("python")
    command.write_bytes(mach_o(content=f"\0{short}.7\0".encode()))
    for module in (prefix / "lib").rglob("*.so*"):
        if module.is_file():
            module.write_bytes(mach_o())
    request = BuildRequest(
        name="python", release=RELEASE, platform="macos-arm64", source=packed(prefix, tmp_path / "x.tar.gz"), destination=tmp_path / "out",
        python_for_bytecode=sys.executable, hermetic="site",
    )  # fmt: skip
    made = build(request)
    assert (made.info["python"]["version"], made.info["libc"], made.info["macos"]) == (f"{short}.7", None, {"minimum": "11.0"})
    assert (made.info["hermetic"], made.self_test["ran"]) == ("site", False)
    assert any(path.endswith(".pyc") for path in made.info["files"])
    # Byte code depends on X.Y alone, so the engine for a Mac is the one that this Python compiles.
    with tarfile.open(made.archive) as archive:
        archive.extractall(tmp_path / "made", filter="tar")
    with zipfile.ZipFile(tmp_path / "made" / "lib/engine-code/engine.zip") as engine:
        assert engine.read("hermetic/errors.pyc").startswith(importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little"))
    assert any("without a launcher" in warning for warning in made.warnings)


def test_the_fallback_without_a_launcher_keeps_what_it_promises(request_here: BuildRequest, tmp_path: Path) -> None:
    made = build(replace(request_here, destination=tmp_path, hermetic="site"))
    assert (made.info["hermetic"], made.info["launcher"]) == ("site", None)
    assert {"hostile environment variables", "hostile directory above"} <= set(made.self_test["checks"])
    assert "hostile current directory" not in made.self_test["checks"]
    assert len(made.warnings) == 1
