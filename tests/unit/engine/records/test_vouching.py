# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts are held against themselves and against what the controller knows: whoever changes tree and receipt together is found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import Records, dump
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records import vouching
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from host_samples import PYTHON, host_as_declared
from root_samples import SampleRoot

EMPTY: dict[str, dict[str, Any]] = {kind: {} for kind in ("bundles", "environments", "laid")}


def digests(records: Records) -> dict[str, str]:
    return {tree: entry["digest"] for tree, entry in vouching.made_since(EMPTY, records).items()}


def test_equal_trees_have_equal_digests_whenever_and_by_whom_they_were_made() -> None:
    records = host_as_declared().records
    before = digests(records)
    for kind, changes in (("laid", {"stamp": "other", "owner": [7, 7], "directories": {"": [1, 1]}}), ("environments", {"owner": [7, 7]})):
        for tree_id, receipt in getattr(records, kind).items():
            getattr(records, kind)[tree_id] = replace(receipt, **changes)
    assert digests(records) == before


@pytest.mark.parametrize("field", vouching._OF_LAID)
def test_every_part_of_a_wheels_record_counts(field: str) -> None:
    receipt = next(iter(host_as_declared().records.laid.values()))
    assert vouching.digest(replace(receipt, **dict[str, Any]({field: "other"}))) != vouching.digest(receipt)


@pytest.mark.parametrize("field", vouching._OF_ENVIRONMENT)
def test_every_part_of_an_environments_record_counts(field: str) -> None:
    receipt = next(iter(host_as_declared().records.environments.values()))
    assert vouching.digest(replace(receipt, **dict[str, Any]({field: "other"}))) != vouching.digest(receipt)


def test_what_was_made_since_is_told_and_what_was_there_is_not() -> None:
    host = host_as_declared()
    before = vouching.taken(host.records)
    assert vouching.made_since(before, host.records) == {}
    made = host.unpack("gamma-1.0", PYTHON)
    assert list(vouching.made_since(before, host.records)) == [f"laid/{made.id}"]
    # The same record, written again, is a tree that was made again.
    host.records.laid[made.id] = replace(made)
    assert f"laid/{made.id}" in vouching.made_since(vouching.taken(host.records) | {"laid": {made.id: made}}, host.records)


@pytest.mark.parametrize(("version", "here"), [("3.10.9", True), ("3.11.0", False), ("3.12.1", False)])
def test_byte_code_of_old_pythons_holds_for_its_own_host_only(version: str, here: bool) -> None:
    host = host_as_declared()
    for tree_id, receipt in host.records.laid.items():
        host.records.laid[tree_id] = replace(receipt, python=version)
    made = vouching.made_since(EMPTY, host.records)
    assert {entry["here"] for tree, entry in made.items() if tree.startswith("laid/")} == {here}
    assert {entry["by"] for tree, entry in made.items() if tree.startswith("laid/")} == {version}
    assert {entry["here"] for tree, entry in made.items() if not tree.startswith("laid/")} == {False}


FORGED: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "another owner": ("environments", lambda receipt: replace(receipt, owner=[receipt.owner[0] + 1, 0]), "made by one user"),
    "another archive": ("bundles", lambda receipt: replace(receipt, sha256="0" * 64), "names the archive 000000000000"),
    "another list of files": (
        "bundles",
        lambda receipt: replace(
            receipt, info={**receipt.info, "files": {**receipt.info["files"], "x": {"type": "directory", "mode": "0755"}}}
        ),
        "not the one of bundle.json",
    ),
    "another wheel": ("laid", lambda receipt: replace(receipt, wheel="0" * 64), "names the wheel 0000000000000000"),
    "another key": ("environments", lambda receipt: replace(receipt, key="0" * 64), "names the environment"),
    "other wheels": ("environments", lambda receipt: replace(receipt, wheels=[]), "not those of its wheels"),
}


@pytest.mark.skipif(os.name != "posix", reason="a root of POSIX")
@pytest.mark.parametrize("case", FORGED)
def test_a_record_that_contradicts_itself_is_found_though_nobody_knows_it(root: SampleRoot, case: str) -> None:
    kind, forge, words = FORGED[case]
    observation = root.observe("none")
    records = observation.records
    tree_id, receipt = next(iter(getattr(records, kind).items()))
    getattr(records, kind)[tree_id] = forge(receipt)
    assert observation.current is not None
    vouching.check_receipts(root.layout, observation, observation.current, known={})
    found = [each for each in observation.findings if each.kind == "receipt" and each.path == f"state/receipts/{kind}/{tree_id}.json"]
    assert found
    assert all(words in str(each.actual) for each in found)
    assert tree_id in observation.broken[kind]


@pytest.mark.skipif(os.name != "posix", reason="a root of POSIX")
def test_a_forged_receipt_and_its_tree_together_are_found_by_who_knows_the_digest(root: SampleRoot) -> None:
    known = {tree: [digest] for tree, digest in digests(load_records(root.layout)).items()}
    (laid,) = [each for each in load_records(root.layout).laid.values() if each.name == "beta"]
    path = root.layout.receipt("laid", laid.id)
    forged = json.loads(json.dumps(dump(laid)))
    forged["files"]["site/beta/data.txt"] = [0o644, 4, "0" * 64]
    path.write_text(json.dumps(forged))
    found = [each for each in root.observe("deep", known=known).findings if each.kind == "receipt"]
    assert [(each.subject, each.cause) for each in found] == [("package:one/beta", "tampered")]
