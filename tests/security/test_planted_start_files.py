# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody plants what an interpreter runs at its start, and waits for root to look at the host."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.known_manifests import KnownManifests
from play_fleet import SYSTEM, Fleet
from roots import Archive
from wheelhouse import Wheel


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, bundle_archive: Archive, wheels: dict[str, Wheel]) -> Fleet:
    made = Fleet(tmp_path_factory.mktemp("planted"), [bundle_archive], wheels)
    done = made.controller.play([{SYSTEM: made.options()}])
    assert done.code == 0, done.output
    return made


@pytest.fixture
def library(fleet: Fleet) -> Path:
    """Return the directory of the standard library of the bundle."""
    (bundle,) = (fleet.root / "bundles").iterdir()
    return next((bundle / "lib").glob("python3.*"))


def marking(marker: Path) -> str:
    return f"import io; io.open({str(marker)!r}, 'w').close()\n"


@pytest.mark.parametrize("verify", ["quick", "deep"])
def test_what_site_would_run_does_not_run_and_is_reported(fleet: Fleet, library: Path, tmp_path: Path, verify: str) -> None:
    marker = tmp_path / "ran"
    site = library / "site-packages"
    site.mkdir(exist_ok=True)
    planted = ["site-packages/evil.pth", "site-packages/sitecustomize.py", "site-packages/usercustomize.py", "sitecustomize.py"]
    for name in planted:
        (library / name).write_text(marking(marker))
    looks: list[dict[str, Any]] = [
        {"hermetic.python.drift": fleet.options(verify=verify)},
        {"hermetic.python.drift": {"root": str(fleet.root), "verify": verify}},
    ]
    others: list[dict[str, Any]] = [
        {"hermetic.python.system_info": {"root": str(fleet.root)}},
        {SYSTEM: fleet.options(verify=verify), "check_mode": True},
        {SYSTEM: fleet.options(verify=verify)},
        {"hermetic.python.drift": fleet.options(verify="deep")},
    ]
    done = fleet.controller.play([*looks, *others])
    assert done.code == 0, done.output
    assert not marker.exists()
    for each in done.results[: len(looks)]:
        told = {finding["path"] for finding in each["result"]["findings"]}
        if verify == "deep" and each is done.results[1]:
            # Nothing is declared that another interpreter could come from, so that the controller itself tells.
            assert told == {str(library.parents[1])}
        else:
            assert all(any(str(library / name).startswith(path) for path in told) for name in planted), told
        assert {finding["cause"] for finding in each["result"]["findings"]} == {"tampered"}
    assert done.last["findings"] == []


def hide(library: Path, marker: Path) -> None:
    """Change what every start imports before anything else, unseen by stat, and take its byte code away so that the source is used."""
    path = library / "encodings" / "__init__.py"
    status, data = path.stat(), path.read_bytes()
    end = data.index(b'"""', 3) + 3
    # Neither io nor open is there so early in a start; the system call is.
    code = f"import posix; posix.close(posix.open({str(marker)!r}, 65))\n".encode()
    assert len(code) < end, "the docstring of the module is long enough"
    path.write_bytes(code + b"#" * (end - len(code)) + data[end:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    for compiled in (library / "encodings" / "__pycache__").glob("__init__.cpython-*.pyc"):
        compiled.unlink()
    subprocess.run([str(library.parents[1] / "bin/python3"), "-I", "-S", "-c", ""], check=True)
    assert marker.exists(), "what is planted works"
    marker.unlink()


def test_a_changed_standard_library_is_not_started_by_deep_verification(fleet: Fleet, library: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    hide(library, marker)
    look = {"hermetic.python.drift": fleet.options(verify="deep")}
    done = fleet.controller.play([look, {SYSTEM: fleet.options(verify="deep")}, look])
    assert done.code == 0, done.output
    assert not marker.exists()
    found, clean = done.results[0]["result"], done.last
    assert "so it was not started" in " ".join(done.output.split())
    assert f"file:python/{(library / 'encodings/__init__.py').relative_to(library.parents[1])}" in {
        each["subject"] for each in found["findings"]
    }
    assert found["vouched"] == {"known": found["vouched"]["known"], "unknown": [], "interpreter": True}
    assert (clean["findings"], clean["vouched"]["unknown"], clean["vouched"]["interpreter"]) == ([], [], True)


def test_without_anything_to_start_instead_the_finding_is_the_controllers_own(fleet: Fleet, library: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    hide(library, marker)
    look = {"hermetic.python.drift": {"root": str(fleet.root), "verify": "deep"}}
    done = fleet.controller.play([look, {SYSTEM: fleet.options(verify="deep")}])
    assert done.code == 0, done.output
    assert not marker.exists()
    (finding,) = done.results[0]["result"]["findings"]
    assert (finding["subject"], finding["kind"], finding["cause"]) == ("bundle:python", "modified", "tampered")
    assert "encodings" in finding["actual"]


def test_drift_says_when_it_could_not_compare(fleet: Fleet, tmp_path: Path) -> None:
    known = fleet.module("drift", **fleet.options(verify="deep")).last
    assert known["vouched"]["unknown"] == []
    assert "controller" not in known["msg"]
    elsewhere = fleet.controller.play(
        [{"hermetic.python.drift": {"root": str(fleet.root), "verify": "deep"}}], XDG_STATE_HOME=str(tmp_path / "state")
    ).last
    assert elsewhere["findings"] == []
    assert len(elsewhere["vouched"]["unknown"]) == known["vouched"]["known"]
    assert f"{known['vouched']['known']} records of the host could not be compared" in elsewhere["msg"]
    assert KnownManifests.at(fleet.controller.directory / "state/hermetic.python").path.stat().st_mode & 0o777 == 0o600
