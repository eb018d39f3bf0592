# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of prebuilt wheels as they are made: equal wheels give equal bytes, which ordinary tools read."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import prebuilt_making
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_making import prebuild_wheel
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_sample_wheels, make_wheel


@pytest.fixture
def alpha(tmp_path: Path) -> Wheel:
    return make_sample_wheels(tmp_path / "wheels")["alpha-1.0"]


def made(wheel: Wheel, path: Path) -> bytes:
    found = prebuild_wheel(wheel.path, path, sha256=wheel.sha256, windows=False, workplace=path.parent / "tree")
    content = path.read_bytes()
    assert (found["sha256"], found["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert not (path.parent / "tree").exists()
    return content


def test_equal_wheels_give_equal_bytes(alpha: Wheel, tmp_path: Path) -> None:
    first = made(alpha, tmp_path / "first.tar.gz")
    mask = os.umask(0o077)
    try:
        os.utime(alpha.path, (1, 1))
        assert made(alpha, tmp_path / "second.tar.gz") == first
    finally:
        os.umask(mask)


def test_only_the_compressor_decides_beyond_the_content(alpha: Wheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another zlib may compress otherwise; what it compresses is the same."""
    first = made(alpha, tmp_path / "first.tar.gz")
    monkeypatch.setattr(prebuilt_making, "_LEVEL", 1)
    second = made(alpha, tmp_path / "second.tar.gz")
    assert first != second and gzip.decompress(first) == gzip.decompress(second)
    assert first[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
    assert zlib.crc32(gzip.decompress(first)).to_bytes(4, "little") == first[-8:-4]


def test_ordinary_tools_read_it_and_its_manifest_comes_first(alpha: Wheel, tmp_path: Path) -> None:
    made(alpha, tmp_path / "alpha.tar.gz")
    with tarfile.open(tmp_path / "alpha.tar.gz") as tar:
        members = tar.getmembers()
        manifest = json.load(tar.extractfile(members[0]))  # type: ignore[arg-type]
        assert [member.name for member in members] == ["manifest.json", *manifest["files"]]
        for member in members[1:]:
            data = tar.extractfile(member).read()  # type: ignore[union-attr]
            assert manifest["files"][member.name] == [member.mode, member.size, hashlib.sha256(data).hexdigest()]
    assert manifest["wheel"] == {"filename": alpha.filename, "sha256": alpha.sha256}
    assert (manifest["format"], manifest["name"], manifest["version"]) == (1, "alpha", "1.0")


def test_a_wheel_that_no_host_takes_leaves_nothing(tmp_path: Path) -> None:
    broken = make_wheel(tmp_path / "wheels", "broken", metadata={"WHEEL": None})
    with pytest.raises(BrokenArtifact, match=broken.filename):
        made(broken, tmp_path / "broken.tar.gz")
    assert {path.name for path in tmp_path.iterdir()} == {"wheels"}


def test_names_that_windows_does_not_take_are_refused_for_windows_alone(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "odd", files={"odd/aux.py": "A = 1\n"})
    made(wheel, tmp_path / "odd.tar.gz")
    with pytest.raises(BrokenArtifact, match="Windows"):
        prebuild_wheel(wheel.path, tmp_path / "w.tar.gz", sha256=wheel.sha256, windows=True, workplace=tmp_path / "tree")


def test_a_wheel_of_another_digest_is_not_vouched_for(alpha: Wheel, tmp_path: Path) -> None:
    """Who may write into a repository must not have its publisher sign what he compiled of it."""
    with pytest.raises(BrokenArtifact, match=f"expected {'0' * 64}"):
        prebuild_wheel(alpha.path, tmp_path / "a.tar.gz", sha256="0" * 64, windows=False, workplace=tmp_path / "tree")
    assert {path.name for path in tmp_path.iterdir()} == {"wheels"}
