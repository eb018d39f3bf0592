# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the differences of one tree into findings: whole packages where a package is the story, single files otherwise."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..model.receipts import BundleReceipt, EnvironmentReceipt, LaidReceipt
from .aggregate import aggregated
from .difference import Difference
from .finding import PENDING, TAMPERED, Cause, Finding, Kind, Severity, file_severity, runs_code

REBUILD = "Rebuild the bundle with bundle_build, publish it as a new release, and converge to that."
REPAIR = "Converge to install it again from the verified artifact, or roll back."


@dataclass(frozen=True)
class ForeignPackage:
    """A package that somebody installed by hand: its metadata directory, and the paths of the tree that belong to it."""

    dist_info: str
    name: str
    version: str
    paths: frozenset[str]


def _file_finding(owner: str, tree: str, difference: Difference, code_gone: Container[str] = ()) -> Finding:
    return Finding(
        subject=f"file:{owner}/{difference.path}" if difference.path else f"file:{owner}",
        kind=difference.kind,
        severity=_severity(difference, code_gone),
        cause=TAMPERED,
        expected=difference.expected,
        actual=difference.actual,
        path=f"{tree}/{difference.path}" if difference.path else tree,
        remedy="Converge to remove it." if difference.kind == "unexpected" else REPAIR,
    )


def bundle_findings(receipt: BundleReceipt, differences: Iterable[Difference]) -> list[Finding]:
    """Return the findings for the tree of a bundle; their paths are relative to the root, as in all findings."""
    all_of_them = list(differences)
    tree, code_gone = f"bundles/{receipt.id}", with_code_gone(all_of_them)
    found = [_file_finding(receipt.name, tree, difference, code_gone) for difference in without_consequences(all_of_them)]
    return aggregated(found, subject=f"file:{receipt.name}", tree=tree)


def with_code_gone(differences: Iterable[Difference]) -> set[str]:
    """Return the directories below which something that runs code is missing: they matter as much as what they held."""
    gone = (difference.path for difference in differences if difference.kind == "missing" and runs_code(difference.path))
    return {above for path in gone for above in _above(path)}


def _severity(difference: Difference, code_gone: Container[str]) -> Severity:
    if difference.kind == "missing" and difference.path in code_gone:
        return "high"
    return file_severity(difference.kind, difference.path, difference.actual, difference.expected)


def elsewhere_finding(name: str, receipt: BundleReceipt, places: Sequence[str]) -> Finding:
    """Return the finding for a bundle whose interpreter takes its standard library from outside of its tree."""
    return Finding(
        subject=f"bundle:{name}",
        kind="interpreter",
        severity="high",
        cause=TAMPERED,
        expected="the standard library of its own tree",
        actual=f"that of {', '.join(places)}",
        path=f"bundles/{receipt.id}/{receipt.python['executable']}",
        remedy=f"Find out who put it there and remove it. {REBUILD}",
    )


def open_finding(name: str, receipt: BundleReceipt, missing: Sequence[str]) -> Finding:
    """Return the finding for a bundle, whole as it was installed, whose interpreter looks for parts in the directories above it."""
    return Finding(
        subject=f"bundle:{name}",
        kind="stale",
        severity="medium",
        cause=PENDING,
        expected="an interpreter that looks for its parts in its own tree only",
        actual=f"release {receipt.release} lacks {', '.join(missing)}: what others put into a directory above it would run",
        path=f"bundles/{receipt.id}",
        remedy=REBUILD,
    )


def without_consequences(differences: Iterable[Difference]) -> list[Difference]:
    """Return the differences without those that say nothing new: what is missing below a directory that is missing itself."""
    all_of_them = list(differences)
    gone = {difference.path for difference in all_of_them if difference.kind == "missing" and difference.expected == "directory"}
    return [
        difference
        for difference in all_of_them
        if difference.kind != "missing" or not any(above in gone for above in _above(difference.path))
    ]


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def environment_findings(
    receipt: EnvironmentReceipt,
    laid: Mapping[str, LaidReceipt],
    differences: Sequence[Difference],
    foreign: Sequence[ForeignPackage],
) -> list[Finding]:
    """Return the findings for the tree of an environment.

    A package whose metadata is gone is one finding, not one for each of its files; so is a package installed by hand, and one
    replaced by another version. ``foreign`` are the metadata directories that no wheel of the environment brought.
    """
    name, tree = receipt.name, f"environments/{receipt.id}"
    owners = receipt.owners(laid)
    missing = {difference.path for difference in differences if difference.kind == "missing"}
    gone = {}
    for laid_id in sorted(receipt.laid):
        wheel = laid[laid_id]
        if f"{receipt.site_packages}/{wheel.dist_info}/METADATA" in missing:
            gone[wheel.name] = wheel
    added = {package.name: package for package in foreign}
    found: list[Finding] = []
    explained: set[str] = set()
    for package_name in sorted({*gone, *added}):
        wheel_of, package = gone.get(package_name), added.get(package_name)
        involved = {
            difference.path
            for difference in differences
            if (wheel_of is not None and _belongs(difference, package_name, owners, receipt))
            # A list that somebody else wrote explains what was added, never what became of our own files.
            or (package is not None and difference.kind == "unexpected" and _inside(difference.path, package))
        }
        explained |= involved
        found.append(_package_finding(name, package_name, wheel_of, package, len(involved)))
    code_gone = with_code_gone(differences)
    for difference in without_consequences(differences):
        if difference.path in explained:
            continue
        leads = difference.path in receipt.own_links or difference.path == "pyvenv.cfg"
        if leads and difference.kind not in ("owner", "mode"):
            found.append(_interpreter_finding(name, tree, difference))
        else:
            found.append(_file_finding(name, tree, difference, code_gone))
    return aggregated(found, subject=f"file:{name}", tree=tree)


def _belongs(difference: Difference, package: str, owners: Mapping[str, str], receipt: EnvironmentReceipt) -> bool:
    """Return whether a difference is part of the story of a package that is gone: a file of it, or a directory that only it filled."""
    path = difference.path
    if path in owners:
        return owners[path] == package
    if difference.kind != "missing":
        return False
    inside = [owner for owned, owner in owners.items() if owned.startswith(f"{path}/")]
    inside += ["" for own in (*receipt.own_files, *receipt.own_links) if own.startswith(f"{path}/") and own not in owners]
    return bool(inside) and all(owner == package for owner in inside)


def _inside(path: str, package: ForeignPackage) -> bool:
    return path in package.paths or any(known.startswith(f"{path}/") for known in package.paths)


def _package_finding(environment: str, package_name: str, wheel: LaidReceipt | None, package: ForeignPackage | None, paths: int) -> Finding:
    kind: Kind = "version" if wheel is not None and package is not None else "missing" if package is None else "unexpected"
    return Finding(
        subject=f"package:{environment}/{package_name}",
        kind=kind,
        severity="high",
        cause=TAMPERED,
        expected=wheel.version if wheel is not None else None,
        actual=f"{package.version}, {paths} paths differ" if package is not None else None,
        path=None,
        remedy=REPAIR if kind != "unexpected" else "Converge to remove it; to keep it, add it to the lock.",
    )


def _interpreter_finding(environment: str, tree: str, difference: Difference) -> Finding:
    return Finding(
        subject=f"virtualenv:{environment}",
        kind="interpreter",
        severity="high",
        cause=TAMPERED,
        expected=difference.expected,
        actual=difference.actual,
        path=f"{tree}/{difference.path}",
        remedy=REPAIR,
    )


def shared_findings(laid_id: str, differences: Iterable[Difference], code_gone: Container[str]) -> list[Finding]:
    """Return the findings for files of an unpacked wheel that no environment shows in its own tree."""
    found = [shared_finding(laid_id, difference, code_gone) for difference in differences]
    return aggregated(found, subject="store", tree=f"laid/{laid_id}")


def shared_finding(laid_id: str, difference: Difference, code_gone: Container[str] = ()) -> Finding:
    """Return the finding for a file of an unpacked wheel that no environment shows in its own tree."""
    return Finding(
        subject="store",
        kind=difference.kind,
        severity=_severity(difference, code_gone),
        cause=TAMPERED,
        expected=difference.expected,
        actual=difference.actual,
        path=f"laid/{laid_id}/{difference.path}" if difference.path else f"laid/{laid_id}",
        remedy=REPAIR,
    )


def store_finding(*, kind: Kind, cause: Cause, expected: str | None, actual: str | None, path: str) -> Finding:
    """Return a finding about what the engine itself keeps below the root."""
    return Finding(
        subject="store",
        kind=kind,
        severity="medium",
        cause=cause,
        expected=expected,
        actual=actual,
        path=path,
        remedy="Converge to restore what is missing and remove what is left over.",
    )
