# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels that a Linux controller has prebuilt, on a Windows host: the trees that the host compiles itself, and what becomes of a lie."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import ByteCode, stated
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.prebuilding import prebuild
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.prebuilt_wheels import WantedPrebuilt
from engine_hosts import ARTIFACTS, WindowsRoot
from wheelhouse import Wheel


@pytest.fixture(scope="module")
def byte_code(empty: WindowsRoot) -> ByteCode:
    """Return what the bundle says that its Python reads."""
    found = stated(empty.declared.bundles["python"].python, engine=True)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def archives(empty: WindowsRoot, byte_code: ByteCode, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return what is prebuilt here of the wheels of the root, by the trees that it unpacks to."""
    wheels: dict[str, Wheel] = {wheel.sha256: wheel for each in empty.declared.virtualenvs.values() for wheel in each}
    version = str(empty.declared.bundles["python"].python["version"])
    wanted = [WantedPrebuilt(wheel.sha256, wheel.filename, byte_code, version) for wheel in wheels.values()]
    files = {sha256: wheel.path for sha256, wheel in wheels.items()}
    made, skipped = prebuild(wanted, files, bundles=[], place=tmp_path_factory.mktemp("prebuilt"))
    if not made:
        pytest.skip(f"no Python here compiles for the bundle: {skipped}")
    assert not skipped
    return {each.wheel.tree_id: each.path for each in made if each.path is not None}


def naming(root: WindowsRoot, archives: Mapping[str, Path], byte_code: ByteCode) -> dict[str, Any]:
    """Return the parts of a request that name archives, after bringing them to the host."""
    request = root.request("converge")
    bundles = [{**bundle, "byte_code": byte_code.digest} for bundle in request["declaration"]["bundles"]]
    prebuilt = {}
    for tree_id, path in archives.items():
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        there = root.host.path(ARTIFACTS) / sha256 / f"{tree_id}.tar.gz"
        there.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, there)
        source = f"{ARTIFACTS}\\{sha256}\\{there.name}"
        request["artifacts"][sha256] = {"filename": there.name, "size": path.stat().st_size, "sources": [source]}
        prebuilt[tree_id] = sha256
    declaration = {**request["declaration"], "bundles": bundles}
    return {"declaration": declaration, "artifacts": request["artifacts"], "prebuilt": prebuilt}


def receipts(root: WindowsRoot) -> dict[str, Any]:
    """Return what the receipts of unpacked wheels say, but when and by whom."""
    left_out = ("stamp", "owner", "directories", "python")
    documents = {path.name: json.loads(path.read_text()) for path in (root.path / "state" / "receipts" / "laid").iterdir()}
    return {name: {key: value for key, value in each.items() if key not in left_out} for name, each in documents.items()}


def test_a_host_gets_the_trees_that_it_compiles_itself(root: WindowsRoot, archives: Mapping[str, Path], byte_code: ByteCode) -> None:
    compiled = receipts(root)
    shutil.rmtree(root.path)
    again = replace(root)
    result = again.converge(**naming(again, archives, byte_code))
    assert result["warnings"] == [] and receipts(again) == compiled
    assert not list((again.path / "wheels").rglob("*.whl"))
    assert again.drift("deep") == []
    assert again.python("-c", "import alpha.deep.module as m; print(m.ANSWER)", of="one").strip() == "42"
    assert again.converge(**naming(again, archives, byte_code))["changed"] is False


def test_an_archive_that_lies_is_named_and_the_wheel_compiled(
    empty: WindowsRoot, archives: Mapping[str, Path], byte_code: ByteCode, tmp_path: Path
) -> None:
    shutil.rmtree(empty.path, ignore_errors=True)
    first, second, *_rest = archives
    # What is prebuilt of one wheel under the name of another, and half of one.
    lying = {first: archives[second], second: tmp_path / "half.tar.gz"}
    lying[second].write_bytes(archives[second].read_bytes()[:-100])
    root = replace(empty)
    result = root.converge(**naming(root, lying, byte_code))
    assert len(result["warnings"]) == 2 and all("is compiled on this host" in warning for warning in result["warnings"])
    assert root.drift("deep") == [] and root.left_over() == []
