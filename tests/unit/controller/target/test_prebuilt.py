# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repository has prebuilt of a host's wheels: named in requests, copied instead of wheels, and vouched for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import ByteCode
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import laid_id
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_artifact import BundleArtifact
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import Index
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_state import DeclaredState
from ansible_collections.hermetic.python.plugins.plugin_utils.target.known_manifests import KnownManifests
from ansible_collections.hermetic.python.plugins.plugin_utils.target.prebuilt import PrebuiltWheels, byte_code_of, prebuilt_of
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import compose_request, declare
from ansible_collections.hermetic.python.plugins.plugin_utils.target.vouching import vouched

CODE = ByteCode("cpython-312", "cb0d0d0a", by_engine=True)
OTHER = ByteCode("cpython-313", "f30d0d0a", by_engine=True)
A, B, C = "a" * 64, "b" * 64, "c" * 64


def entry(number: int) -> dict[str, Any]:
    sha256 = f"{number:064x}"
    return {"path": f"prebuilt/{sha256}/x.tar.gz", "sha256": sha256, "size": 1, "unpacked": 2, "receipt": "f" * 64, "python": "3.12.4"}


INDEX = Index(
    "https://repo.example", {"bundles": {}, "wheels": {}, "serial": 1, "prebuilt": {A: {CODE.digest: entry(1)}, B: {CODE.digest: entry(2)}}}
)


def test_an_archive_is_named_by_the_tree_that_it_unpacks_to() -> None:
    found = prebuilt_of(INDEX, [(CODE.digest, [A, C]), (OTHER.digest, [B])])
    assert found.named == {laid_id(A, byte_code=CODE.digest): f"{1:064x}"}
    assert found.compiled == {B, C}
    (archive,) = found.archives.values()
    assert archive.sources == (f"https://repo.example/prebuilt/{1:064x}/x.tar.gz",) and archive.tree_id in found.named


@pytest.mark.parametrize("pairs", [[(None, [A])], [("0" * 64, [A])], []])
def test_without_a_known_byte_code_nothing_is_named(pairs: Any) -> None:
    assert prebuilt_of(INDEX, pairs).named == {}
    assert prebuilt_of(None, [(CODE.digest, [A])]).named == {}
    old = Index("/srv", {"bundles": {}, "wheels": {}, "serial": 1})
    assert prebuilt_of(old, [(CODE.digest, [A])]).named == {}


def test_of_each_wheel_one_form_is_copied() -> None:
    found = prebuilt_of(INDEX, [(CODE.digest, [A, B]), (OTHER.digest, [B])])
    first, second = f"{1:064x}", f"{2:064x}"
    assert found.to_push([A, first, C]) == [first, C]
    # A wheel that can be reached spares its archive, and an archive that can be reached its wheel.
    assert found.to_push([first]) == [] and found.to_push([A]) == []
    # One that another bundle compiles is needed itself.
    assert found.to_push([B, second]) == [B, second]
    assert found.instead_of(first) == [A] and found.instead_of(A) == []
    assert PrebuiltWheels().to_push([A, B]) == [A, B]


def test_what_a_host_reports_of_its_bundle_says_which_byte_code_it_reads() -> None:
    assert byte_code_of({"python": {"byte_code": CODE.as_fact()}, "engine": True}) == CODE.digest
    for python in ({}, {"byte_code": None}, {"byte_code": {"cache_tag": 7}}, {"byte_code": "x"}):
        assert byte_code_of({"python": python, "engine": True}) is None


def test_a_request_names_them_only_where_there_are_any() -> None:
    assert "prebuilt" not in compose_request("drift", root="/srv/x", check=True, options={}, prebuilt={})
    assert compose_request("drift", root="/srv/x", check=True, options={}, prebuilt={"x": A})["prebuilt"] == {"x": A}


def known(tmp_path: Any, version: str, *, remembered: str | None = None) -> list[str] | None:
    bundle = BundleArtifact(
        name="python", release="1", platform="linux-x86_64", sha256=C, size=1, filename="x.tar.gz", location="/nowhere/x.tar.gz",
        python={"version": version, "byte_code": CODE.as_fact()}, libc=None, macos=None, hermetic="launcher", engine=True, manifest="e" * 64,
    )  # fmt: skip
    declaration = declare(
        bundles=[{"name": "python", "release": "1", "sha256": C, "byte_code": CODE.digest}],
        virtualenvs=[{"name": "one", "bundle": "python", "wheels": [A]}],
    )
    state = DeclaredState(declaration, (bundle,), prebuilt=prebuilt_of(INDEX, [(CODE.digest, [A])]), index=INDEX)
    record, tree = KnownManifests.at(tmp_path / "state"), f"laid/{laid_id(A, byte_code=CODE.digest)}"
    if remembered is not None:
        record.remember({tree: {"digest": remembered, "here": False}}, host="h", root="/srv", engine="e")
    return vouched(state, record, cache=ControllerCache(tmp_path / "cache"), platform="linux-x86_64", host="h", root="/srv").get(tree)


def test_the_index_vouches_for_a_tree_that_the_bundles_own_python_makes_as_well(tmp_path: Any) -> None:
    assert known(tmp_path, "3.12.4") == ["f" * 64]


def test_a_host_that_may_have_compiled_it_with_another_python_is_not_accused(tmp_path: Any) -> None:
    assert known(tmp_path, "3.12.9") is None


def test_what_was_remembered_counts_beside_the_index(tmp_path: Any) -> None:
    assert known(tmp_path, "3.12.9", remembered="9" * 64) == ["9" * 64, "f" * 64]
