# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receipt that is gone was removed by somebody, or a run that was cut off had still to write it."""

from __future__ import annotations

import os

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
