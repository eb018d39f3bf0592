# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Differences become findings: a package where a package is the story, single files otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.difference import Difference
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import Finding, Kind, file_severity
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.tree_findings import (
    ForeignPackage,
    bundle_findings,
    environment_findings,
    shared_finding,
    without_consequences,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.foreign_packages import find_foreign
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import EnvironmentReceipt, LaidReceipt
from host_samples import Host, bundle, digest, virtualenv

SITE = "lib/python3.12/site-packages"


@pytest.fixture
def known() -> tuple[EnvironmentReceipt, dict[str, LaidReceipt]]:
    host = Host()
    host.unpack("alpha-1.0", bundle(), entry_points=[["alpha", "alpha", "main", "console"]])
    receipt = host.build(virtualenv("one", "alpha-1.0", "beta-1.0"), bundle(), "alpha-1.0", "beta-1.0")
    return receipt, host.records.laid


def missing(path: str, *, directory: bool = False) -> Difference:
    return Difference(path=path, kind="missing", expected="directory" if directory else "file", actual=None)


def unexpected(path: str) -> Difference:
    return Difference(path=path, kind="unexpected", expected=None, actual="file")


def modified(path: str) -> Difference:
    return Difference(path=path, kind="modified", expected="1 bytes", actual="2 bytes")


def foreign(name: str, version: str, *paths: str) -> ForeignPackage:
    dist_info = f"{name}-{version}.dist-info"
    return ForeignPackage(dist_info, name, version, frozenset({f"{SITE}/{dist_info}", *paths}))


ALPHA_GONE = [
    missing(f"{SITE}/alpha", directory=True),
    missing(f"{SITE}/alpha/__init__.py"),
    missing(f"{SITE}/alpha-1.0.dist-info", directory=True),
    missing(f"{SITE}/alpha-1.0.dist-info/METADATA"),
    missing(f"{SITE}/alpha-1.0.dist-info/RECORD"),
    missing("bin/alpha"),
]
DELTA = foreign("delta", "3.0", f"{SITE}/delta/__init__.py", "bin/delta")
ALPHA_TWO = foreign("alpha", "2.0", f"{SITE}/alpha/__init__.py", f"{SITE}/alpha/new.py")


@pytest.mark.parametrize(
    ("differences", "packages", "expected"),
    [
        ([], [], []),
        (ALPHA_GONE, [], [("package:one/alpha", "missing")]),
        (
            [unexpected(f"{SITE}/delta-3.0.dist-info"), unexpected(f"{SITE}/delta"), unexpected("bin/delta")],
            [DELTA],
            [("package:one/delta", "unexpected")],
        ),
        (
            [
                missing(f"{SITE}/alpha-1.0.dist-info/METADATA"),
                unexpected(f"{SITE}/alpha-2.0.dist-info"),
                modified(f"{SITE}/alpha/__init__.py"),
                unexpected(f"{SITE}/alpha/new.py"),
            ],
            [ALPHA_TWO],
            [("package:one/alpha", "version")],
        ),
        (
            [*ALPHA_GONE, modified(f"{SITE}/beta/__init__.py")],
            [],
            [("package:one/alpha", "missing"), (f"file:one/{SITE}/beta/__init__.py", "modified")],
        ),
        (
            [missing(f"{SITE}/alpha", directory=True), missing(f"{SITE}/alpha/__init__.py")],
            [],
            [(f"file:one/{SITE}/alpha", "missing")],
        ),
        (
            [
                *ALPHA_GONE,
                Difference(path=SITE, kind="mode", expected="0755", actual="0777"),
                Difference(path="", kind="owner", expected="0:0", actual="1:1"),
            ],
            [],
            [("package:one/alpha", "missing"), (f"file:one/{SITE}", "mode"), ("file:one", "owner")],
        ),
        (
            [
                missing("lib", directory=True),
                missing(f"{SITE}/alpha-1.0.dist-info/METADATA"),
                missing(f"{SITE}/beta-1.0.dist-info/METADATA"),
            ],
            [],
            [("package:one/alpha", "missing"), ("package:one/beta", "missing"), ("file:one/lib", "missing")],
        ),
        ([Difference(path="bin/python", kind="link", expected="link to /a", actual="link to /b")], [], [("virtualenv:one", "interpreter")]),
        ([modified("pyvenv.cfg")], [], [("virtualenv:one", "interpreter")]),
    ],
    ids=[
        "clean",
        "gone",
        "by hand",
        "replaced",
        "gone and edited",
        "half gone",
        "gone and opened",
        "all gone",
        "interpreter",
        "configuration",
    ],
)
def test_an_environment_is_explained(
    known: tuple[EnvironmentReceipt, dict[str, LaidReceipt]],
    differences: list[Difference],
    packages: list[ForeignPackage],
    expected: list[tuple[str, str]],
) -> None:
    receipt, laid = known
    found = environment_findings(receipt, laid, differences, packages)
    assert [(finding.subject, finding.kind) for finding in found] == expected
    assert {finding.cause for finding in found} <= {"tampered"}
    assert all(finding.path is None or finding.path.startswith(f"environments/{receipt.id}") for finding in found)
    assert all(finding.remedy for finding in found)


def test_a_foreign_list_of_files_cannot_hide_what_became_of_ours(known: tuple[EnvironmentReceipt, dict[str, LaidReceipt]]) -> None:
    receipt, laid = known
    liar = foreign("liar", "1.0", f"{SITE}/beta/__init__.py", "bin/python", "pyvenv.cfg", f"{SITE}/evil.pth", f"{SITE}/beta/more.py")
    differences = [
        unexpected(f"{SITE}/liar-1.0.dist-info"),
        unexpected(f"{SITE}/evil.pth"),
        modified(f"{SITE}/beta/__init__.py"),
        Difference(path="bin/python", kind="link", expected="link to /a", actual="link to /b"),
        Difference(path=f"{SITE}/beta", kind="mode", expected="0755", actual="0777"),
        missing("pyvenv.cfg"),
    ]
    found = [(finding.subject, finding.kind) for finding in environment_findings(receipt, laid, differences, [liar])]
    assert found == [
        ("package:one/liar", "unexpected"),
        (f"file:one/{SITE}/beta/__init__.py", "modified"),
        ("virtualenv:one", "interpreter"),
        (f"file:one/{SITE}/beta", "mode"),
        ("virtualenv:one", "interpreter"),
    ]


def test_what_a_package_story_covers_is_counted(known: tuple[EnvironmentReceipt, dict[str, LaidReceipt]]) -> None:
    receipt, laid = known
    differences = [unexpected(f"{SITE}/delta-3.0.dist-info"), unexpected(f"{SITE}/delta")]
    (finding,) = environment_findings(receipt, laid, differences, [DELTA])
    assert finding.actual == "3.0, 2 paths differ"
    assert "add it to the lock" in finding.remedy


def test_a_bundle_is_explained_file_by_file() -> None:
    receipt = Host().install(bundle())
    found = bundle_findings(
        receipt, [modified("lib/python3.12/json/__init__.py"), unexpected("bin/evil"), missing("lib/x", directory=True), missing("lib/x/y")]
    )
    assert [(finding.subject, finding.kind, finding.severity, finding.path) for finding in found] == [
        ("file:python/lib/python3.12/json/__init__.py", "modified", "high", f"bundles/{receipt.id}/lib/python3.12/json/__init__.py"),
        ("file:python/bin/evil", "unexpected", "high", f"bundles/{receipt.id}/bin/evil"),
        ("file:python/lib/x", "missing", "medium", f"bundles/{receipt.id}/lib/x"),
    ]


def test_what_is_missing_below_a_missing_directory_is_no_news() -> None:
    differences = [
        missing("a", directory=True),
        missing("a/b", directory=True),
        missing("a/b/c"),
        missing("ab"),
        unexpected("a/x"),
        missing("d/e"),
    ]
    assert [difference.path for difference in without_consequences(differences)] == ["a", "ab", "a/x", "d/e"]
    gone = [missing("", directory=True), missing("site", directory=True), missing("site/x.py")]
    assert [difference.path for difference in without_consequences(gone)] == [""]
    assert shared_finding("0123-4567", gone[0]).path == "laid/0123-4567"


@pytest.mark.parametrize(
    ("kind", "path", "actual", "severity"),
    [
        ("mode", "lib/x.txt", "0777", "high"),
        ("mode", "lib/x.txt", "0775", "high"),
        ("mode", "bin/x", "4755", "high"),
        ("mode", "bin/x", "2755", "high"),
        ("mode", "bin/x", "0600", "medium"),
        ("mode", "bin/x", "Permission denied", "medium"),
        ("modified", "lib/x.py", None, "high"),
        ("unexpected", "lib/x.pth", None, "high"),
        ("modified", "lib/x.so", None, "high"),
        ("modified", "bin/anything", None, "high"),
        ("modified", "lib/x.txt", None, "medium"),
        ("missing", "share/bin/x", None, "medium"),
    ],
)
def test_what_runs_code_or_opens_up_weighs_more(kind: Kind, path: str, actual: str | None, severity: str) -> None:
    assert file_severity(kind, path, actual) == severity


def test_a_finding_is_one_line() -> None:
    finding = Finding(
        subject="bundle:python",
        kind="version",
        severity="medium",
        cause="pending",
        expected="3.12.1+2",
        actual=None,
        path=None,
        remedy="Converge.",
    )
    assert finding.line() == "bundle:python: version (pending), expected 3.12.1+2, found nothing"
    assert list(finding.as_dict()) == ["subject", "kind", "severity", "cause", "expected", "actual", "path", "remedy"]


class TestForeignPackages:
    """Packages that somebody installed by hand are known by their metadata."""

    def test_are_found_with_the_paths_that_they_claim(
        self, known: tuple[EnvironmentReceipt, dict[str, LaidReceipt]], tmp_path: Path
    ) -> None:
        receipt, laid = known
        site = tmp_path / SITE
        for name in ("alpha-1.0.dist-info", "Some_Thing-2.0.dist-info", "bare-1.dist-info", "odd.dist-info", "egg-1.0.egg-info"):
            (site / name).mkdir(parents=True)
        (site / "file-1.dist-info").write_text("no directory")
        (site / "Some_Thing-2.0.dist-info/RECORD").write_text(
            'thing/__init__.py,,\n"a,b.py",,\n../../../bin/thing,,\n../../../../outside,,\n/etc/passwd,,\n\nthing/x.so,,\n'
        )
        (site / "bare-1.dist-info/RECORD").write_bytes(b"\xff\xfe")
        found = {package.dist_info: package for package in find_foreign(tmp_path, receipt, laid)}
        assert {(package.name, package.version) for package in found.values()} == {
            ("some-thing", "2.0"),
            ("bare", "1"),
            ("odd", "unknown"),
            ("file", "1"),
        }
        assert found["Some_Thing-2.0.dist-info"].paths == {
            f"{SITE}/Some_Thing-2.0.dist-info",
            f"{SITE}/thing/__init__.py",
            f"{SITE}/thing/__pycache__",
            f"{SITE}/a,b.py",
            f"{SITE}/__pycache__",
            f"{SITE}/thing/x.so",
            "bin/thing",
        }
        assert found["bare-1.dist-info"].paths == {f"{SITE}/bare-1.dist-info"}

    def test_are_none_where_site_packages_is_gone(self, known: tuple[EnvironmentReceipt, dict[str, LaidReceipt]], tmp_path: Path) -> None:
        assert find_foreign(tmp_path, *known) == []


def test_of_two_wheels_with_one_path_the_later_one_owns_it() -> None:
    host = Host()
    for name in ("alpha-1.0", "beta-1.0"):
        host.unpack(name, bundle(), files={"site/both.py": FileRecord(0o644, len(name), digest(name))})
    receipt = host.build(virtualenv("one", "alpha-1.0", "beta-1.0"), bundle(), "alpha-1.0", "beta-1.0")
    later = host.records.laid[max(receipt.laid)]
    assert receipt.owners(host.records.laid)[f"{SITE}/both.py"] == later.name
    assert receipt.manifest(host.records.laid).files[f"{SITE}/both.py"] == later.files["site/both.py"]
