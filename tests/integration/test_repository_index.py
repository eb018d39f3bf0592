# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a repository and its signature from a real web server."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from repository_samples import keys, publish
from supply_samples import make_bundle, served, sha256


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return Supply.from_options({"cache": tmp_path / "cache", "retries": 0})


def test_a_repository_on_a_web_server(tmp_path: Path, supply: Supply) -> None:
    publish(tmp_path)
    with served(tmp_path) as server:
        repository = server.url.replace("http://", "http://me:secret@") + "/repository/"
        bundle = supply.bundle("python", repository=repository, platform="linux-x86_64")
        assert bundle.location == f"{server.url}/repository/bundles/python/3.12.1%2B1/{bundle.filename.replace('+', '%2B')}"
        assert supply.download(bundle).read_bytes() == (tmp_path / "build" / bundle.filename).read_bytes()
        assert list(supply.credentials.values()) == [{"username": "me", "password": "secret"}]
        index = supply.index(repository)
        [(digest, wheel)] = index.content["wheels"].items()
        assert index.wheel(digest) == f"{server.url}/repository/{wheel['path']}"
        assert index.wheel("0" * 64) is None
        paths = [path for path, _ in server.asked]
        assert paths.count("/repository/index.json") == 1
        before = len(server.asked)
        supply.index(repository, max_age=0)
        assert len(server.asked) == before + 1
        with pytest.raises(HermeticError, match=r"has no index\.json: HTTP 404"):
            supply.index(f"{server.url}/elsewhere")


@pytest.mark.parametrize("over", ["path", "web"])
def test_a_signed_index_is_believed_and_a_changed_one_is_not(tmp_path: Path, supply: Supply, over: str) -> None:
    private, public = keys(tmp_path)
    repository = publish(tmp_path, key=private)
    with served(tmp_path) as server:
        location = str(repository) if over == "path" else f"{server.url}/repository"
        assert supply.index(location, public_key=public, max_age=0).serial == 1
        _, other = keys(tmp_path, "other")
        with pytest.raises(BrokenArtifact, match="is signed by another key, or was changed"):
            supply.index(location, public_key=other, max_age=0)
        index = repository / "index.json"
        index.write_bytes(index.read_bytes().replace(b'"stable": "3.12.1+1"', b'"stable": "3.12.1+2"'))
        with pytest.raises(BrokenArtifact, match="is signed by another key, or was changed"):
            supply.index(location, public_key=public, max_age=0)
        (repository / "index.json.sig").unlink()
        with pytest.raises(BrokenArtifact, match="has no signature"):
            supply.index(location, public_key=public, max_age=0)
        assert supply.index(location, max_age=0).release("python") == "3.12.1+2"


def entry(index: dict) -> dict:
    return index["bundles"]["python"]["releases"]["3.12.1+1"]["platforms"]["linux-x86_64"]


def test_an_archive_outside_any_repository(tmp_path: Path, supply: Supply) -> None:
    path = make_bundle(tmp_path / "web", platform="windows-x86_64")
    bundle = supply.archive(str(path))
    assert (bundle.name, bundle.release, bundle.platform, bundle.sha256, bundle.location) == (
        "python",
        "3.12.1+1",
        "windows-x86_64",
        sha256(path),
        str(path),
    )
    entry = {"filename": path.name, "size": path.stat().st_size, "unpacked": bundle.unpacked, "sources": [str(path)]}
    assert supply.artifacts([bundle]) == {bundle.sha256: entry}
    assert bundle.unpacked == 10
    with pytest.raises(BrokenArtifact, match="expected " + "0" * 64):
        supply.archive(str(path), sha256="0" * 64)
    with pytest.raises(HermeticError, match="is not there"):
        supply.archive(str(tmp_path / "gone.zip"))
    with served(tmp_path / "web") as server:
        with pytest.raises(HermeticError, match="a URL without a digest"):
            supply.archive(f"{server.url}/{path.name}")
        there = supply.archive(f"{server.url}/{path.name}", sha256=sha256(path))
        assert (there.release, there.location) == ("3.12.1+1", f"{server.url}/{path.name}")
