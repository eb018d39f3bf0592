# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees that are gone, and receipts that somebody removed or that a run which was cut off had still to write."""

from __future__ import annotations

import os
import shutil

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import INTERRUPTED, TAMPERED
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.lost_trees import report_lost_receipt
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows looks at those of Windows")


@pytest.mark.parametrize(
    ("cut_off", "in_force", "cause"),
    [(True, False, INTERRUPTED), (True, True, TAMPERED), (False, False, TAMPERED), (False, True, TAMPERED)],
)
def test_the_lost_receipt_of_a_wheel_has_a_cause(root: SampleRoot, cut_off: bool, in_force: bool, cause: str) -> None:
    observation = root.observe("none")
    (laid,) = [each.id for each in observation.records.laid.values() if each.name == "beta"]
    if not in_force:
        observation.records.generations.clear()
    if cut_off:
        root.layout.transaction_marker.write_text("{}")
    report_lost_receipt(root.layout, observation, laid)
    (finding,) = observation.findings
    assert (finding.kind, finding.cause, finding.path) == ("missing", cause, f"state/receipts/laid/{laid}.json")
    assert observation.orphans == [root.layout.tree("laid", laid)]


def test_a_receipt_that_cannot_be_read_is_reported_as_that(root: SampleRoot) -> None:
    observation = root.observe("none")
    (laid,) = [each.id for each in observation.records.laid.values() if each.name == "beta"]
    observation.records.unreadable[str(root.layout.receipt("laid", laid))] = "it cannot be read"
    report_lost_receipt(root.layout, observation, laid)
    assert observation.findings == []
    assert observation.orphans == [root.layout.tree("laid", laid)]


@pytest.mark.parametrize(("kind", "name"), [("bundles", "bundle:python"), ("environments", "virtualenv:one")])
def test_a_tree_that_is_gone_is_one_finding(root: SampleRoot, kind: str, name: str) -> None:
    tree = root.bundle if kind == "bundles" else root.environment("one")
    shutil.rmtree(tree)
    observation = root.observe()
    assert (name, "missing", TAMPERED) in [(each.subject, each.kind, each.cause) for each in observation.findings]
    assert tree.name in observation.broken[kind]
    assert [each.path for each in observation.findings if each.subject == name] == [f"{kind}/{tree.name}"]


def test_a_tree_that_lost_its_receipt_stays_until_it_is_reinstalled(root: SampleRoot) -> None:
    tree = root.environment("one")
    root.layout.receipt("environments", tree.name).unlink()
    observation = root.observe()
    assert observation.orphans == [tree]
    (finding,) = observation.findings
    assert (finding.subject, finding.kind) == ("virtualenv:one", "missing")
    assert finding.path == f"state/receipts/environments/{tree.name}.json"


@pytest.mark.parametrize(("cut_off", "cause"), [(False, TAMPERED), (True, TAMPERED)])
def test_a_lost_receipt_of_a_wheel_in_force_is_never_what_a_run_left(root: SampleRoot, cut_off: bool, cause: str) -> None:
    (receipt,) = [path for path in root.layout.receipts("laid").iterdir() if '"beta"' in path.read_text()]
    receipt.unlink()
    if cut_off:
        root.layout.transaction_marker.write_text("{}")
    observation = root.observe()
    lost = [each for each in observation.findings if each.path == f"state/receipts/laid/{receipt.name}"]
    assert [(each.kind, each.cause) for each in lost] == [("missing", cause)]
    assert observation.broken["environments"] == {root.environment("one").name}
