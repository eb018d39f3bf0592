# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of a generation that are gone, or have lost their receipt: what is reported of them; changes nothing."""

from __future__ import annotations

import os

from ..findings.finding import INTERRUPTED, TAMPERED, Cause, Finding
from ..findings.tree_findings import store_finding
from ..model.layout import Layout
from ..model.receipts import Records
from ..planning.observation import Observation


def report_gone(layout: Layout, observation: Observation, subject: str, kind: str, tree_id: str) -> None:
    """Report a tree that is gone, or one that is there and has lost its receipt; it stays until it is reinstalled."""
    expected, path = "installed", f"{kind}/{tree_id}"
    if os.path.lexists(layout.tree(kind, tree_id)) and tree_id not in getattr(observation.records, kind):
        observation.orphans.append(layout.tree(kind, tree_id))
        expected, path = f"the receipt of {kind}/{tree_id}", f"state/receipts/{kind}/{tree_id}.json"
        if str(layout.receipt(kind, tree_id)) in observation.records.unreadable:
            return
    observation.findings.append(
        Finding(
            subject=subject,
            kind="missing",
            severity="high",
            cause=TAMPERED,
            expected=expected,
            actual=None,
            path=path,
            remedy="Converge to install it again.",
        )
    )


def report_lost_receipt(layout: Layout, observation: Observation, laid_id: str) -> None:
    """Report an unpacked wheel that environments share, and whose receipt is not there; its tree stays."""
    if str(layout.receipt("laid", laid_id)) not in observation.records.unreadable:
        observation.findings.append(
            store_finding(
                kind="missing",
                cause=_cause_of_loss(layout, observation.records, laid_id),
                expected=f"the receipt of laid/{laid_id}, which environments share",
                actual=None,
                path=f"state/receipts/laid/{laid_id}.json",
            )
        )
    observation.orphans.append(layout.tree("laid", laid_id))


def _cause_of_loss(layout: Layout, records: Records, laid_id: str) -> Cause:
    """Return why the receipt of an unpacked wheel is lost: it was removed, or a run that was cut off had still to write it.

    Environments are put into place before the unpacked wheels that they share; they are in no generation then.
    """
    if layout.transaction_marker.exists():
        in_force = {tree_id for generation in records.generations.values() for tree_id in generation.virtualenvs.values()}
        users = {receipt.id for receipt in records.environments.values() if laid_id in receipt.laid}
        return INTERRUPTED if not users & in_force else TAMPERED
    return TAMPERED
