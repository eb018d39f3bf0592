# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records come back from the disk as they were written, or are reported as unreadable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.atomic import write_json
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import dump
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from host_samples import Host, bundle, virtualenv


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A root that holds receipts and nothing else."""
    layout = Layout(tmp_path)
    host = Host()
    host.install(bundle())
    host.switch([bundle()], [host.build(virtualenv("one", "alpha-1.0"), bundle(), "alpha-1.0")])
    for kind in ("bundles", "environments", "laid"):
        layout.receipts(kind).mkdir(parents=True)
        for tree_id, receipt in getattr(host.records, kind).items():
            write_json(layout.receipt(kind, tree_id), dump(receipt))
    layout.generation_records.mkdir(parents=True)
    for number, generation in host.records.generations.items():
        write_json(layout.generation_records / f"{number}.json", dump(generation))
    return layout


def the_only(layout: Layout, kind: str) -> Path:
    directory = layout.generation_records if kind == "generations" else layout.receipts(kind)
    return next(directory.iterdir())


def test_what_is_written_is_what_is_read(layout: Layout, tmp_path: Path) -> None:
    records = load_records(layout)
    assert records.unreadable == {}
    for kind in ("bundles", "environments", "laid"):
        for receipt in getattr(records, kind).values():
            written = layout.receipt(kind, receipt.id).read_bytes()
            write_json(tmp_path / "again.json", dump(receipt))
            assert (tmp_path / "again.json").read_bytes() == written
    assert [dump(generation)["format"] for generation in records.generations.values()] == [1]


def test_a_file_of_a_tree_is_a_list_on_the_disk_and_has_names_in_memory(layout: Layout) -> None:
    records = load_records(layout)
    [bundle_receipt], [environment], [laid] = records.bundles.values(), records.environments.values(), records.laid.values()
    files: dict[tuple[str, str, str | None], FileRecord] = {
        ("bundles", "info_record", None): bundle_receipt.info_record,
        **{("environments", "own_files", path): record for path, record in environment.own_files.items()},
        **{("laid", "files", path): record for path, record in laid.files.items()},
    }
    assert len(files) > 3
    for (kind, key, path), record in files.items():
        on_disk = json.loads(the_only(layout, kind).read_text())[key]
        assert [record.mode, record.size, record.sha256] == (on_disk if path is None else on_disk[path])
        assert type(record) is FileRecord


@pytest.mark.parametrize("wrong", [[0o644, 1], [0o644, 1, "0" * 64, 1], [], [0o644, "1", "0" * 64], [1, 1, "0" * 64], {}, "abc", None])
@pytest.mark.parametrize(("kind", "key"), [("bundles", "info_record"), ("environments", "own_files"), ("laid", "files")])
def test_a_record_of_a_file_that_is_none_is_reported(layout: Layout, kind: str, key: str, wrong: Any) -> None:
    path = the_only(layout, kind)
    document = json.loads(path.read_text())
    document[key] = wrong if key == "info_record" else {**document[key], next(iter(document[key])): wrong}
    path.write_text(json.dumps(document))
    assert list(load_records(layout).unreadable) == [str(path)]


def test_a_root_that_is_not_there_has_no_records(tmp_path: Path) -> None:
    records = load_records(Layout(tmp_path / "nowhere"))
    assert (records.bundles, records.environments, records.laid, records.generations, records.unreadable) == ({}, {}, {}, {}, {})


def test_what_a_killed_run_left_beside_is_no_receipt(layout: Layout) -> None:
    (layout.receipts("laid") / ".new-0123").write_text("{")
    (layout.receipts("laid") / ".new-0123.json").write_text("{")
    (layout.receipts("laid") / "notes.txt").write_text("x")
    assert load_records(layout).unreadable == {}


@pytest.mark.parametrize("kind", ["bundles", "environments", "laid", "generations"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "7",
        "[]",
        '"x"',
        "{}",
        '{"format": 1}',
        '{"format": "1"}',
        '{"format": 0}',
        '{"format": null}',
        "\xff",
        '{"format": 1, "more": 2}',
    ],
)
def test_a_damaged_record_is_reported_and_no_other_is_lost(layout: Layout, kind: str, text: str) -> None:
    path = the_only(layout, kind)
    path.write_bytes(text.encode("latin-1"))
    records = load_records(layout)
    assert list(records.unreadable) == [str(path)]
    assert "cannot be read" in records.unreadable[str(path)]
    assert getattr(records, kind) == {}
    assert sum(len(getattr(records, each)) for each in ("bundles", "environments", "laid", "generations")) == 3


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("bundles", {"info": None}),
        ("bundles", {"owner": "root"}),
        ("bundles", {"id": "python-9-000000000000"}),
        ("environments", {"wheels": "abc"}),
        ("environments", {"laid": []}),
        ("environments", {"own_files": None}),
        ("environments", {"system_site_packages": "no"}),
        ("laid", {"files": [1]}),
        ("laid", {"stamp": None}),
        ("generations", {"number": "1"}),
        ("generations", {"number": 7}),
        ("generations", {"virtualenvs": None}),
    ],
)
def test_a_record_of_another_shape_or_of_another_tree_is_reported(layout: Layout, kind: str, change: dict[str, Any]) -> None:
    path = the_only(layout, kind)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert list(load_records(layout).unreadable) == [str(path)]


@pytest.mark.parametrize("kind", ["bundles", "environments", "laid", "generations"])
def test_a_record_of_a_later_release_stops_everything(layout: Layout, kind: str) -> None:
    path = the_only(layout, kind)
    newest = 2 if kind == "laid" else 1
    path.write_text(f'{{"format": {newest + 1}, "whatever": "a later release keeps"}}')
    with pytest.raises(BrokenRoot, match=f"has the format {newest + 1}, and this engine reads {newest}"):
        load_records(layout)


def test_an_owner_may_be_unknown(layout: Layout) -> None:
    path = the_only(layout, "bundles")
    path.write_text(json.dumps({**json.loads(path.read_text()), "owner": None}))
    assert load_records(layout).unreadable == {}
