# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is unpacked while it comes counts only when all of it came and was right; else nothing of it is there."""

from __future__ import annotations

import tarfile
import threading
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.arrival import Arrival
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import unpacking_ahead
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.unpacking_ahead import UnpackingAhead
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack
from archive_samples import GOOD, arrive, entry, in_members, tar

pytestmark = pytest.mark.skipif(not Arrival.possible(), reason="this system cannot read at a place")

NAME = "a.tar.gz"


class Case:
    """One archive that comes, and where it is unpacked to."""

    def __init__(self, place: Path, archive: Path, *, unpacked: int | None = None, filename: str = NAME) -> None:
        members = tuple(in_members(archive))
        self.content = archive.read_bytes()
        self.archive = archive
        self.artifact = Artifact("0" * 64, filename, len(self.content), (), unpacked=unpacked, members=members)
        self.tree = place / "tree"
        self.tree.mkdir()
        self.ahead = UnpackingAhead(jobs=2)
        self.added = self.ahead.add(self.artifact, place / "stored", self.tree)
        self.part = place / "part"

    @property
    def arrival(self) -> Arrival:
        return self.ahead.arrivals[self.artifact.sha256]

    def come(self) -> None:
        arrive(self.arrival, self.part, self.content)


@pytest.fixture
def good(tmp_path: Path) -> Case:
    return Case(tmp_path, tar(tmp_path / NAME, *GOOD))


def test_an_archive_that_comes_whole_is_unpacked_when_it_is_there(good: Case, tmp_path: Path) -> None:
    with good.ahead.running():
        good.come()
    assert good.ahead.unpacked == {good.artifact.sha256}
    (tmp_path / "ordinary").mkdir()
    assert good.ahead.take(good.artifact.sha256) == unpack(good.archive, tmp_path / "ordinary")
    good.ahead.discard()
    assert sorted(path.name for path in good.tree.iterdir()) == ["bin", "lib"]


def test_what_nobody_took_is_removed(good: Case) -> None:
    with good.ahead.running():
        good.come()
    good.ahead.discard()
    assert not good.tree.exists()


def test_a_fetch_that_fails_leaves_nothing(good: Case) -> None:
    def fetch() -> None:
        with good.ahead.running():
            good.come()
            raise OSError("elsewhere")

    with pytest.raises(OSError, match="elsewhere"):
        fetch()
    assert good.ahead.take(good.artifact.sha256) is None
    assert not good.tree.exists()


@pytest.mark.parametrize("how", ["wrong digest", "never began", "half", "began again"])
def test_what_was_not_the_artifact_leaves_nothing(good: Case, how: str) -> None:
    with good.ahead.running(), open(good.part, "w+b", buffering=0) as part:
        if how != "never began":
            good.arrival.begin(part.fileno(), 0)
            good.arrival.reporting(part.write)(good.content[: None if how == "wrong digest" else 5000])
        if how == "began again":
            good.arrival.begin(part.fileno(), 0)
            part.seek(0)
            good.arrival.reporting(part.write)(good.content)
        if how != "never began":
            good.arrival.end(whole=how == "began again")
    assert good.ahead.unpacked == set()
    assert good.ahead.take(good.artifact.sha256) is None
    assert not good.tree.exists()


def test_a_bad_archive_leaves_nothing_and_no_error_here(tmp_path: Path) -> None:
    bad = Case(tmp_path, tar(tmp_path / NAME, entry("good", content=b"x"), entry("../evil", content=b"x")))
    with bad.ahead.running():
        bad.come()
    assert bad.ahead.take(bad.artifact.sha256) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "part"]


@pytest.mark.parametrize(("unpacked", "fits"), [(None, True), (100 << 20, True), (10, False)])
def test_nobody_writes_much_more_than_the_index_says_before_the_digest_is_known(tmp_path: Path, unpacked: int | None, fits: bool) -> None:
    case = Case(tmp_path, tar(tmp_path / NAME, entry("zeros", tarfile.REGTYPE, content=bytes(70 << 20))), unpacked=unpacked)
    with case.ahead.running():
        case.come()
    assert (case.ahead.take(case.artifact.sha256) is not None) == fits


def test_where_no_thread_starts_nothing_is_unpacked_ahead(good: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking_ahead, "started", lambda thread: False)
    with good.ahead.running():
        good.come()
    assert good.ahead.take(good.artifact.sha256) is None
    assert not good.tree.exists()


@pytest.mark.parametrize("filename", ["a.zip", "A.ZIP"])
def test_a_zip_waits_until_it_is_there(tmp_path: Path, filename: str) -> None:
    assert not Case(tmp_path, tar(tmp_path / NAME, *GOOD), filename=filename).added


def test_an_archive_of_unknown_size_waits_until_it_is_there(tmp_path: Path) -> None:
    assert not UnpackingAhead().add(Artifact("0" * 64, NAME, None, ()), tmp_path / "stored", tmp_path / "tree")


def test_no_thread_stays(good: Case) -> None:
    before = threading.active_count()
    with good.ahead.running():
        good.come()
    assert threading.active_count() == before
