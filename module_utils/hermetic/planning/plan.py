# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what is declared with what was observed; pure, and shared by apply, check mode, drift and the reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..findings.finding import PENDING, Finding, Kind
from ..findings.needed_repair import PROTECT, RENAME, SET_ASIDE, RepairAction
from ..findings.tree_findings import open_finding
from ..model.confinement import missing_landmarks
from ..model.declaration import Bundle, Declaration, PlannedEnvironment, VirtualEnv
from ..model.receipts import EnvironmentReceipt, Generation, Records
from ..model.wheel_name import name_and_version
from .checked_trees import CheckedTree, planned_checks
from .desired_state import DesiredEnvironment, desired_bundles, desired_environments
from .next_generation import next_generation
from .observation import Observation
from .outstanding_checks import can_be_proved, going_back, outstanding_checks
from .step import Step

_NAMED_AT_MOST = 5
FileName = Callable[[str], str]


@dataclass
class Plan:
    """The steps from the observed to the declared state, and the findings that call for them."""

    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    install: list[Bundle] = field(default_factory=list)
    environments: list[PlannedEnvironment] = field(default_factory=list)
    reinstall: set[str] = field(default_factory=set)
    unrepairable: list[str] = field(default_factory=list)
    target: Generation | None = None
    restore_profile: bool = False
    checked: list[CheckedTree] = field(default_factory=list)
    """The trees whose checks run when the plan is carried out."""
    proved_first: list[CheckedTree] = field(default_factory=list)
    """The trees in force whose checks after the switch run before all else, since the run that switched to them was cut off."""
    provable: bool = True
    """Whether these are all whose checks did not end."""

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.steps)

    def byte_code(self, bundle_id: str, records: Records) -> str | None:
        """Return what wheels for a bundle are keyed by; None where that shows only when the bundle is installed."""
        declared = (bundle.byte_code for bundle in self.install if bundle.id == bundle_id)
        return records.byte_codes.get(bundle_id) or next(declared, None)


def make_plan(
    declaration: Declaration | None, observation: Observation, *, file_name: FileName, now: str, rollout: str | None = None
) -> Plan:
    """Return what is to be done so that the host is as declared; without a declaration, as its current generation says.

    ``file_name`` gives the file name of an artifact by its digest; ``now`` and ``rollout`` are what a new generation is stamped with.
    """
    plan = Plan(findings=list(observation.findings), steps=list(going_back(observation)))
    if declaration is None:
        # Nothing is asked for beyond the current generation.
        declaration = Declaration(complete=False)
    bundles = desired_bundles(declaration, observation, plan.unrepairable)
    environments = desired_environments(declaration, observation, bundles, plan.unrepairable)
    _plan_bundles(plan, observation, bundles)
    _plan_environments(plan, observation, environments, file_name)
    _plan_repairs(plan, observation, environments, bundles)
    _plan_removals(plan, observation, bundles, environments)
    made = {*(bundle.id for bundle in plan.install), *(each.id for each in plan.environments)}
    plan.checked = planned_checks(declaration, observation, bundles, environments, made=made)
    known = {each.subject for each in plan.checked}
    outstanding = [each for each in outstanding_checks(declaration, observation, bundles, environments) if each.subject not in known]
    plan.steps += [each.step() for each in (*plan.checked, *outstanding)]
    _plan_switch(plan, observation, bundles, environments, now, rollout)
    plan.provable = can_be_proved(declaration, observation, bundles, environments)
    if plan.target is None:
        plan.checked += outstanding
    else:
        plan.proved_first = outstanding
        # What is not as it was installed is not run.
        plan.provable = plan.provable and not any(observation.broken.values())
    if observation.open_to:
        plan.steps.append(Step("protect", "store", f"others may write into the root: {', '.join(observation.open_to)}"))
    plan.steps += _store_steps(observation)
    if observation.leftovers:
        reason = f"{len(observation.leftovers)} path(s) below the root that no record names"
        plan.steps.append(Step("prune", "store", reason))
    return plan


def _store_steps(observation: Observation) -> list[Step]:
    reasons: dict[RepairAction, str] = {
        RENAME: "are spelled otherwise than they were made",
        PROTECT: "have another mode, owner or access than they were made with, or are gone",
        SET_ASIDE: "were made by no run; they are moved to state/unexpected",
    }
    steps = []
    for action, reason in reasons.items():
        names = sorted({each.path.name for each in observation.repairs if each.action == action})
        if names:
            shown = ", ".join(names[:_NAMED_AT_MOST]) + (f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else "")
            steps.append(Step(action, "store", f"{shown}: {reason}"))
    return steps


def _plan_bundles(plan: Plan, observation: Observation, bundles: Mapping[str, Bundle]) -> None:
    current = observation.current.bundles if observation.current else {}
    for name, bundle in sorted(bundles.items()):
        before = observation.records.bundles.get(current.get(name, ""))
        if current.get(name) != bundle.id:
            plan.findings.append(
                Finding(
                    subject=f"bundle:{name}",
                    kind="version" if before is not None else "missing",
                    severity="medium",
                    cause=PENDING,
                    expected=f"{bundle.release} ({bundle.sha256[:12]})",
                    actual=f"{before.release} ({before.sha256[:12]})" if before is not None else None,
                    path=f"bundles/{bundle.id}",
                    remedy="Converge to install it.",
                )
            )
        installed = observation.records.bundles.get(bundle.id)
        missing = missing_landmarks(installed.info) if installed is not None else []
        if installed is not None and missing:
            # No step: only another archive would help, and which one is for the declaration to say.
            plan.findings.append(open_finding(name, installed, missing))
        if bundle.id in observation.broken["bundles"]:
            plan.install.append(bundle)
            plan.steps.append(Step("repair_bundle", f"bundle:{name}", "it is not as it was installed"))
        elif bundle.id not in observation.records.bundles:
            plan.install.append(bundle)
            plan.steps.append(Step("install_bundle", f"bundle:{name}", f"{bundle.release} is declared and not on this host"))


def _plan_environments(plan: Plan, observation: Observation, environments: Mapping[str, DesiredEnvironment], file_name: FileName) -> None:
    current = observation.current.virtualenvs if observation.current else {}
    records = observation.records
    for name, each in sorted(environments.items()):
        before = records.environments.get(current.get(name, ""))
        if current.get(name) != each.id:
            plan.findings += _environment_findings(name, each, before, observation, file_name)
        if each.planned is None or each.id in observation.broken["environments"]:
            continue
        if each.id not in records.environments:
            plan.environments.append(each.planned)
            plan.steps.append(Step("build_environment", f"virtualenv:{name}", "its content is declared and not on this host"))


def _environment_findings(
    name: str, each: DesiredEnvironment, before: EnvironmentReceipt | None, observation: Observation, file_name: FileName
) -> list[Finding]:
    found = [
        Finding(
            subject=f"virtualenv:{name}",
            kind="missing" if before is None else "stale" if before.bundle != each.bundle else "version",
            severity="medium",
            cause=PENDING,
            expected=each.id,
            actual=before.id if before is not None else None,
            path=f"environments/{each.id}",
            remedy="Converge to build it.",
        )
    ]
    if before is None or each.planned is None:
        return found
    laid = observation.records.laid
    old = {laid[laid_of].name: laid[laid_of].version for laid_of in before.laid if laid_of in laid}
    new = dict(name_and_version(file_name(wheel)) for wheel in each.planned.declared.wheels)
    for package in sorted({*old, *new}):
        if old.get(package) != new.get(package):
            kind: Kind = "missing" if package not in old else "unexpected" if package not in new else "version"
            found.append(
                Finding(
                    subject=f"package:{name}/{package}",
                    kind=kind,
                    severity="medium",
                    cause=PENDING,
                    expected=new.get(package),
                    actual=old.get(package),
                    path=None,
                    remedy="Converge to build the environment that is declared.",
                )
            )
    return found


def _plan_repairs(
    plan: Plan, observation: Observation, environments: Mapping[str, DesiredEnvironment], bundles: Mapping[str, Bundle]
) -> None:
    """Rebuild what is damaged, and every environment on the disk that shares a damaged unpacked wheel, whatever generation it is of."""
    records = observation.records
    desired_by_id = {each.id: each for each in environments.values()}
    planned = {each.id for each in plan.environments}
    for tree_id in sorted(observation.broken["environments"]):
        each = desired_by_id.get(tree_id)
        if each is None or each.planned is None or tree_id in planned:
            continue
        plan.environments.append(each.planned)
        plan.steps.append(Step("repair_environment", f"virtualenv:{each.name}", "it is not as it was built"))
        planned.add(tree_id)
    if not observation.broken["laid"]:
        return
    broken = [records.laid[tree_id] for tree_id in sorted(observation.broken["laid"]) if tree_id in records.laid]
    byte_codes = {bundle.id: bundle.byte_code for bundle in bundles.values()}
    shared = [(each.planned.declared.wheels, byte_codes.get(each.bundle)) for each in environments.values() if each.planned is not None]
    plan.reinstall |= {
        laid.id
        for laid in broken
        if laid.byte_code is not None and any(laid.wheel in wheels and of in (None, laid.byte_code) for wheels, of in shared)
    }
    # What an earlier release unpacked for one bundle is not unpacked again: environments that share it move to what has taken its place.
    earlier = {laid.id for laid in broken if laid.byte_code is None}
    for receipt in sorted(records.environments.values(), key=lambda receipt: receipt.id):
        if receipt.id in planned or not receipt.laid.keys() & (plan.reinstall | earlier):
            continue
        if receipt.bundle not in records.bundles and all(bundle.id != receipt.bundle for bundle in plan.install):
            # Its bundle has lost its receipt, and is not in use: the environment does not start, and nothing is known to build it on.
            continue
        rebuilt = _as_it_was(receipt)
        plan.environments.append(rebuilt)
        planned.add(receipt.id)
        plan.steps.append(Step("repair_environment", f"virtualenv:{receipt.name}", "it shares files of a wheel that is unpacked again"))


def _as_it_was(receipt: EnvironmentReceipt) -> PlannedEnvironment:
    declared = VirtualEnv(
        name=receipt.name,
        bundle="",
        wheels=tuple(receipt.wheels),
        system_site_packages=receipt.system_site_packages,
        pythonpath=receipt.pythonpath,
    )
    return PlannedEnvironment(receipt.id, receipt.key, declared, receipt.bundle)


def _plan_removals(
    plan: Plan, observation: Observation, bundles: Mapping[str, Bundle], environments: Mapping[str, DesiredEnvironment]
) -> None:
    current = observation.current
    if current is None:
        return
    for subject, kind, had, desired in (
        ("bundle", "bundles", current.bundles, set(bundles)),
        ("virtualenv", "environments", current.virtualenvs, set(environments)),
    ):
        for name in sorted(set(had) - desired):
            plan.findings.append(
                Finding(
                    subject=f"{subject}:{name}",
                    kind="unexpected",
                    severity="medium",
                    cause=PENDING,
                    expected=None,
                    actual=had[name],
                    path=f"{kind}/{had[name]}",
                    remedy="Converge to take it out of the current generation.",
                )
            )


def _plan_switch(
    plan: Plan,
    observation: Observation,
    bundles: Mapping[str, Bundle],
    environments: Mapping[str, DesiredEnvironment],
    now: str,
    rollout: str | None,
) -> None:
    current = observation.current
    if current is None and not bundles and not environments:
        return
    target = next_generation(observation.records.generations, current, bundles, environments, now=now, rollout=rollout)
    if current is None or not current.same_content(target):
        plan.target = target
        before = f"generation {current.number}" if current is not None else "nothing"
        plan.steps.append(Step("switch", "generation", f"from {before} to generation {target.number}"))
    elif observation.profile_broken:
        plan.restore_profile = True
        plan.steps.append(Step("restore_links", "generation", f"the links of generation {current.number} are not as they were made"))
    elif any(tree_id not in observation.records.bundles for tree_id in current.bundles.values()):
        # What a bundle adds to the links is known from its receipt only: a link that was changed shows when that has been restored.
        plan.restore_profile = True
