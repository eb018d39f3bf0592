# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about requirements: what is required twice, cannot be locked, or can never be fulfilled; pure."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ....module_utils.hermetic.text.grammar import PLATFORMS, shown
from ...locks.marker_logic import judge
from ..formats.specification import Form, Requirements
from ..formats.toml_form import DEPENDENCIES, KEYS, PYTHON, TOOL
from ..legacy.hosts import hosts_of
from ..locking.pythons import admitted_pythons
from .found import Findings


def lint_requirements(content: Requirements, findings: Findings) -> None:
    """Find what a resolver would fail at, or silently leave out."""
    pythons = admitted_pythons(content.requires_python)
    if not pythons:
        message = f"no Python from 3.8 on fulfils {content.requires_python!r}"
        findings.add("requires-python-unfulfillable", message, PYTHON)
    elif content.requires_python is None and findings.specification.form is not Form.TOML:
        findings.add("requires-python-missing", "any Python may run the program; say which ones can", severity="info")
    for key in content.unknown:
        findings.add("field-unknown", f"a specification has no key of this name; it has {', '.join(KEYS)}", key)
    for specifier in SpecifierSet(content.requires_python or ""):
        if specifier.operator in ("==", "===") and specifier.version.count(".") < 2:
            message = f"{str(specifier)!r} is fulfilled by Python {specifier.version}.0 alone; '=={specifier.version}.*' may be meant"
            findings.add("requires-python-exact", message, PYTHON, severity="warning")
    if "uv" in content.tool:
        message = "[tool.uv] has no effect on locks of hermetic-spec, neither its sources nor its indexes; configure pip, or give --index"
        findings.add("tool-ignored", message, TOOL, severity="warning")
    _lint_settings(content, findings)
    hosts = [host.target for host in hosts_of(pythons)]
    everywhere = frozenset(host.label for host in hosts)
    seen: dict[tuple[str, frozenset[str]], list[tuple[int, Requirement, frozenset[str]]]] = {}
    for number, text in enumerate(content.dependencies):
        requirement = Requirement(text)
        where = (DEPENDENCIES, number)
        if requirement.url:
            findings.add("requirement-url", "it comes from a URL; publish a wheel, and require its version", *where)
        chosen = (
            everywhere
            if requirement.marker is None
            else frozenset(
                host.label
                for host in hosts
                if judge(requirement.marker, {**host.environment, "extra": ""}, unknown=host.unknown_markers, context="metadata").applies
                is not False
            )
        )
        if hosts and not chosen:
            findings.add("never-installed", f"no platform fulfils the marker {str(requirement.marker)!r}", *where)
        known = seen.setdefault((canonicalize_name(requirement.name), frozenset(requirement.extras)), [])
        clash = next(((other, before) for other, before, others in known if chosen & others), None)
        if clash is not None:
            _report(findings, number, requirement, *clash)
        elif chosen:
            known.append((number, requirement, chosen))


def _report(findings: Findings, number: int, requirement: Requirement, other: int, before: Requirement) -> None:
    line = findings.specification.place(DEPENDENCIES, other)[0]
    where = f"also required in line {line}" if line else "required before"
    pins = {str(each) for found in (requirement, before) for each in found.specifier if each.operator in ("==", "===")}
    message = f"{requirement.name} is {where} ({before.specifier or 'any version'})"
    if len(pins) > 1:
        findings.add("duplicate", f"{message} with another version, and no host can have both; keep one", DEPENDENCIES, number)
    else:
        findings.add("duplicate", f"{message}; write it once", DEPENDENCIES, number, severity="warning")


def _lint_settings(content: Requirements, findings: Findings) -> None:
    settings = content.settings
    for name in settings:
        if name not in ("platforms", "pythons", "environments"):
            findings.add("setting-unknown", f"[tool.hermetic] has no setting {shown(name)}; it has platforms, pythons, environments", TOOL)
    for name in ("platforms", "pythons", "environments"):
        values = settings.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            findings.add("setting-invalid", f"[tool.hermetic] {name} is {shown(values)}; expected a list of texts", TOOL)
        elif name == "platforms":
            for value in values:
                if value not in PLATFORMS:
                    findings.add("platform-unknown", f"{shown(value)} is no platform; there are {', '.join(PLATFORMS)}", TOOL)
