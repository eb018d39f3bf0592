# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundles of a host that nothing starts from, as findings that the controller makes itself. Pure."""

from __future__ import annotations

from dataclasses import replace

from ...module_utils.hermetic.findings.finding import TAMPERED, Finding
from ...module_utils.hermetic.text.grammar import tree_parts
from .host_mounts import without_programs
from .host_probe import HostFacts
from .host_trust import shown_distrust


def damaged_bundles(facts: HostFacts) -> list[str]:
    """Return the identifiers of the bundles of a host on which nothing could run the engine."""
    return [*facts.damaged, *([facts.interpreter.bundle_id] if facts.interpreter else [])]


def why_not_read(facts: HostFacts) -> str:
    """Return why nothing is reported of what is below a root with such bundles, and what to do."""
    reason = without_programs(facts)
    if reason:
        return f"What is below {facts.root} cannot be read: {reason}"
    if facts.untrusted:
        return f"What is below {facts.root} was not read, since another user may change what would run: {shown_distrust(facts.distrust)}. Repair it."
    named = ", ".join(damaged_bundles(facts))
    return f"What is below {facts.root} cannot be read, since the interpreter of {named} is damaged. Repair it."


def finding_of_damaged(bundle_id: str, facts: HostFacts) -> Finding:
    """Return the finding for a bundle whose interpreter does not start, or was not started."""
    if bundle_id in facts.untrusted:
        return _open_to_others(bundle_id, facts)
    return _changed(bundle_id, facts) if facts.changed else _dead(bundle_id, facts)


def _open_to_others(bundle_id: str, facts: HostFacts) -> Finding:
    """Return the finding for a bundle whose interpreter was not started, since another user may change it."""
    return replace(
        _dead(bundle_id, facts),
        kind="owner" if any(each.kind == "owner" for each in facts.distrust) else "mode",
        expected="files that only root and the user of the task own and may write",
        actual=shown_distrust(facts.distrust),
    )


def _changed(bundle_id: str, facts: HostFacts) -> Finding:
    """Return the finding for a bundle that was not started, since it is not what was published."""
    return replace(
        _dead(bundle_id, facts),
        kind="modified",
        expected="the files that were published",
        actual=facts.changed,
        path=f"{facts.root}/bundles/{bundle_id}",
        remedy="Converge with hermetic.python.system; nothing else of this host can be checked before.",
    )


def _dead(bundle_id: str, facts: HostFacts) -> Finding:
    """Return the finding for a bundle whose interpreter does not start."""
    parts = tree_parts("bundles", bundle_id) or {"name": bundle_id}
    reason = without_programs(facts)
    return Finding(
        subject=f"bundle:{parts['name']}",
        kind="not_runnable",
        severity="high",
        cause=TAMPERED,
        expected="an interpreter that starts",
        actual="one that does not" + (f": {reason}" if reason else ""),
        path=facts.interpreter_path(bundle_id),
        remedy="Let programs start there; nothing else of this host can be checked before."
        if reason
        else "Converge with hermetic.python.system; nothing else of this host can be checked before.",
    )
