# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacked wheels belong to their byte code: the next release of a bundle, of the same Python, compiles nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from earlier_release import as_earlier_release_left_it
from roots import Archive, Declared, Root
from wheelhouse import Wheel, make_wheel

DATA = {"zeta/__init__.py": "z = 1\n", "zeta-1.0.data/data/share/zeta.txt": "z", "zeta-1.0.data/headers/zeta.h": "z"}


@pytest.fixture
def declared(bundle_archive: Archive, wheels: dict[str, Wheel], tmp_path: Path) -> Declared:
    zeta = make_wheel(tmp_path, "zeta", files=DATA)
    return Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"], wheels["beta-1.0"], zeta], "two": [wheels["beta-1.0"]]})


def files_of(root: Root, *, kind: str = "laid") -> dict[str, tuple[int, int]]:
    """Return the number and the time of writing of each file."""
    found = {}
    for path in (root.path / kind).rglob("*"):
        status = path.lstat()
        if path.is_file():
            found[str(path.relative_to(root.path))] = (status.st_ino, status.st_mtime_ns)
    return found


def test_the_next_release_links_what_is_there(
    make_root: Callable[[Path, Declared], Root], declared: Declared, tmp_path: Path, later_bundle_archive: Archive
) -> None:
    root = make_root(tmp_path / "root", declared)
    root.converge(declared)
    before = files_of(root)
    later = Declared({"python": later_bundle_archive}, declared.virtualenvs)
    # None of them is at hand: nothing could be unpacked.
    for sha256 in os.listdir(root.path / "wheels"):
        for stored in (root.path / "wheels" / sha256).glob("*.whl"):
            stored.unlink()
    result = root.run("converge", declared=later, artifacts={later_bundle_archive.sha256: later.artifacts()[later_bundle_archive.sha256]})
    assert not result.get("failed"), result
    assert result["bundles"] == {"python": later_bundle_archive.release}
    assert files_of(root) == before
    assert root.python("-c", "import zeta, beta; print(zeta.z)", of="one").strip() == "1"
    assert [each for each in root.drift("deep", later) if each["kind"] != "missing"] == []


def test_record_names_files_outside_of_site_packages(
    make_root: Callable[[Path, Declared], Root], declared: Declared, tmp_path: Path
) -> None:
    root = make_root(tmp_path / "root", declared)
    root.converge(declared)
    record = next(root.environment("one").rglob("zeta-1.0.dist-info/RECORD")).read_text()
    assert "../../../share/zeta.txt,sha256=" in record
    assert "include/site/python" in record
    for line in record.splitlines():
        assert (root.site("one") / line.partition(",")[0]).exists(), line


def test_a_real_root_of_an_earlier_release_is_taken_over(
    make_root: Callable[[Path, Declared], Root], declared: Declared, tmp_path: Path, later_bundle_archive: Archive
) -> None:
    root = make_root(tmp_path / "root", declared)
    root.converge(declared)
    names = as_earlier_release_left_it(root.path)
    result = root.converge(declared)
    assert (result["changed"], result["plan"]) == (False, [])
    # A wheel with data files stays as it is, for the environment that shares it.
    with_data = {old for new, old in names.items() if (root.path / "laid" / old / "data").exists()}
    assert set(os.listdir(root.path / "laid")) & set(names.values()) == with_data != set(names.values())
    assert root.drift("deep") == []
    later = Declared({"python": later_bundle_archive}, declared.virtualenvs)
    root.converge(later)
    assert root.python("-c", "import alpha, beta; print(beta.__name__)", of="one").strip() == "beta"
    assert root.drift("deep", later) == []
    assert root.converge(later)["changed"] is False
