# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room an installation takes, and whether there is that much."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import DiskFull
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import disk_space
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from host_samples import ONE, PYTHON, host_as_declared, laid

RESERVE = 4 * 1024 * 1024


def test_what_the_repository_knows_goes_before_an_estimate(tmp_path: Path) -> None:
    known, unknown = Artifact("a" * 64, "a.tar.gz", 1000, (), unpacked=5000), Artifact("b" * 64, "b.tar.gz", 1000, ())
    assert disk_space.needed_bytes({"a": known}, Layout(tmp_path)) == 6000 + RESERVE
    assert disk_space.needed_bytes({"b": unknown}, Layout(tmp_path)) == 3500 + RESERVE
    assert disk_space.least_bytes([known, unknown]) == 9500 + RESERVE
    assert disk_space.needed_bytes({}, Layout(tmp_path)) == disk_space.least_bytes([]) == 0


WHEEL = Artifact("a" * 64, "x-1.0-py3-none-any.whl", None, ())


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Return where the root keeps the wheel; the test writes it."""
    path = Layout(tmp_path).artifact(WHEEL.sha256, WHEEL.filename)
    path.parent.mkdir(parents=True)
    return path


def test_a_stored_wheel_tells_itself_what_it_holds(tmp_path: Path, stored: Path) -> None:
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("x/code.py", b"#" * 1000)
        archive.writestr("x/data.bin", b"#" * 1000)
    assert disk_space.needed_bytes({WHEEL.sha256: WHEEL}, Layout(tmp_path)) == 3000 + RESERVE
    stored.write_bytes(b"no archive")
    assert disk_space.needed_bytes({WHEEL.sha256: WHEEL}, Layout(tmp_path)) == 25 + RESERVE


def test_a_wheel_that_claims_too_much_is_left_to_who_unpacks_it(tmp_path: Path, stored: Path) -> None:
    """Its size is estimated: what it claims would be told as a full disk, and to read a directory of a million entries takes a gigabyte."""
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("x/data.bin", b"#" * 1000)
        archive.filelist[0].file_size = 1 << 40
    estimated = int(stored.stat().st_size * 2.5) + RESERVE
    assert disk_space.needed_bytes({WHEEL.sha256: WHEEL}, Layout(tmp_path)) == estimated
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0x5021, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0) + b"x"
    directory = entry * ((1 << 16) + 1)
    stored.write_bytes(directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(directory), 0, 0))
    assert disk_space.needed_bytes({WHEEL.sha256: WHEEL}, Layout(tmp_path)) == int(stored.stat().st_size * 2.5) + RESERVE


def test_a_file_system_without_room_is_named_with_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_space, "free_bytes", lambda path: 1_000_000)
    disk_space.refuse_full(tmp_path, 1_000_000)
    with pytest.raises(DiskFull, match=r"about 2\.0 MB are needed and 1\.0 MB are free on the file system mounted at /.*check_free_space"):
        disk_space.refuse_full(tmp_path / "not" / "there", 2_000_000)
    monkeypatch.setattr(disk_space, "free_bytes", lambda path: None)
    disk_space.refuse_full(tmp_path, 10**18)


def test_files_that_stay_linked_elsewhere_are_not_counted_as_freed() -> None:
    records = host_as_declared().records
    environment = ONE.id(PYTHON)
    assert disk_space.freed_bytes(records, {"environments": [environment]}, []) == 1
    assert disk_space.freed_bytes(records, {"environments": [environment], "laid": [laid("alpha-1.0")]}, []) == 4
    whole = sum(size for _mode, size, _sha256 in records.bundles[PYTHON.id].manifest().files.values())
    assert disk_space.freed_bytes(records, {"bundles": [PYTHON.id], "laid": ["unknown"]}, []) == whole > 0
