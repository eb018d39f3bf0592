# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive of a bundle as it is built: every reader of tar reads it, and a host unpacks the same tree from it in each way."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.archive_writing import write_archive
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import read_metadata
from archive_samples import WAYS, unpack_by
from fetch_server import serve, whole
from roots import Archive, Declared, Root, snapshot

MakeRoot = Callable[[Path, Declared], Root]


def tree_of(place: Path) -> dict[str, tuple[Any, ...]]:
    """Return everything below a directory, with content, modes and links."""
    return {name: about[:2] + about[4:] if len(about) > 4 else about for name, about in snapshot(place, sorted(os.listdir(place))).items()}


def test_a_bundle_is_built_in_members(bundle_archive: Archive) -> None:
    members = read_metadata(bundle_archive.path)["members"]
    assert len(members) > 20
    content = bundle_archive.path.read_bytes()
    held = [len(gzip.decompress(content[begin:end])) for begin, end in zip(members, [*members[1:], len(content)], strict=True)]
    assert set(held[:-1]) == {1 << 20}


@pytest.mark.parametrize("reader", ["tar", "gzip and tar", "busybox", "bsdtar"])
def test_programs_read_it(bundle_archive: Archive, tmp_path: Path, reader: str) -> None:
    commands = {
        "tar": 'tar -xzf "$1" -C "$2"',
        "gzip and tar": 'gzip -dc "$1" | tar -xf - -C "$2"',
        "busybox": 'busybox tar -xzf "$1" -C "$2"',
        "bsdtar": 'bsdtar -xzf "$1" -C "$2"',
    }
    needed = commands[reader].split()[0]
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed")
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
    subprocess.run(["sh", "-ec", commands[reader], "sh", str(bundle_archive.path), str(tmp_path / "theirs")], check=True)
    files = unpack(bundle_archive.path, tmp_path / "ours")
    for path, (size, sha256) in files.items():
        content = (tmp_path / "theirs" / path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (size, sha256)
    assert {name for name, about in tree_of(tmp_path / "theirs").items()} == set(tree_of(tmp_path / "ours"))


def test_python_reads_it(bundle_archive: Archive, tmp_path: Path) -> None:
    with tarfile.open(bundle_archive.path) as archive:
        listed = {entry.name for entry in archive}
    assert listed == {*json.loads(read_bundle_json(bundle_archive.path))["files"], "bundle.json"}


def read_bundle_json(path: Path) -> bytes:
    with tarfile.open(path) as archive:
        stream = archive.extractfile("bundle.json")
        assert stream is not None
        return stream.read()


@pytest.fixture(scope="module")
def reference(bundle_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Return what one thread makes of a bundle, read as one stream."""
    place = tmp_path_factory.mktemp("reference")
    return unpack(bundle_archive.path, place, jobs=1), tree_of(place)


@pytest.mark.parametrize("way", WAYS[1:])
def test_a_real_bundle_is_the_same_tree_in_each_way(bundle_archive: Archive, reference: tuple[Any, Any], tmp_path: Path, way: str) -> None:
    (tmp_path / "tree").mkdir()
    archive = tmp_path / "archive.tar.gz"
    shutil.copy(bundle_archive.path, archive)
    assert (unpack_by(way, archive, tmp_path / "tree"), tree_of(tmp_path / "tree")) == reference


def receipt(root: Root) -> dict[str, Any]:
    [path] = (root.path / "state" / "receipts" / "bundles").iterdir()
    found: dict[str, Any] = json.loads(path.read_text())
    # The tree itself, and when each directory last changed its status, are of the time of the run.
    return {**found, "directories": {name: times[0] for name, times in found["directories"].items() if name}}


def test_root_receipt_and_findings_are_the_same_in_each_way(bundle_archive: Archive, make_root: MakeRoot, tmp_path: Path) -> None:
    about = read_metadata(bundle_archive.path)
    size = bundle_archive.path.stat().st_size
    entry = {"filename": bundle_archive.path.name, "size": size, "unpacked": about["unpacked"], "members": about["members"]}
    trees, receipts = [], []
    with contextlib.contextmanager(serve)() as server:
        server.script = [lambda handler: whole(handler, bundle_archive.path.read_bytes())]
        ways: dict[str, dict[str, Any]] = {
            "by one thread, as an earlier release asks": {
                "filename": entry["filename"],
                "size": None,
                "sources": [str(bundle_archive.path)],
            },
            "from a server": {**entry, "sources": [f"{server.url}/a"]},
            "from a path": {**entry, "sources": [str(bundle_archive.path)]},
        }
        for number, artifact in enumerate(ways.values()):
            root = make_root(tmp_path / str(number), Declared({"python": bundle_archive}))
            root.converge(artifacts={bundle_archive.sha256: artifact}, options={"jobs": 0 if number else 1})
            assert root.drift("deep") == []
            trees.append(snapshot(root.path, ["bundles"]))
            receipts.append(receipt(root))
            assert len(list((root.path / "bundles").iterdir())) == 1
            assert not list(root.path.glob("wheels/*/*.part"))
    assert trees[0] == trees[1] == trees[2]
    assert receipts[0] == receipts[1] == receipts[2]


def test_a_zip_is_the_same_tree_with_one_thread_and_many(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for number in range(300):
        path = source / f"d{number % 7}" / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(number * 50))
    (source / "large").write_bytes(bytes(3 << 20))
    write_archive(source, tmp_path / "a.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.zip").read_bytes())) as archive:
        assert archive.testzip() is None
    found = []
    for jobs in (1, 4):
        place = tmp_path / str(jobs)
        place.mkdir()
        files = unpack(tmp_path / "a.zip", place, jobs=jobs)
        assert {name: (place / name).read_bytes() for name in files} == {name: (source / name).read_bytes() for name in files}
        found.append((files, tree_of(place)))
    assert found[0] == found[1]
    assert len(found[0][0]) == 301
