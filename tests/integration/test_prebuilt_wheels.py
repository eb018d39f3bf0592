# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments of prebuilt wheels: what a host gets is what it would have compiled, and where an archive cannot be had it compiles."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prebuilt_samples import BYTE_CODE, Archive, naming, parts_of, prebuilt_archive
from roots import Archive as Bundle
from roots import Declared, Root, snapshot
from wheelhouse import Wheel, known

VARIES = {"stamp", "owner", "directories"}


@pytest.fixture(scope="module")
def declared(bundle_archive: Bundle, wheels: dict[str, Wheel]) -> Declared:
    return Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"], wheels["gamma-1.0"]], "two": [wheels["alpha-1.0"]]})


@pytest.fixture(scope="module")
def archives(wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Archive]:
    place = tmp_path_factory.mktemp("prebuilt")
    return {name: prebuilt_archive(wheels[name], place) for name in ("alpha-1.0", "gamma-1.0")}


@pytest.fixture
def root(tmp_path: Path, make_root: Callable[[Path, Declared], Root], declared: Declared) -> Root:
    return make_root(tmp_path / "root", declared)


def receipts(root: Root, kind: str) -> dict[str, Any]:
    """Return the receipts of a kind without what differs from one installation to the next."""
    found = {}
    for path in sorted((root.path / "state" / "receipts" / kind).iterdir()):
        document = {key: value for key, value in json.loads(path.read_text()).items() if key not in VARIES}
        if kind == "environments":
            document["laid"] = sorted(document["laid"])
        found[path.name] = document
    return found


def stored(root: Root) -> set[str]:
    """Return the file names of the artifacts that a root keeps."""
    return {path.name for path in (root.path / "wheels").glob("*/*")}


def test_a_host_gets_the_very_trees_and_receipts_that_it_would_have_compiled(
    root: Root, declared: Declared, archives: dict[str, Archive]
) -> None:
    names = ("laid", "environments", "envs", "generations")
    compiled_result = root.converge(**naming(declared, []))
    compiled = snapshot(root.path, names), receipts(root, "laid"), receipts(root, "environments")
    shutil.rmtree(root.path)
    result = root.converge(**naming(declared, list(archives.values())))
    assert (snapshot(root.path, names), receipts(root, "laid"), receipts(root, "environments")) == compiled
    assert result["manifests"] == compiled_result["manifests"]
    assert result["warnings"] == compiled_result["warnings"]
    assert "gamma" in root.python("-c", "import alpha.deep.module, gamma; gamma.main()", of="one")
    assert not [name for name in stored(root) if name.endswith(".whl")]
    assert root.drift("deep") == []
    again = root.run("converge", **naming(declared, list(archives.values())))
    assert not again["changed"], again


def test_a_mixed_set_is_normal(root: Root, declared: Declared, archives: dict[str, Archive]) -> None:
    result = root.converge(**naming(declared, [archives["alpha-1.0"]]))
    assert result["warnings"] == []
    names = stored(root) - {next(iter(declared.bundles.values())).path.name}
    assert names == {archives["alpha-1.0"].path.name, archives["gamma-1.0"].wheel.filename}
    assert root.drift("deep") == []


def test_a_wheel_is_compiled_where_only_the_wheel_can_be_reached(root: Root, declared: Declared, archives: dict[str, Archive]) -> None:
    alpha = archives["alpha-1.0"]
    result = root.converge(**naming(declared, list(archives.values()), sources={alpha.sha256: ["/nowhere/alpha.tar.gz"]}))
    assert [warning for warning in result["warnings"] if alpha.wheel.filename in warning and "/nowhere/alpha.tar.gz" in warning]
    assert len(result["warnings"]) == 1
    assert alpha.wheel.filename in stored(root) and archives["gamma-1.0"].path.name in stored(root)
    assert root.drift("deep") == []


def test_what_can_be_had_in_no_form_fails_with_both_reasons_and_asks_for_the_archive(
    root: Root, declared: Declared, archives: dict[str, Archive]
) -> None:
    alpha = archives["alpha-1.0"]
    away = {alpha.sha256: ["/nowhere/alpha.tar.gz"], alpha.wheel.sha256: ["/nowhere/alpha.whl"]}
    result = root.run("converge", **naming(declared, list(archives.values()), sources=away))
    assert result["failed"] and not result["changed"]
    assert "/nowhere/alpha.tar.gz" in result["msg"] and "/nowhere/alpha.whl" in result["msg"]
    assert [need["sha256"] for need in result["needs"]] == [alpha.sha256]
    root.converge(**naming(declared, list(archives.values())))


def test_all_that_is_not_reachable_is_asked_for_at_once(root: Root, declared: Declared, archives: dict[str, Archive]) -> None:
    request = naming(declared, [archives["alpha-1.0"]])
    none: dict[str, Any] = {sha256: {**entry, "sources": []} for sha256, entry in request["artifacts"].items()}
    result = root.run("converge", **{**request, "artifacts": none})
    bundle = next(iter(declared.bundles.values()))
    needed = {archives["alpha-1.0"].sha256, archives["gamma-1.0"].wheel.sha256, bundle.sha256}
    assert {need["sha256"] for need in result["needs"]} == needed


def test_check_mode_plans_the_same_and_writes_nothing(root: Root, declared: Declared, archives: dict[str, Archive]) -> None:
    with_archives = root.run("converge", check=True, **naming(declared, list(archives.values())))
    without = root.run("converge", check=True, **naming(declared, []))
    assert with_archives["plan"] == without["plan"] and with_archives["changed_virtualenvs"] == without["changed_virtualenvs"]
    assert not root.path.exists()


@pytest.mark.parametrize("named", [True, False], ids=["named by the request", "known to the root alone"])
def test_a_damaged_tree_is_repaired_from_the_archive_that_the_root_keeps(
    root: Root, declared: Declared, archives: dict[str, Archive], named: bool
) -> None:
    root.converge(**naming(declared, list(archives.values())))
    before = snapshot(root.path, ("laid", "environments"))
    alpha = archives["alpha-1.0"]
    damaged = root.laid(alpha.wheel) / "site/alpha/deep/module.py"
    damaged.chmod(0o644)
    damaged.write_text("ANSWER = 666\n")
    request = naming(declared, list(archives.values()) if named else [])
    none = {sha256: {**entry, "sources": []} for sha256, entry in request["artifacts"].items()}
    result = root.converge(**{**request, "artifacts": none}, options={"verify": "deep"})
    assert result["changed"] and result["warnings"] == []
    assert snapshot(root.path, ("laid", "environments")) == before
    assert root.drift("deep") == []


def test_an_archive_that_only_the_root_names_must_give_what_was_recorded(
    root: Root, declared: Declared, archives: dict[str, Archive], tmp_path: Path
) -> None:
    """Who could once write into the root leaves an archive there that holds together, and waits for a repair."""
    alpha = archives["alpha-1.0"]
    root.converge(**naming(declared, [alpha]))
    _replant(root, alpha, tmp_path)
    damaged = root.laid(alpha.wheel) / "site/alpha/deep/module.py"
    damaged.chmod(0o644)
    damaged.write_text("ANSWER = 666\n")
    request = naming(declared, [])
    none = {sha256: {**entry, "sources": []} for sha256, entry in request["artifacts"].items()}
    result = root.run("converge", **{**request, "artifacts": none}, options={"verify": "deep"})
    assert result["failed"], result
    assert "is not what the receipt" in result["msg"]
    assert [need["sha256"] for need in result["needs"]] == [alpha.wheel.sha256]


def _replant(root: Root, alpha: Archive, place: Path) -> None:
    """Put an archive of another source under the name of the one that is stored, in a directory that its digest names."""
    other = place / "other" / alpha.wheel.filename
    other.parent.mkdir()
    with zipfile.ZipFile(alpha.wheel.path) as source, zipfile.ZipFile(other, "w") as target:
        for item in source.infolist():
            target.writestr(item, b"ANSWER = 666\n" if item.filename.endswith("deep/module.py") else source.read(item))
    parts = parts_of(prebuilt_archive(known(other), place / "evil").path)
    parts.manifest["wheel"]["sha256"] = alpha.wheel.sha256
    shutil.rmtree(root.path / "wheels" / alpha.sha256)
    content = parts.packed()
    directory = root.path / "wheels" / hashlib.sha256(content).hexdigest()
    directory.mkdir()
    (directory / alpha.path.name).write_bytes(content)
    os.chmod(directory / alpha.path.name, 0o644)


def test_archives_go_with_the_trees_that_they_unpack_to(root: Root, declared: Declared, archives: dict[str, Archive]) -> None:
    root.converge(**naming(declared, list(archives.values())))
    fewer = Declared(declared.bundles, {"two": declared.virtualenvs["two"]})
    root.declared = fewer
    root.converge(**naming(fewer, list(archives.values())), options={"keep_generations": 1})
    assert {path.name for path in (root.path / "laid").iterdir()} == {archives["alpha-1.0"].tree_id}
    names = stored(root) - {next(iter(declared.bundles.values())).path.name}
    assert names == {archives["alpha-1.0"].path.name}
    assert root.drift("deep") == []


def test_what_is_prebuilt_is_named_by_its_byte_code_alone(root: Root, declared: Declared, archives: dict[str, Archive]) -> None:
    """An archive under the name of another tree is not looked at."""
    alpha = archives["alpha-1.0"]
    request = naming(declared, [alpha])
    request["prebuilt"] = {f"{alpha.wheel.sha256[:16]}-{'0' * 12}": alpha.sha256}
    assert BYTE_CODE[:12] != "0" * 12
    assert root.converge(**request)["warnings"] == []
    assert alpha.wheel.filename in stored(root)
