# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check says what differs and changes nothing; what is not declared yet is pending, what somebody changed is tampered."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records import vouching
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows checks those of Windows")


def found(root: SampleRoot, verify: str = "quick") -> list[tuple[str, str]]:
    result = root.run("drift", options={"verify": verify})
    assert not result.get("failed"), result
    return sorted((finding["subject"], finding["cause"]) for finding in result["findings"])


@pytest.mark.parametrize("verify", ["none", "quick", "deep"])
def test_a_root_as_declared_has_no_findings(root: SampleRoot, verify: str) -> None:
    assert found(root, verify) == []


def test_a_root_that_is_not_there_lacks_all_that_is_declared(declared_root: SampleRoot) -> None:
    assert found(declared_root) == [("bundle:python", "pending"), ("virtualenv:one", "pending"), ("virtualenv:two", "pending")]
    assert not declared_root.layout.root.exists()


def test_pending_and_tampered_are_told_apart(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    (root.environment("one") / "bin/stray").touch()
    assert found(root) == [("file:one/bin/stray", "tampered"), ("virtualenv:two", "pending")]


def test_a_deep_check_says_what_nobody_vouches_for(root: SampleRoot) -> None:
    known = {tree: [entry["digest"]] for tree, entry in root_manifests(root).items()}
    result = root.run("drift", options={"verify": "deep"}, known=known)
    assert result["vouched"] == {"known": len(known), "unknown": []}
    tree, _digests = known.popitem()
    assert root.run("drift", options={"verify": "deep"}, known=known)["vouched"] == {"known": len(known), "unknown": [tree]}


def test_a_record_that_the_controller_knows_otherwise_is_found(root: SampleRoot) -> None:
    known = {tree: [entry["digest"]] for tree, entry in root_manifests(root).items()}
    known[f"bundles/{root.bundle.name}"] = ["0" * 64]
    result = root.run("drift", options={"verify": "deep"}, known=known)
    assert [(finding["subject"], finding["kind"]) for finding in result["findings"]] == [("bundle:python", "receipt")]
    assert "the controller knows (000000000000)" in result["findings"][0]["expected"]


def root_manifests(root: SampleRoot) -> Mapping[str, Mapping[str, Any]]:
    """Return what the run that installed a root told the controller."""
    empty: dict[str, dict[str, Any]] = {kind: {} for kind in ("bundles", "environments", "laid")}
    return vouching.made_since(empty, load_records(root.layout))
