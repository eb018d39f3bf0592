# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.simple_page import PageFile
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.sources import Access, SourceFailed
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.simple_index import SimpleIndex

A = "a" * 64
NAME = "x-1.0-py3-none-any.whl"


def files(tmp_path: Path, page: str) -> list[PageFile]:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "index.html").write_text(page)
    return SimpleIndex(str(tmp_path), Access(timeout=5)).files_of("x")


def test_links_of_a_page(tmp_path: Path) -> None:
    page = (
        f'<base href="https://b.invalid/"><a href="{NAME}#sha256={A.upper()}">x</a><a>no</a><a href="y.whl">y</a><a href="http://[">z</a>'
    )
    assert files(tmp_path, page) == [PageFile(NAME, f"https://b.invalid/{NAME}", A), PageFile("y.whl", "https://b.invalid/y.whl", None)]


def test_files_of_a_document(tmp_path: Path) -> None:
    entries = [{"filename": NAME, "url": f"../{NAME}", "hashes": {"sha256": A}}, {"filename": "../y", "url": "y"}, {"url": 3}, 4]
    assert files(tmp_path, json.dumps({"files": entries})) == [PageFile(NAME, f"{tmp_path}/{NAME}", A)]


@pytest.mark.parametrize("page", ["{", '{"files": 3}', "{}"])
def test_what_is_no_page_is_refused(tmp_path: Path, page: str) -> None:
    with pytest.raises(SourceFailed):
        files(tmp_path, page)


def test_a_project_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed):
        SimpleIndex(str(tmp_path), Access(timeout=5)).files_of("gone")
