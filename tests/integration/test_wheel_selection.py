# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selecting and downloading wheels from a real index."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import FetchFailed, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from lock_samples import local_supply, names, requirements
from supply_samples import (
    LINUX,
    make_wheel,
    served,
    sha256,
    write_pylock,
)


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return local_supply(tmp_path)


def test_a_source_that_cannot_be_asked_is_a_warning_only_while_nothing_is_missing(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "links", "pkg-1.0-py3-none-any.whl")
    supply = Supply.from_options(
        {
            "cache": tmp_path / "cache",
            "index_url": "http://127.0.0.1:9/simple",
            "find_links": [str(tmp_path / "links")],
            "ca_path": "/none",
            "retries": 0,
        }
    )
    selection = supply.select(supply.lock(requirements(tmp_path, wheel)), LINUX)
    assert names(selection) == [wheel.name] and "could not be asked" in selection.warnings[0]
    with pytest.raises(HermeticError, match=r"A package source cannot be asked: http://127\.0\.0\.1:9: the server refused") as caught:
        supply.select(supply.lock(requirements(tmp_path, wheel, extra=f"other==1 --hash=sha256:{'a' * 64}\n")), LINUX)
    assert "not known there" not in str(caught.value)


def test_artifacts_name_the_mirror_first_and_download_verifies(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "web", "pkg-1.0-py3-none-any.whl")
    with served(tmp_path / "web") as server:
        entry = f'[[packages]]\nname = "pkg"\nversion = "1.0"\nwheels = [{{url = "{server.url}/{wheel.name}", hashes = {{sha256 = "{sha256(wheel)}"}}}}]\n'
        supply = Supply.from_options({"cache": tmp_path / "cache", "retries": 0})
        [found] = supply.select(supply.lock(write_pylock(tmp_path / "pylock.toml", entry)), LINUX).wheels
        assert supply.artifacts([found]) == {
            found.sha256: {"filename": wheel.name, "size": None, "sources": [f"{server.url}/{wheel.name}"]}
        }
        path = supply.download(found)
        assert path.read_bytes() == wheel.read_bytes() and path.name == wheel.name
        supply.download(found)
        assert len(server.asked) == 1
        path.write_bytes(b"tampered")
        assert supply.download(found).read_bytes() == wheel.read_bytes()
        path.unlink()
        wheel.write_bytes(b"other bytes")
        with pytest.raises(FetchFailed, match="expected " + found.sha256):
            supply.download(found)
        assert not path.exists()
