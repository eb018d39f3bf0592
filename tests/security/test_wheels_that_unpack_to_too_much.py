# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that are small and unpack to more than a host has: refused before they are unpacked, or while, and never held in memory."""

from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError, UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import byte_code as compiling
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import unpack_budget
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import wheel as unpacking_wheels
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack as unpack_on_host
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.unpack_budget import MIB
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel import unpack_wheel
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import Wheel as BuilderWheel
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.packages import install_packages
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.unpacking import unpack as unpack_for_build
from bundle_samples import tree_at
from hosts import Host
from roots import Declared
from wheelhouse import Wheel, known, make_wheel

ZEROS = 300 * MIB


def deflated_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(MIB)
    return b"".join(packer.compress(block) for _number in range(size // MIB)) + packer.flush()


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    """Return a wheel of 0.3 MB that would unpack to 300 MiB of zeros."""
    path = make_wheel(tmp_path_factory.mktemp("bomb"), "bomb").path
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("bomb/zeros.py", "w", force_zip64=True) as entry,
    ):
        for _number in range(ZEROS // MIB):
            entry.write(bytes(MIB))
    return known(path)


def unpacked(wheel: Wheel, tmp_path: Path, **options: object) -> tuple[dict[str, object], Path]:
    into = tmp_path / "unpacked"
    into.mkdir()
    return unpack_wheel(wheel.path, into, compiles=True, **options), into  # type: ignore[arg-type]


def test_a_wheel_that_unpacks_to_too_much_is_refused_before_it_is(bomb: Wheel, tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive) as caught:
        unpacked(bomb, tmp_path)
    for said in (bomb.filename, "would unpack to 300.0 MiB", "256.0 MiB", "unpack_limit to 301"):
        assert said in str(caught.value)
    assert list((tmp_path / "unpacked").iterdir()) == []


def test_an_engine_on_a_host_refuses_it_and_keeps_what_is_there(bomb: Wheel, host: Host, declared: Declared) -> None:
    host.refuses(bomb.filename, "300.0 MiB", "unpack_limit", declared=declared.but(web=[bomb]))


def test_a_bundle_refuses_it_as_an_environment_does(bomb: Wheel, tmp_path: Path) -> None:
    with pytest.raises(HermeticError, match="unpack_limit"):
        install_packages(tree_at(tmp_path / "tree"), [BuilderWheel(path=bomb.path, sha256=bomb.sha256)], scripts=True)


def test_the_option_lets_it_through_and_memory_stays_small(bomb: Wheel, tmp_path: Path) -> None:
    code = (
        "import sys, json; sys.path[:0] = json.loads(sys.argv[1])\n"
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (250 << 20, 250 << 20))\n"
        "from pathlib import Path\n"
        "from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel import unpack_wheel\n"
        "told = unpack_wheel(Path(sys.argv[2]), Path(sys.argv[3]), compiles=True, unpack_limit=320)\n"
        "print(json.dumps([told['files']['site/bomb/zeros.py'][1], told['warnings']]))"
    )
    into = tmp_path / "into"
    into.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(sys.path), str(bomb.path), str(into)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    size, warnings = json.loads(done.stdout)
    assert size == (into / "site/bomb/zeros.py").stat().st_size == ZEROS
    # A source of that size is installed without byte code, and that is said.
    assert any("without byte code" in warning and "bomb/zeros.py" in warning for warning in warnings)
    assert not (into / "site/bomb/__pycache__/zeros.cpython-312.pyc").exists()


def test_many_empty_entries_are_a_size_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_budget, "FLOOR", 2 * MIB)
    wheel = make_wheel(tmp_path, "many", files={f"many/{number}.txt": "" for number in range(600)})
    monkeypatch.setattr(unpack_budget, "RATIO", 1)
    with pytest.raises(UnsafeArchive, match=r"many-1\.0.*513 entries or more|many-1\.0.*2\.0 MiB or more"):
        unpacked(wheel, tmp_path)


def test_directories_that_only_paths_name_are_a_size_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_budget, "FLOOR", 4 * MIB)
    wheel = make_wheel(tmp_path, "deep", files={f"deep/{number}{'/d' * 1500}/x.txt": "" for number in range(3)})
    with pytest.raises(UnsafeArchive, match=r"deep-1\.0.*would unpack to"):
        unpacked(wheel, tmp_path)
    assert list((tmp_path / "unpacked").iterdir()) == []


@pytest.mark.parametrize("unpack", [unpack_on_host, unpack_for_build], ids=["host", "builder"])
@pytest.mark.parametrize("ending", ["tar.gz", "zip"])
def test_directories_of_an_archive_are_a_size_too(
    tmp_path: Path, unpack: Callable[..., object], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack_budget, "FLOOR", 4 * MIB)
    path = tmp_path / f"a.{ending}"
    names = [f"{number}{'/d' * 100}/x" for number in range(24)]
    if ending == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "")
    else:
        with tarfile.open(path, "w:gz") as packed:
            for name in names:
                packed.addfile(tarfile.TarInfo(name))
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafeArchive, match="would unpack to"):
        unpack(path, tmp_path / "out")


def test_a_path_that_no_system_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenArtifact, match="the path is too long or too deep"):
        unpacked(make_wheel(tmp_path, "deep", files={f"deep{'/d' * 3000}": ""}), tmp_path)


def overlapping(path: Path, *, copies: int) -> Path:
    """Write a zip whose entries all have the data of one: names of their own in the directory, and one place in the file."""
    data = deflated_zeros(4 * MIB)
    crc = zlib.crc32(bytes(4 * MIB))
    start = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0x5021, crc, len(data), 4 * MIB, 1, 0) + b"0" + data
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0x5021, crc, len(data), 4 * MIB, len(name), 0, 0, 0, 0, 0o100644 << 16, 0)
        + name
        for name in (str(number).encode() for number in range(copies))
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, copies, copies, len(directory), len(start), 0)
    path.write_bytes(start + directory + end)
    return path


@pytest.mark.parametrize("unpack", [unpack_on_host, unpack_for_build], ids=["host", "builder"])
def test_entries_that_overlap_are_refused(tmp_path: Path, unpack: Callable[..., object]) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafeArchive) as caught:
        unpack(overlapping(tmp_path / "a.zip", copies=3), tmp_path / "out")
    assert sum("overlaps" in problem for problem in caught.value.problems) == 2


def test_overlapping_entries_of_a_wheel_are_refused(tmp_path: Path) -> None:
    path = overlapping(tmp_path / "over-1.0-py3-none-any.whl", copies=3)
    with pytest.raises(BrokenArtifact, match="overlaps"):
        unpacked(known(path), tmp_path)


@pytest.mark.parametrize("unpack", [unpack_on_host, unpack_for_build], ids=["host", "builder"])
def test_a_zip_bomb_is_refused_by_its_directory(tmp_path: Path, unpack: Callable[..., object]) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafeArchive, match="would unpack to"):
        unpack(overlapping(tmp_path / "a.zip", copies=200), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def lying(wheel: Path, name: bytes, size: int) -> Wheel:
    """Change the size that a wheel states for one of its entries, in both of its headers."""
    data = bytearray(wheel.read_bytes())
    for signature, at, name_at in ((b"PK\3\4", 22, 30), (b"PK\1\2", 24, 46)):
        position = -1
        while (position := data.find(signature, position + 1)) >= 0:
            if data[position + name_at :].startswith(name):
                struct.pack_into("<L", data, position + at, size)
    wheel.write_bytes(bytes(data))
    return known(wheel)


@pytest.mark.parametrize("size", [1, 10, 7000])
def test_an_entry_that_is_not_of_the_size_that_it_states_is_refused(tmp_path: Path, size: int) -> None:
    wheel = make_wheel(tmp_path, "lying", files={"lying/data.txt": "x" * 5000})
    with pytest.raises(BrokenArtifact, match=r"lying-1\.0"):
        unpacked(lying(wheel.path, b"lying/data.txt", size), tmp_path)


def test_a_compression_that_cannot_be_bounded_is_refused(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, "packed").path
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("packed/data.txt", bytes(50 * MIB), zipfile.ZIP_BZIP2)
    with pytest.raises(BrokenArtifact, match="bzip2"):
        unpacked(known(path), tmp_path)


def gzip_bomb(path: Path, size: int) -> Path:
    with gzip.open(path, "wb", compresslevel=9) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("zeros")
        entry.size = size
        archive.addfile(entry, _Zeros(size))
    return path


class _Zeros(io.RawIOBase):
    def __init__(self, left: int) -> None:
        self._left = left

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


@pytest.mark.parametrize("unpack", [unpack_on_host, unpack_for_build], ids=["host", "builder"])
def test_a_gzip_bomb_is_refused_by_its_entry(tmp_path: Path, unpack: Callable[..., object]) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafeArchive, match=r"would unpack to 300\.0 MiB.*unpack_limit"):
        unpack(gzip_bomb(tmp_path / "a.tar.gz", 300 * MIB), tmp_path / "out")
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*")) == 0


@pytest.mark.parametrize("unpack", [unpack_on_host, unpack_for_build], ids=["host", "builder"])
def test_a_gzip_bomb_behind_the_end_of_the_archive_is_refused(
    tmp_path: Path, unpack: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack_budget, "FLOOR", 4 * MIB)
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb") as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("one"))
        for _number in range(64):
            packed.write(bytes(MIB))
    (tmp_path / "out").mkdir()
    if unpack is unpack_for_build:
        # It stops reading at the end of the archive.
        unpack(path, tmp_path / "out")
        return
    with pytest.raises(UnsafeArchive, match="would unpack to"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize("unpack", [unpack_on_host, unpack_for_build], ids=["host", "builder"])
@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_that_would_fill_the_memory_is_not_read(tmp_path: Path, unpack: Callable[..., object], kind: bytes) -> None:
    header = tarfile.TarInfo("long")
    header.type, header.size = kind, 200 * MIB
    with gzip.open(tmp_path / "a.tar.gz", "wb") as packed:
        packed.write(header.tobuf(tarfile.GNU_FORMAT))
        for _number in range(200):
            packed.write(bytes(MIB))
    (tmp_path / "out").mkdir()
    with pytest.raises(HermeticError, match="it holds a header of 209715200 bytes"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")


@pytest.mark.parametrize("unpack", [unpack_on_host, unpack_for_build], ids=["host", "builder"])
def test_the_option_lets_a_large_archive_through(tmp_path: Path, unpack: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_budget, "FLOOR", MIB)
    archive = gzip_bomb(tmp_path / "a.tar.gz", 20 * MIB)
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafeArchive):
        unpack(archive, tmp_path / "out")
    unpack(archive, tmp_path / "out", unpack_limit=24)
    assert (tmp_path / "out" / "zeros").stat().st_size == 20 * MIB


def test_a_large_source_has_no_byte_code_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking_wheels, "LARGEST_SOURCE", 1000)
    monkeypatch.setattr(compiling, "LARGEST_SOURCE", 1000)
    wheel = make_wheel(tmp_path, "large", files={"large.py": "x = 1\n" * 1000, "small.py": "x = 1\n"})
    told, into = unpacked(wheel, tmp_path)
    assert [path.name.partition(".")[0] for path in into.rglob("*.pyc")] == ["small"]
    assert [("large.py" in warning, "without byte code" in warning) for warning in told["warnings"]] == [(True, True)]  # type: ignore[attr-defined]


def test_a_large_script_of_python_is_not_read_whole(host: Host, declared: Declared, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "big", files={"big-1.0.data/scripts/big": "#!python\n" + "#" * (17 * MIB)})
    host.refuses(wheel.filename, "scripts/big", declared=declared.but(web=[wheel]))
