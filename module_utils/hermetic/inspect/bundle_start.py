# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the interpreter of an installed bundle starts and is what the bundle says; one that another user may change is not started."""

from __future__ import annotations

from ..errors import BrokenInterpreter
from ..findings.finding import TAMPERED, Finding
from ..findings.tree_findings import elsewhere_finding
from ..generations.root_trust import others_behind_program
from ..model.layout import Layout
from ..model.receipts import BundleReceipt
from ..planning.observation import Observation
from ..process import interpreter
from ..process.start_failure import mount_without_programs


def check_start(layout: Layout, observation: Observation, name: str, bundle: BundleReceipt) -> Finding | None:
    """Start a bundle's interpreter; return the finding when it was not started because another user may change it."""
    tree = layout.tree("bundles", bundle.id)
    stdlib = str(bundle.python["stdlib"])
    programs = str(bundle.python["executable"]).rpartition("/")[0]
    others = others_behind_program(tree, programs, "lib", "libexec", stdlib, f"{stdlib}/encodings")
    if others is not None:
        # Started by root, it would be whatever that user made of it.
        observation.broken["bundles"].add(bundle.id)
        return Finding(
            subject=f"bundle:{name}",
            kind=others.kind,
            severity="high",
            cause=TAMPERED,
            expected="files that only root and the user of the run own and may write",
            actual=f"{others.found}; it was not started",
            path=str(others.path.relative_to(layout.root)),
            remedy="Converge to install it again, or roll back.",
        )
    try:
        executable, expected = tree / bundle.python["executable"], bundle.python["version"]
        answer = interpreter.check_version(executable, expected=expected, subject=f"The bundle '{name}'", site=False)
    except BrokenInterpreter as error:
        observation.broken["bundles"].add(bundle.id)
        mount = mount_without_programs(executable)
        observation.findings.append(
            Finding(
                subject=f"bundle:{name}",
                kind="not_runnable",
                severity="high",
                cause=TAMPERED,
                expected=f"Python {bundle.python['version']}",
                actual=error.message,
                path=f"bundles/{bundle.id}/{bundle.python['executable']}",
                remedy="Converge to install it again, or roll back." if mount is None else mount.program_remedy(),
            )
        )
        return None
    elsewhere = interpreter.taken_from_elsewhere(answer, tree, *interpreter.also_searched(bundle.info, layout.root))
    if elsewhere:
        observation.findings.append(elsewhere_finding(name, bundle, elsewhere))
    return None
