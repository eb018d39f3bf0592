# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a root keeps of artifacts: those that are there, what lies among them, and which may have changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import Records
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.stored_artifacts import (
    find_artifact,
    find_prebuilt,
    find_stored,
    read_here,
)
from host_samples import Host, bundle

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links as on POSIX")
NONE = Records({}, {}, {}, {}, {})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.wheels.mkdir()
    return made


def store(layout: Layout, data: bytes, name: str = "x-1.0-py3-none-any.whl") -> Path:
    path = layout.artifact(hashlib.sha256(data).hexdigest(), name)
    path.parent.mkdir(exist_ok=True)
    path.with_name(f"{name}.part").write_bytes(data)
    path.with_name(f"{name}.part").rename(path)
    return path


def test_without_a_store_there_is_nothing(tmp_path: Path) -> None:
    found = find_stored(Layout(tmp_path / "gone"), NONE)
    assert (found.artifacts, found.strays, found.misspelled) == ([], [], {})


def test_an_artifact_is_read_by_a_deep_look_only(layout: Layout) -> None:
    path = store(layout, b"abc")
    found = find_stored(layout, NONE)
    (artifact,) = found.artifacts
    assert (artifact.path, artifact.sha256, artifact.suspicious) == (path, path.parent.name, False)
    assert found.to_read(deep=False) == {}
    assert found.to_read(deep=True) == {artifact.inode: str(path)}
    assert found.changed(read_here(found.to_read(deep=True))) == []


def test_one_that_was_written_to_later_is_read_by_every_look(layout: Layout) -> None:
    path = store(layout, b"abc")
    late = path.parent.stat().st_mtime_ns + 1_000_000_000
    path.write_bytes(b"xyz")
    os.utime(path, ns=(late, late))
    found = find_stored(layout, NONE)
    digests = read_here(found.to_read(deep=False))
    ((artifact, actual),) = found.changed(digests)
    assert (artifact.path, actual) == (path, hashlib.sha256(b"xyz").hexdigest())


def test_one_that_cannot_be_read_has_changed_without_a_digest(layout: Layout) -> None:
    store(layout, b"abc")
    found = find_stored(layout, NONE)
    (artifact,) = found.artifacts
    assert found.changed({artifact.inode: ""}) == [(artifact, None)]


def test_a_bundle_of_another_size_than_its_receipt_says_is_suspicious(layout: Layout) -> None:
    host = Host()
    receipt = host.install(bundle())
    directory = layout.wheels / receipt.sha256
    directory.mkdir()
    (directory / receipt.filename).write_bytes(b"x" * (receipt.size + 1))
    (artifact,) = find_stored(layout, host.records).artifacts
    assert artifact.suspicious


def test_what_is_no_artifact_is_a_stray_and_what_a_run_left_is_not(layout: Layout) -> None:
    path = store(layout, b"abc")
    (layout.wheels / "notes").mkdir()
    (layout.wheels / ("0" * 64)).write_text("a file")
    (layout.wheels / ("1" * 64)).symlink_to(path.parent)
    (layout.wheels / ".new-x").mkdir()
    (path.parent / "link").symlink_to(path.name)
    (path.parent / "y.part").touch()
    (path.parent / ".old-z").touch()
    found = find_stored(layout, NONE)
    strays = {each.name for each in found.strays}
    assert {"notes", "0" * 64, "1" * 64, "link"} <= strays
    assert not strays & {".new-x", "y.part", ".old-z"}


def test_of_two_names_none_is_the_artifact_that_nobody_recorded(layout: Layout) -> None:
    path = store(layout, b"abc")
    path.with_name("other.whl").touch()
    found = find_stored(layout, NONE)
    assert found.artifacts == []
    assert {each.name for each in found.strays} == {path.name, "other.whl"}


def test_what_was_sent_goes_before_what_is_stored(layout: Layout) -> None:
    path = store(layout, b"abc")
    digest = path.parent.name
    sent = Artifact(digest, "sent.whl", 3, ("/somewhere",))
    assert find_artifact(digest, {digest: sent}, layout) is sent
    assert find_artifact(digest, {}, layout) == Artifact(digest, path.name, None, ())
    (path.parent / "a-link.whl").symlink_to("/etc/passwd")
    assert find_artifact(digest, {}, layout).filename == path.name
    assert find_artifact("f" * 64, {}, layout).filename == "ffffffffffff-unknown"


def test_archives_of_prebuilt_wheels_are_found_by_the_trees_that_they_unpack_to(layout: Layout) -> None:
    tree = f"{'a' * 16}-{'b' * 12}"
    older, newer = store(layout, b"older", f"{tree}.tar.gz"), store(layout, b"newer", f"{tree}.tar.gz")
    store(layout, b"wheel")
    store(layout, b"bundle", "python-3.12.1+1-linux-x86_64.tar.gz")
    os.utime(older.parent, (1, 1))
    assert find_prebuilt(layout) == {tree: Artifact(newer.parent.name, f"{tree}.tar.gz", None, ())}
    assert find_prebuilt(layout, [older.parent.name])[tree].sha256 == older.parent.name
    assert find_prebuilt(layout, [older.parent.name, "not-a-digest"])[tree].sha256 == older.parent.name
    assert find_prebuilt(Layout(layout.root / "gone")) == {}


def test_an_archive_behind_a_link_is_none(layout: Layout) -> None:
    tree = f"{'a' * 16}-{'b' * 12}"
    path = store(layout, b"archive", f"{tree}.tar.gz")
    path.parent.rename(layout.root / "elsewhere")
    path.parent.symlink_to(layout.root / "elsewhere")
    assert find_prebuilt(layout) == {}
