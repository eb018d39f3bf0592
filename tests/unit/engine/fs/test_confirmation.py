# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file or directory is confirmed only when everything that was recorded of it holds, and nothing is opened that is no file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import confirmation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.confirmation import confirm_directory, confirm_files
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import FILE_TIME

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it is for POSIX only")

DATA = b"content"
OWNER = [os.getuid(), os.getgid()] if os.name == "posix" else []


def make(path: Path, data: bytes = DATA) -> None:
    path.write_bytes(data)
    path.chmod(0o644)
    os.utime(path, (FILE_TIME, FILE_TIME))


def confirmed(path: Path, data: bytes = DATA, *, owner: list[int] | None = None, device: int | None = None) -> int:
    recorded = (path.name, 0o644, len(data), hashlib.sha256(data).hexdigest())
    where = path.parent.stat().st_dev if device is None else device
    (number,) = confirm_files(f"{path.parent}/", [recorded], device=where, owner=OWNER if owner is None else owner)
    return number


@pytest.mark.parametrize("size", [0, 1, 7, confirmation._AT_ONCE - 1, confirmation._AT_ONCE, (1 << 20) + 1])
def test_a_file_as_recorded_gives_its_number(tmp_path: Path, size: int) -> None:
    data = (b"0123456789" * (size // 10 + 1))[:size]
    make(tmp_path / "a", data)
    assert confirmed(tmp_path / "a", data) == (tmp_path / "a").stat().st_ino
    # The last byte counts as well.
    if size:
        make(tmp_path / "a", data[:-1] + b"x")
        assert confirmed(tmp_path / "a", data) == 0


def rewrite(path: Path) -> None:
    make(path, DATA.upper())


def become_link(path: Path) -> None:
    path.rename(path.with_name("beside"))
    path.symlink_to("beside")


def become_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: list[Callable[[Path], object]] = [
    rewrite,
    become_link,
    become_directory,
    lambda path: path.unlink(),
    lambda path: path.chmod(0o664),
    lambda path: path.chmod(0o4644),
    lambda path: os.utime(path),
    lambda path: make(path, DATA + b"1"),
    lambda path: make(path, b""),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_differs_is_not_confirmed(tmp_path: Path, change: Callable[[Path], object]) -> None:
    make(tmp_path / "a")
    assert confirmed(tmp_path / "a")
    change(tmp_path / "a")
    assert confirmed(tmp_path / "a") == 0


def test_owner_and_device_count(tmp_path: Path) -> None:
    make(tmp_path / "a")
    assert confirmed(tmp_path / "a", owner=[OWNER[0] + 1, OWNER[1]]) == 0
    assert confirmed(tmp_path / "a", owner=[OWNER[0], OWNER[1] + 1]) == 0
    assert confirmed(tmp_path / "a", device=tmp_path.stat().st_dev + 1) == 0


@pytest.mark.parametrize("carried", [True, False])
def test_what_a_file_carries_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, carried: bool) -> None:
    make(tmp_path / "a")
    monkeypatch.setattr(confirmation, "carries", lambda _descriptor, _status: carried)
    assert bool(confirmed(tmp_path / "a")) is not carried
    listed = confirm_directory(str(tmp_path), mode=tmp_path.stat().st_mode & 0o7777, device=tmp_path.stat().st_dev, owner=None)
    assert (listed is None) is carried


def test_only_files_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening alone has effects on a device, and waits for a writer on a named pipe."""
    os.mkfifo(tmp_path / "a", 0o644)
    opened: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda path, _flags: opened.append(path))
        assert confirmed(tmp_path / "a") == 0
    assert opened == []


def test_a_directory_gives_its_names_with_their_numbers(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make(tmp_path / "a")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("a")
    found = confirm_directory(str(tmp_path), mode=0o755, device=tmp_path.stat().st_dev, owner=OWNER)
    assert found == {name: os.lstat(tmp_path / name).st_ino for name in ("a", "sub", "link")}


def test_a_directory_that_differs_is_not_confirmed(tmp_path: Path) -> None:
    directory, device = tmp_path / "d", tmp_path.stat().st_dev
    directory.mkdir(mode=0o755)

    def found(path: Path = directory, **parts: object) -> object:
        given: dict[str, object] = {"mode": 0o755, "device": device, "owner": OWNER, **parts}
        return confirm_directory(str(path), **given)  # type: ignore[arg-type]

    assert found() == {}
    assert found(mode=0o700) is None
    assert found(device=device + 1) is None
    assert found(owner=[OWNER[0] + 1, OWNER[1]]) is None
    assert found(tmp_path / "gone") is None
    (tmp_path / "link").symlink_to("d")
    assert found(tmp_path / "link") is None
    make(tmp_path / "file")
    assert found(tmp_path / "file") is None
