# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of many trees are confirmed, each once and under its own number, wherever that is done."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import FILE_TIME, Inode
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import file_confirmation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.file_confirmation import Confirmation, RecordedFiles
from root_samples import pretend

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it is for POSIX only")


def make_tree(tree: Path, count: int) -> RecordedFiles:
    tree.mkdir()
    records = {}
    for number in range(count):
        data = f"{tree.name} {number}".encode()
        path = tree / str(number)
        path.write_bytes(data)
        path.chmod(0o644)
        os.utime(path, (FILE_TIME, FILE_TIME))
        records[path.name] = FileRecord(0o644, len(data), hashlib.sha256(data).hexdigest())
    return RecordedFiles(f"{tree}/", tree.stat().st_dev, [os.getuid(), os.getgid()], records)


@pytest.mark.parametrize("few", [True, False])
def test_every_file_has_its_number_and_every_further_file_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: bool) -> None:
    pretend(monkeypatch)
    # By workers, which answer in this process.
    monkeypatch.setattr(file_confirmation, "can_fork", lambda: False)
    monkeypatch.setattr(file_confirmation, "_FEW_FILES", 256 if few else 0)
    monkeypatch.setattr(file_confirmation, "batch_size", lambda _total, *, count: 100_000)
    trees = [make_tree(tmp_path / "a", 12), make_tree(tmp_path / "b", 1), make_tree(tmp_path / "c", 0)]
    (tmp_path / "a" / "3").write_text("evil")
    (tmp_path / "b" / "0").unlink()
    further = {} if few else {(1, 2, 3): str(tmp_path / "a" / "5"), (1, 3, 3): str(tmp_path / "gone")}
    numbers, digests = Confirmation(trees, further, count=2).result()
    assert numbers == [[0 if name == 3 else (tmp_path / "a" / str(name)).stat().st_ino for name in range(12)], [0], []]
    assert digests == ({} if few else {(1, 2, 3): hashlib.sha256(b"a 5").hexdigest()})


def test_large_files_come_first_and_every_file_once() -> None:
    def recorded(**sizes: int) -> RecordedFiles:
        return RecordedFiles("/t/", 1, None, {name: FileRecord(0o644, size, "") for name, size in sizes.items()})

    trees = [recorded(a=10, b=50_000_000), recorded(c=9_000_000, d=1, e=2)]
    batches = list(file_confirmation._batches(trees, 8_000_000))
    assert [list(batch.items()) for batch in batches] == [[(0, ["b"])], [(1, ["c"])], [(0, ["a"]), (1, ["d", "e"])]]


def test_nothing_is_confirmed_of_nothing() -> None:
    further: dict[Inode, str] = {}
    assert Confirmation([], further, count=2).result() == ([], {})
