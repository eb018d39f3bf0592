# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run changes for whoever uses the stable paths."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import TAMPERED, Finding
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Bundle, Declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.changes import Changes, between, of_plan, relinked
from host_samples import ONE, PYTHON, SYSTEM, TWO, Host, bundle, host_as_declared, virtualenv

NEWER = bundle(release="3.12.2+1", default=True)


def changes_of(host: Host, declaration: Declaration, **observed: object) -> Changes:
    observation = host.observation(**observed)  # type: ignore[arg-type]
    return of_plan(host.plan(declaration, **observed), observation, file_name=lambda sha256: host.filenames[sha256])


def test_nothing_changes_on_a_host_that_is_as_declared() -> None:
    assert changes_of(host_as_declared(), SYSTEM) == Changes()


def test_a_moved_lock_names_the_packages_that_differ() -> None:
    moved = virtualenv("one", "alpha-1.0", "beta-2.0")
    found = changes_of(host_as_declared(), replace(SYSTEM, virtualenvs=(moved, TWO)))
    assert found.bundles == {}
    assert list(found.virtualenvs) == ["one"]
    assert found.virtualenvs["one"] == {
        "change": "replaced",
        "before": ONE.id(PYTHON),
        "after": moved.id(PYTHON),
        "bundle": {"before": "3.12.1+1", "after": "3.12.1+1"},
        "packages": {"beta": {"before": "1.0", "after": "2.0"}},
    }


def test_a_new_release_changes_every_environment_on_it() -> None:
    found = changes_of(host_as_declared(), replace(SYSTEM, bundles=(NEWER,)))
    assert found.bundles == {"python": {"change": "replaced", "before": "3.12.1+1", "after": "3.12.2+1", "packages": {}}}
    assert {name: (each["change"], each["bundle"]["after"], each["packages"]) for name, each in found.virtualenvs.items()} == {
        "one": ("replaced", "3.12.2+1", {}),
        "two": ("replaced", "3.12.2+1", {}),
    }


def test_what_is_added_and_removed_has_one_side() -> None:
    found = changes_of(host_as_declared(), replace(SYSTEM, virtualenvs=(ONE, virtualenv("three", "gamma-1.0"))))
    assert (found.virtualenvs["two"]["change"], found.virtualenvs["two"]["after"]) == ("removed", None)
    assert (found.virtualenvs["three"]["change"], found.virtualenvs["three"]["before"]) == ("added", None)
    assert found.virtualenvs["three"]["packages"] == {"gamma": {"before": None, "after": "1.0"}}
    assert "package:three/gamma 1.0" in found.lines("after")
    assert not [line for line in found.lines("before") if "three" in line]


def test_a_repaired_bundle_is_a_change_for_all_that_runs_on_it() -> None:
    found = changes_of(host_as_declared(), SYSTEM, broken={"bundles": {PYTHON.id}})
    assert found.bundles["python"]["change"] == "reinstalled"
    assert {each["change"] for each in found.virtualenvs.values()} == {"reinstalled"}


def test_another_default_bundle_changes_bin_python() -> None:
    host = host_as_declared()
    other = bundle("other", "3.13.0+1")
    host.install(other)
    before = host.switch([PYTHON, other], [host.records.environments[ONE.id(PYTHON)]])
    after = replace(before, default="other")
    assert between(before, after, host.records).bundles == {
        "other": {"change": "default", "before": "3.13.0+1", "after": "3.13.0+1", "packages": {}}
    }


def packaged(host: Host, each: Bundle, **packages: str) -> None:
    """Let the receipt of an installed bundle have packages."""
    receipt = host.records.bundles[each.id]
    listed = [{"name": name, "version": version, "sha256": "0" * 64} for name, version in packages.items()]
    host.records.bundles[each.id] = replace(receipt, info={**receipt.info, "packages": listed})


def test_a_new_release_names_the_packages_of_the_bundle_that_differ() -> None:
    host = host_as_declared()
    packaged(host, PYTHON, Pip_Tools="7.0", wheel="0.44", six="1.17")
    moved = replace(NEWER, packages={"pip-tools": "7.1", "wheel": "0.44", "rich": "14.0"})
    found = changes_of(host, replace(SYSTEM, bundles=(moved,)))
    assert found.bundles["python"]["packages"] == {
        "pip-tools": {"before": "7.0", "after": "7.1"},
        "rich": {"before": None, "after": "14.0"},
        "six": {"before": "1.17", "after": None},
    }
    assert "bundle:python/six 1.17" in found.lines("before") and "bundle:python/rich 14.0" in found.lines("after")
    # Installed, its own receipt says it, whatever an index has.
    host.install(NEWER)
    packaged(host, NEWER, six="1.17", wheel="0.44", pip_tools="7.2")
    there = changes_of(host, replace(SYSTEM, bundles=(moved,)))
    assert there.bundles["python"]["packages"] == {"pip-tools": {"before": "7.0", "after": "7.2"}}


def test_a_bundle_that_is_added_removed_or_reinstalled_has_its_packages_on_the_right_side() -> None:
    host = host_as_declared()
    packaged(host, PYTHON, six="1.17")
    before = host.observation().current
    six: dict[str, object] = {"six": {"before": "1.17", "after": None}}
    assert between(before, None, host.records).bundles["python"]["packages"] == six
    assert between(None, before, host.records).bundles["python"]["packages"] == {"six": {"before": None, "after": "1.17"}}
    assert changes_of(host, SYSTEM, broken={"bundles": {PYTHON.id}}).bundles["python"]["packages"] == {}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("current", {"bundle:python", "virtualenv:one", "virtualenv:two"}),
        ("envs", {"bundle:python", "virtualenv:one", "virtualenv:two"}),
        ("generations/1/envs/two", {"virtualenv:two"}),
        ("generations/1/envs", {"virtualenv:one", "virtualenv:two"}),
        ("generations/1/bin/python3", {"bundle:python"}),
        ("state/engine", set()),
    ],
)
def test_a_link_that_is_restored_changes_what_it_leads_to(path: str, wanted: set[str]) -> None:
    current = host_as_declared().observation().current
    finding = Finding(
        subject="generation",
        kind="link",
        severity="high",
        cause=TAMPERED,
        expected="a link",
        actual="another",
        path=path,
        remedy="Converge.",
    )
    assert relinked(current, [finding]) == wanted
    assert relinked(current, [replace(finding, kind="unexpected")]) == set()
