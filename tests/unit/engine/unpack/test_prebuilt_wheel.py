# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A prebuilt wheel unpacks to what the wheel itself unpacks and compiles to; tests/security has those that lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_making import prebuild_wheel
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_wheel import own_byte_code, unpack_prebuilt
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel import unpack_wheel
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_sample_wheels, make_wheel

BYTE_CODE = own_byte_code().digest
PECULIAR: dict[str, str | bytes] = {
    "odd/__init__.py": "",
    "odd/large.bin": os.urandom(1 << 21),
    "odd/large.py": "# comment\n" * 200_000,
    "odd/empty.txt": "",
    "odd/ünïcode_ñame.py": "A = 1\n",
    f"odd/{'deep/' * 20}{'x' * 90}.py": "B = 1\n",
    "odd/run.sh": "#!/bin/sh\n",
    "odd/sourceless.pyc": "no byte code",
    "odd/no_python.py": "class {{ name }}:\n",
    "odd-1.0.data/data/etc/odd.conf": "x\n",
    "odd-1.0.data/scripts/odd-script": "#!python\nprint()\n",
    "odd-1.0.data/headers/odd.h": "\n",
}


def tree_of(place: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        path.relative_to(place).as_posix(): (
            path.stat().st_mode,
            path.stat().st_mtime_ns if path.is_file() else 0,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in place.rglob("*")
    }


def both_ways(wheel: Wheel, tmp_path: Path) -> None:
    archive, compiled, unpacked = tmp_path / "archive.tar.gz", tmp_path / "compiled", tmp_path / "unpacked"
    prebuild_wheel(wheel.path, archive, sha256=wheel.sha256, windows=False, workplace=tmp_path / "workplace")
    compiled.mkdir()
    unpacked.mkdir()
    expected = unpack_wheel(wheel.path, compiled, compiles=True)
    found = unpack_prebuilt(archive, unpacked, wheel=wheel.sha256, byte_code=BYTE_CODE, filename=wheel.filename)
    assert tree_of(unpacked) == tree_of(compiled)
    assert {key: getattr(found, key) for key in expected} == expected


@pytest.mark.parametrize("name", ["alpha-1.0", "beta-1.0", "gamma-1.0"])
def test_the_tree_and_all_that_is_said_of_it_are_those_of_the_wheel(name: str, tmp_path: Path) -> None:
    both_ways(make_sample_wheels(tmp_path / "wheels")[name], tmp_path)


def test_a_wheel_with_everything_that_is_rare(tmp_path: Path) -> None:
    both_ways(make_wheel(tmp_path / "wheels", "odd", files=PECULIAR, executable=["odd/run.sh"], scripts={"odd": "odd:main"}), tmp_path)


def test_byte_code_that_the_wheel_brings_is_left_out_with_the_same_warning(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "odd/__init__.py": "",
        "odd/__pycache__/__init__.cpython-311.pyc": b"evil",
        "odd/__pycache__/notes.txt": "kept",
    }
    both_ways(make_wheel(tmp_path / "wheels", "odd", files=files, record=b""), tmp_path)


def test_more_than_it_may_unpack_to_is_refused(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "odd", files={"odd/zeros.bin": bytes(3 << 20)})
    archive, into = tmp_path / "archive.tar.gz", tmp_path / "into"
    into.mkdir()
    prebuild_wheel(wheel.path, archive, sha256=wheel.sha256, windows=False, workplace=tmp_path / "workplace")
    with pytest.raises(UnsafeArchive, match="unpack_limit"):
        unpack_prebuilt(archive, into, wheel=wheel.sha256, byte_code=BYTE_CODE, unpack_limit=2)
    assert list(into.iterdir()) == []


def test_another_python_than_the_one_that_it_is_for_refuses_it(tmp_path: Path) -> None:
    wheel = make_sample_wheels(tmp_path / "wheels")["beta-1.0"]
    with pytest.raises(BrokenArtifact, match="this Python reads the byte code"):
        unpack_prebuilt(tmp_path / "none.tar.gz", tmp_path, wheel=wheel.sha256, byte_code="0" * 64)
