# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The index says where an archive can be entered, as the archive itself has it; older indexes need not, wrong ones are refused or found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.archive_writing import write_archive
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.request import _archives
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import read_metadata
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import parse_index
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from archive_samples import in_members
from repository_samples import task
from supply_samples import make_bundle

RELEASE = "3.12.1+1"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "build", release=RELEASE)


def index_of(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "repository" / "index.json").read_text())
    return found


def entry_of(index: dict[str, Any], platform: str = "linux-x86_64") -> dict[str, Any]:
    found: dict[str, Any] = index["bundles"]["python"]["releases"][RELEASE]["platforms"][platform]
    return found


def changed(tmp_path: Path, **values: Any) -> bytes:
    index = index_of(tmp_path)
    entry_of(index).update(values)
    content = json.dumps(index).encode()
    (tmp_path / "repository" / "index.json").write_bytes(content)
    return content


def test_an_index_says_where_an_archive_can_be_entered_and_a_request_repeats_it(tmp_path: Path, archive: Path) -> None:
    offsets = in_members(archive, size=2000)
    assert len(offsets) > 2
    task(tmp_path, archives=[str(archive)])
    assert entry_of(index_of(tmp_path))["members"] == offsets
    supply = Supply.from_options({"cache": tmp_path / "cache"})
    of_repository = supply.bundle("python", repository=str(tmp_path / "repository"), platform="linux-x86_64", release=RELEASE)
    alone = supply.archive(str(archive))
    for bundle in (of_repository, alone, supply.archive(str(archive))):
        assert supply.artifacts([bundle])[bundle.sha256]["members"] == offsets


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
def test_what_is_one_stream_or_a_zip_has_no_members_and_is_described_all_the_same(tmp_path: Path, platform: str) -> None:
    archive = make_bundle(tmp_path / "build", release=RELEASE, platform=platform)
    assert task(tmp_path, archives=[str(archive)])["changed"]
    assert entry_of(index_of(tmp_path), platform)["members"] == []
    assert not task(tmp_path, archives=[str(archive)])["changed"]
    supply = Supply.from_options({"cache": tmp_path / "cache"})
    bundle = supply.archive(str(archive))
    assert "members" not in supply.artifacts([bundle])[bundle.sha256]


def test_an_older_index_is_read_and_completed_by_publishing_again(tmp_path: Path, archive: Path) -> None:
    offsets = in_members(archive, size=2000)
    task(tmp_path, archives=[str(archive)])
    index = index_of(tmp_path)
    del entry_of(index)["members"]
    (tmp_path / "repository" / "index.json").write_text(json.dumps(index))
    repository = tmp_path / "repository"
    assert task(tmp_path, state="verified")["problems"] == []
    assert load_index(str(repository)).resolve("python", platform="linux-x86_64", release=RELEASE).members == ()
    assert [step["action"] for step in task(tmp_path, archives=[str(archive)])["plan"]] == ["describe"]
    assert entry_of(index_of(tmp_path))["members"] == offsets


@pytest.mark.parametrize("members", [{}, "0", [1], [0, 0], [0, 7, 3], [0, -1], [0, None], [0, 1.0], [0, 1 << 40], [[0]]])
def test_an_index_with_places_that_cannot_be_is_refused(tmp_path: Path, archive: Path, members: object) -> None:
    task(tmp_path, archives=[str(archive)])
    with pytest.raises(BrokenArtifact) as raised:
        parse_index(changed(tmp_path, members=members), subject="The index")
    assert f"python {RELEASE} for 'linux-x86_64': its members cannot be" in "\n".join(raised.value.problems)


def test_verifying_a_repository_finds_places_that_are_not_those_of_the_archive(tmp_path: Path, archive: Path) -> None:
    in_members(archive, size=2000)
    task(tmp_path, archives=[str(archive)])
    changed(tmp_path, members=[0, 5])
    assert any("its 'members' is not what" in problem for problem in task(tmp_path, state="verified")["problems"])


def test_metadata_behind_the_first_member_is_found(tmp_path: Path, archive: Path) -> None:
    whole = read_metadata(archive)
    offsets = in_members(archive, size=512)
    assert read_metadata(archive) == {**whole, "members": offsets}


def test_a_bundle_as_it_is_built_has_a_member_for_each_mebibyte(tmp_path: Path, archive: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "lib").mkdir(parents=True)
    (tree / "lib" / "large").write_bytes(bytes(range(256)) * 12_000)
    (tree / "bundle.json").write_text(json.dumps(_info(archive)))
    write_archive(tree, tmp_path / "built.tar.gz")
    [built] = _archives([str(tmp_path / "built.tar.gz")])
    assert len(built.metadata["members"]) == 3
    assert built.metadata["members"][0] == 0


def _info(archive: Path) -> dict[str, Any]:
    return {key: value for key, value in read_metadata(archive).items() if key not in ("manifest", "unpacked", "members")}
