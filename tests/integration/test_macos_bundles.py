# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles for macOS, inspected: nothing here runs on a Mac, but every program says where it looks, what it needs, and who signed it."""

from __future__ import annotations

import shutil
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import ArchiveSource, BuildRequest, Wheel, build
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.mach_o import is_mach_o, read_mach_o
from ansible_collections.hermetic.python.plugins.plugin_utils.net.local_file import sha256_of
from index_wheels import unpacked_wheel
from mach_o_samples import ARM64, X86_64, mach_o
from wheelhouse import make_wheel
from zig_samples import HAS_ZIG, compiled

MACHINES = {"arm64": "aarch64-macos.11.0", "x86_64": "x86_64-macos.11.0"}
CPUS = {"arm64": ARM64, "x86_64": X86_64}
SHORT = f"{sys.version_info[0]}.{sys.version_info[1]}"


def packed(prefix: Path, target: Path) -> ArchiveSource:
    with tarfile.open(target, "w:gz") as archive:
        archive.add(prefix, "python")
    return ArchiveSource(location=str(target), sha256=sha256_of(target))


def tree_of(place: Path, *, program: bytes | Path, libraries: Mapping[str, bytes | Path]) -> Path:
    """Write a tree as python-build-standalone's install_only archives have it; no such archive can be had here."""
    for name, content in {f"bin/python{SHORT}": program, **libraries}.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read_bytes() if isinstance(content, Path) else content)
        path.chmod(0o755)
    stdlib = place / "lib" / f"python{SHORT}"
    source = Path(sys.base_prefix) / "lib" / f"python{SHORT}"
    for name in ("os.py", "ssl.py", "json", "encodings"):
        if (source / name).is_dir():
            shutil.copytree(source / name, stdlib / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            stdlib.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, stdlib / name)
    return place


def bundle(source: ArchiveSource, tmp_path: Path, machine: str, **options: object) -> tuple[dict[str, object], Path]:
    settings: dict[str, object] = {"hermetic": "site", **options}
    request = BuildRequest(
        name="python", release=f"{SHORT}.7+1", platform=f"macos-{machine}", source=source, destination=tmp_path / "out",
        python_for_bytecode=sys.executable, **settings,  # type: ignore[arg-type]
    )  # fmt: skip
    made = build(request)
    unpacked = tmp_path / "made"
    with tarfile.open(made.archive) as archive:
        archive.extractall(unpacked, filter="tar")
    return made.info, unpacked


VERSION = f"\0{SHORT}.7\0".encode()


@pytest.fixture
def broken(tmp_path: Path) -> Callable[..., str]:
    """Return a function that says what is wrong with a tree that holds one bad module."""

    def made(module: bytes, *, machine: str = "arm64", **options: object) -> str:
        name = f"lib/python{SHORT}/lib-dynload/_bad.so"
        program = mach_o(content=VERSION, cpu=CPUS[machine])
        source = packed(tree_of(tmp_path / "python", program=program, libraries={name: module}), tmp_path / "x.tar.gz")
        with pytest.raises(BrokenArtifact) as caught:
            bundle(source, tmp_path, machine, **options)
        assert all(name in problem for problem in caught.value.problems)
        return "\n".join(caught.value.problems)

    return made


def test_what_was_changed_after_it_was_signed_is_refused(broken: Callable[..., str]) -> None:
    data = bytearray(mach_o(content=b"x" * 9000))
    data[5000] ^= 1
    assert "changed after it was signed" in broken(bytes(data))


def test_what_no_mac_with_an_apple_processor_starts_is_refused(broken: Callable[..., str]) -> None:
    assert "no code signature" in broken(mach_o(signed=False))


def test_a_path_of_the_machine_that_built_it_is_refused(broken: Callable[..., str]) -> None:
    told = broken(mach_o(needed=["/opt/homebrew/lib/libssl.3.dylib"], search=["/Users/me/lib"]))
    assert "needs /opt/homebrew/lib/libssl.3.dylib" in told
    assert "looks for libraries in /Users/me/lib" in told


def test_a_library_that_the_tree_does_not_hold_is_missed(broken: Callable[..., str]) -> None:
    assert "needs @loader_path/libgone.dylib, which the tree does not hold" in broken(mach_o(needed=["@loader_path/libgone.dylib"]))


def test_a_newer_system_than_promised_is_refused(broken: Callable[..., str]) -> None:
    assert "needs macOS 14.0, and the bundle is to run on 12.3" in broken(mach_o(minimum=(14, 0)), macos_minimum="12.3")


def test_a_module_for_another_processor_is_refused(broken: Callable[..., str]) -> None:
    assert "is for x86_64, not for arm64" in broken(mach_o(cpu=X86_64))


def test_the_older_way_to_say_the_oldest_system_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(mach_o(minimum=None))
    assert read_mach_o(path)[0].minimum is None
    path.write_bytes(b"\xcf\xfa\xed\xfe" + b"\xff" * 60)
    with pytest.raises(BrokenArtifact, match="no Mach-O file that can be read"):
        read_mach_o(path)
    path.write_bytes(b"\xca\xfe\xba\xbe\0\0\0\x34")
    assert not is_mach_o(path)


@pytest.fixture(scope="module", params=sorted(MACHINES))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> tuple[str, dict, Path]:
    """Return a bundle whose programs a compiler made and a linker signed, with a wheel laid and the launcher compiled."""
    if not HAS_ZIG:
        pytest.skip("the PyPI package ziglang, which compiles for macOS, is not installed")
    place = tmp_path_factory.mktemp(request.param)
    cache = Path(pytestconfig.cache.mkdir("hermetic-zig"))
    target = MACHINES[request.param]
    library = compiled(
        place / f"libpython{SHORT}.dylib", f'const char *version(void) {{ return "{SHORT}.7"; }}\n', platform=target, cache=cache,
        options=["-shared", f"-Wl,-install_name,@rpath/libpython{SHORT}.dylib"],
    )  # fmt: skip
    program = compiled(
        place / "python", "const char *version(void);\nint main(void) { return version() == 0; }\n", platform=target, cache=cache,
        options=[str(library), "-Wl,-rpath,@executable_path/../lib", "-Wl,-headerpad_max_install_names"],
    )  # fmt: skip
    module = compiled(
        place / "_x.so", "int PyInit__x(void) { return 0; }\n", platform=target, cache=cache, options=["-shared", "-Wl,-install_name,_x.so"]
    )
    libraries = {f"lib/libpython{SHORT}.dylib": library, f"lib/python{SHORT}/lib-dynload/_x.so": module}
    source = packed(tree_of(place / "python-tree", program=program, libraries=libraries), place / "x.tar.gz")
    tag = f"cp{SHORT.replace('.', '')}-cp{SHORT.replace('.', '')}-macosx_11_0_{request.param}"
    wheel = make_wheel(place, "native", files={"native/__init__.py": "", "native/_n.so": module.read_bytes()}, tag=tag, pure=False)
    info, unpacked = bundle(
        source, place, request.param, hermetic="launcher", compiler="zig", packages=[Wheel(path=wheel.path, sha256=wheel.sha256)]
    )
    return request.param, info, unpacked


def test_every_program_of_a_bundle_is_signed_as_it_is_and_looks_only_in_it(made: tuple[str, dict, Path]) -> None:
    machine, info, unpacked = made
    assert (info["hermetic"], info["macos"]) == ("launcher", {"minimum": "11.0"})
    programs = [path for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink() and is_mach_o(path)]
    names = {path.relative_to(unpacked).as_posix() for path in programs}
    assert {f"bin/python{SHORT}", f"libexec/python{SHORT}", f"lib/libpython{SHORT}.dylib"} <= names
    assert any(name.endswith("native/_n.so") for name in names)
    for path in programs:
        (program,) = read_mach_o(path)
        assert program.machine == machine
        assert program.minimum == "11.0", path
        assert not [each for each in program.needed if not each.startswith(("/usr/lib/", "/System/", "@"))], path
        assert not [each for each in program.search if not each.startswith("@")], path
        assert program.signature is not None or machine == "x86_64", path
        assert program.signature is None or (program.signature.broken_pages == () and program.signature.ad_hoc), path
        assert str(Path.home()).encode() + b"/" not in path.read_bytes()
        assert str(unpacked.parent).encode() not in path.read_bytes()


def test_the_launcher_is_signed_on_apple_processors_and_a_changed_one_is_found(made: tuple[str, dict, Path]) -> None:
    machine, _info, unpacked = made
    if machine != "arm64":
        pytest.skip("only Apple processors demand a signature, and zig signs for no other")
    launcher = unpacked / "bin" / f"python{SHORT}"
    (whole,) = read_mach_o(launcher)
    assert whole.signature is not None and whole.signature.broken_pages == ()
    data = bytearray(launcher.read_bytes())
    data[len(data) // 3] ^= 1
    changed = unpacked / "changed"
    changed.write_bytes(data)
    (program,) = read_mach_o(changed)
    changed.unlink()
    assert program.signature is not None and program.signature.broken_pages


@pytest.mark.network
@pytest.mark.parametrize("platform", ["macosx_11_0_arm64", "macosx_10_9_x86_64", "macosx_10_9_universal2"])
def test_programs_that_apple_s_own_linker_made_are_read(platform: str, tmp_path: Path) -> None:
    wheel = unpacked_wheel("markupsafe", tmp_path, platform=platform)
    found = [program for path in wheel.rglob("*.so") for program in read_mach_o(path)]
    assert found
    for program in found:
        assert program.needed == ("/usr/lib/libSystem.B.dylib",)
        assert program.minimum is not None
        assert program.machine != "arm64" or program.signature is not None
        assert program.signature is None or program.signature.broken_pages == ()
