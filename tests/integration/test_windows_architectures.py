# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles for every processor of Windows, inspected: each program is for that processor and finds its libraries in the bundle.

Those for x86_64 are executed by tests/windows. No archive of CPython for arm64 or x86 could be had here: their programs are compiled by
zig, with the names, imports and places of the real ones.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import ArchiveSource, BuildReport, BuildRequest, Wheel, build
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.pe import Pe, is_pe, read_pe
from ansible_collections.hermetic.python.plugins.plugin_utils.net.local_file import sha256_of
from index_wheels import unpacked_wheel
from pe_samples import pe
from wheelhouse import make_wheel
from zig_samples import HAS_ZIG, compiled

TARGETS = {"x86_64": "x86_64-windows-gnu", "arm64": "aarch64-windows-gnu", "x86": "x86-windows-gnu"}
TAGS = {"x86_64": "win_amd64", "arm64": "win_arm64", "x86": "win32"}
SHORT = f"{sys.version_info[0]}.{sys.version_info[1]}"
LIBRARY = f"python{SHORT.replace('.', '')}.dll"
MODULES = ("os.py", "ssl.py", "json/__init__.py", "encodings/__init__.py", "encodings/utf_8.py")

_LIBRARY = """
__declspec(dllexport) const char *Py_GetVersion(void) { return "%s.7"; }
int __stdcall DllMainCRTStartup(void *module, unsigned reason, void *reserved) { return 1; }
"""
_PROGRAM = """
__declspec(dllimport) const char *Py_GetVersion(void);
int %s(void) { return Py_GetVersion()[0]; }
"""
_MODULE = """
__declspec(dllimport) const char *Py_GetVersion(void);
__declspec(dllexport) const char *PyInit_x(void) { return Py_GetVersion(); }
int __stdcall DllMainCRTStartup(void *module, unsigned reason, void *reserved) { return 1; }
"""


def packed(files: dict[str, bytes], target: Path) -> ArchiveSource:
    """Write a tree as python-build-standalone's install_only archives have it, with the modules of the Python that runs this."""
    stdlib = Path(sys.base_prefix) / "lib" / f"python{SHORT}"
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in {**files, **{f"Lib/{name}": (stdlib / name).read_bytes() for name in MODULES}}.items():
            archive.writestr(f"python/{name}", content)
    return ArchiveSource(location=str(target), sha256=sha256_of(target))


def built(source: ArchiveSource, place: Path, machine: str, *packages: Wheel, compiler: str = "auto") -> BuildReport:
    return build(
        BuildRequest(
            name="python", release=f"{SHORT}.7+1", platform=f"windows-{machine}", source=source, destination=place / "out",
            python_for_bytecode=sys.executable, packages=list(packages), compiler=compiler,
        )
    )  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A bundle, unpacked, and every program in it."""

    machine: str
    report: BuildReport
    tree: Path

    @property
    def programs(self) -> dict[str, Pe]:
        """Every program by its path in the bundle, those of the engine's own launchers for other processors left out."""
        found = {path.relative_to(self.tree).as_posix(): read_pe(path) for path in self.tree.rglob("*") if path.is_file() and is_pe(path)}
        return {name: program for name, program in found.items() if not name.startswith("lib/engine/installer/_scripts/")}


@pytest.fixture(scope="module", params=sorted(TARGETS))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Made:
    """Return a bundle with a wheel that holds an extension module, and one with a command."""
    if not HAS_ZIG:
        pytest.skip("the PyPI package ziglang, which compiles for Windows, is not installed")
    machine: str = request.param
    place = tmp_path_factory.mktemp(machine)

    def made_of(name: str, source: str, *options: str) -> bytes:
        cache = Path(pytestconfig.cache.mkdir("hermetic-zig"))
        # Without the C runtime, which would be compiled first, for a minute on each processor.
        return compiled(place / name, source, platform=TARGETS[machine], cache=cache, options=["-nostdlib", *options]).read_bytes()

    imported = place / "python.lib"
    library = made_of(LIBRARY, _LIBRARY % SHORT, "-shared", f"-Wl,--out-implib,{imported}")
    module = made_of("_x.pyd", _MODULE, "-shared", str(imported))
    files = {
        LIBRARY: library,
        "python.exe": made_of("python.exe", _PROGRAM % "mainCRTStartup", str(imported), "-Wl,-e,mainCRTStartup"),
        "pythonw.exe": made_of("pythonw.exe", _PROGRAM % "wWinMainCRTStartup", str(imported), "-Wl,--subsystem,windows"),
        "vcruntime140.dll": pe(machine=machine),
        "DLLs/_x.pyd": module,
        "DLLs/_ssl.pyd": pe(machine=machine, needed=["libssl-3.dll", LIBRARY, "VCRUNTIME140.dll", "WS2_32.dll"]),
        "DLLs/libssl-3.dll": pe(machine=machine, needed=["api-ms-win-crt-heap-l1-1-0.dll", "ADVAPI32.dll"]),
    }
    tag = f"cp{SHORT.replace('.', '')}-cp{SHORT.replace('.', '')}-{TAGS[machine]}"
    wheels = [
        make_wheel(place, "native", files={"native/__init__.py": "", "native/_n.pyd": module}, tag=tag, pure=False),
        make_wheel(place, "command", scripts={"greet": "command:main"}),
    ]
    report = built(packed(files, place / "x.zip"), place, machine, *[Wheel(path=wheel.path, sha256=wheel.sha256) for wheel in wheels])
    with zipfile.ZipFile(report.archive) as archive:
        archive.extractall(place / "made")
    return Made(machine, report, place / "made")


def test_every_program_is_for_the_processor_of_the_bundle(made: Made) -> None:
    programs = made.programs
    expected = {"bin/python.exe", "bin/python3.exe", "bin/pythonw.exe", f"bin/{LIBRARY}", "bin/DLLs/_x.pyd", "bin/Scripts/greet.exe"}
    assert expected | {"bin/Lib/site-packages/native/_n.pyd"} <= set(programs)
    assert {name: program.machine for name, program in programs.items() if program.machine != made.machine} == {}
    assert programs["bin/python.exe"].needed == (LIBRARY,)
    assert (made.report.info["platform"], made.report.info["hermetic"]) == (f"windows-{made.machine}", "pth")
    assert made.report.self_test["ran"] is False


def test_a_bundle_of_any_processor_runs_programs_that_declare_their_packages(made: Made) -> None:
    assert made.report.info["python"]["commands"]["vpython3"] == "bin/vpython3.exe"
    assert made.report.info["packaging"] and made.report.info["launcher"]["compiler"].startswith("zig ")
    assert made.programs["bin/vpython3.exe"].machine == made.machine
    assert (made.tree / "lib/engine/packaging/pylock.py").is_file()


def test_a_bundle_of_any_processor_brings_the_launchers_of_its_environments(made: Made) -> None:
    launchers = {path.name: read_pe(path).machine for path in (made.tree / "lib/engine/installer/_scripts").glob("*.exe")}
    assert made.machine in launchers.values(), launchers


def test_no_program_names_a_directory_of_the_machine_that_made_it(made: Made) -> None:
    for name in made.programs:
        data = (made.tree / name).read_bytes()
        assert str(made.tree.parent).encode() not in data, name
        assert str(Path.home()).encode() + b"/" not in data, name


@pytest.fixture
def broken(tmp_path: Path) -> Callable[..., str]:
    """Return a function that says what is wrong with a tree that holds one bad module."""

    def told(module: bytes, *, machine: str = "arm64", **others: bytes) -> str:
        good = {"python.exe": pe(machine=machine, needed=[LIBRARY]), LIBRARY: pe(machine=machine, content=f"\0{SHORT}.7\0".encode())}
        source = packed({**good, **others, "DLLs/_bad.pyd": module}, tmp_path / "x.zip")
        with pytest.raises(BrokenArtifact) as caught:
            built(source, tmp_path, machine)
        assert all("_bad.pyd" in problem for problem in caught.value.problems), caught.value.problems
        assert not list((tmp_path / "out").glob("*.zip*"))
        return "\n".join(caught.value.problems)

    return told


def test_without_zig_a_bundle_lacks_the_runner_and_the_build_says_so(tmp_path: Path) -> None:
    machine = "arm64"
    files = {"python.exe": pe(machine=machine, needed=[LIBRARY]), LIBRARY: pe(machine=machine, content=f"\0{SHORT}.7\0".encode())}
    report = built(packed(files, tmp_path / "x.zip"), tmp_path, machine, compiler="cc")
    assert "vpython3" not in report.info["python"]["commands"] and "bin/vpython3.exe" not in report.info["files"]
    assert (report.info["hermetic"], report.info["launcher"], report.info.get("packaging")) == ("pth", None, None)
    assert any("no bin/vpython3.exe" in warning and "ziglang" in warning for warning in report.warnings)


def test_a_module_for_another_processor_is_refused(broken: Callable[..., str]) -> None:
    assert "bin/DLLs/_bad.pyd is for x86_64, not for arm64" in broken(pe(machine="x86_64"))


@pytest.mark.parametrize("name", ["VCRUNTIME140.dll", "libcrypto-3.dll", "python2.dll"])
def test_a_library_that_neither_the_bundle_nor_windows_has_is_missed(name: str, broken: Callable[..., str]) -> None:
    told = broken(pe(machine="arm64", needed=["KERNEL32.dll", "api-ms-win-crt-runtime-l1-1-0.dll", name]))
    assert told == f"bin/DLLs/_bad.pyd needs {name}, which neither the tree nor every Windows holds"


@pytest.mark.parametrize("content", [b"MZ" + b"\xff" * 200, b"MZ"], ids=["nonsense", "two letters"])
def test_what_cannot_be_read_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.pyd"
    path.write_bytes(content)
    with pytest.raises(BrokenArtifact, match=r"bad\.pyd is no program of Windows that can be read"):
        read_pe(path)
    path.write_bytes(pe()[:700])
    with pytest.raises(BrokenArtifact, match=r"bad\.pyd is cut off: its header speaks of 1024 bytes, and it has 700"):
        read_pe(path)


@pytest.mark.network
@pytest.mark.parametrize("machine", sorted(TAGS))
def test_extension_modules_that_microsoft_s_own_linker_made_are_read(machine: str, tmp_path: Path) -> None:
    wheel = unpacked_wheel("markupsafe", tmp_path, platform=TAGS[machine])
    (program,) = [read_pe(path) for path in wheel.rglob("*.pyd")]
    assert program.machine == machine
    assert {"python312.dll", "VCRUNTIME140.dll", "KERNEL32.dll"} <= set(program.needed)
