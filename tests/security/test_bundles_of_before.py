# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed bundles whose Python looks into the directories above them are told from the others, and what is planted there is found."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_variants import Change, Contents, write
from hosts import Host
from roots import Archive, Declared, Engine, Root
from wheelhouse import Wheel


def _zip_of(contents: Contents) -> str:
    assert contents.info is not None
    return "lib/python{}{}.zip".format(*contents.info["python"]["version"].split(".")[:2])


def _without_zip(contents: Contents) -> Contents:
    """Return the bundle as it was built before: without the file, and without the claim."""
    assert contents.info is not None
    name = _zip_of(contents)
    info = {key: value for key, value in contents.info.items() if key != "confined"}
    files = {path: record for path, record in info["files"].items() if path != name}
    return Contents({**info, "files": files}, [(entry, data) for entry, data in contents.entries if entry.name != name])


def _searches(archive: Archive) -> bool:
    return tuple(map(int, archive.python["version"].split(".")[:2])) >= (3, 11)


@pytest.fixture(scope="module", autouse=True)
def _only_where_it_searches(bundle_archive: Archive) -> None:
    if not _searches(bundle_archive):
        pytest.skip("this Python does not look for a zip above its bundle")


@pytest.fixture
def before(slim_bundle: Contents, tmp_path: Path) -> Archive:
    """Return a bundle that was built before its Python was kept from looking above it."""
    return write(_without_zip(slim_bundle), tmp_path / "before.tar")


@pytest.fixture
def root(make_root: Callable[[Path, Declared], Root], before: Archive, tmp_path: Path) -> Root:
    """Return a host with such a bundle."""
    made = make_root(tmp_path / "above" / "root", Declared({"python": before}))
    made.converge()
    return made


def test_a_bundle_of_before_works_is_reported_and_replaced(root: Root, good: Archive, slim_bundle: Contents) -> None:
    again = root.converge()
    assert not again["changed"]
    for findings in (again["findings"], root.drift("quick"), root.drift("deep")):
        [finding] = findings
        assert (finding["subject"], finding["kind"], finding["cause"], finding["severity"]) == (
            "bundle:python",
            "stale",
            "pending",
            "medium",
        )
        assert _zip_of(slim_bundle) in finding["actual"]
        assert "bundle_build" in finding["remedy"]
    root.converge(Declared({"python": good}))
    assert root.drift("deep") == []
    assert root.python("-c", "import sys; print(sys.prefix)").strip() == str(root.bundle())


def test_what_was_planted_above_a_bundle_of_before_is_found(root: Root, slim_bundle: Contents, tmp_path: Path) -> None:
    """A planted home that works: its own zip, and the true standard library behind it, so that nobody notices."""
    version = ".".join(str(root.declared.bundles["python"].python["version"]).split(".")[:2])
    above = tmp_path / "above"
    (above / "lib").mkdir()
    (above / "lib" / f"python{version}").symlink_to(root.bundle() / "lib" / f"python{version}")
    with zipfile.ZipFile(above / _zip_of(slim_bundle), "w") as planted:
        planted.writestr("sitecustomize.py", "")
    findings = {(each["kind"], each["cause"]): each for each in root.drift("quick")}
    assert set(findings) == {("stale", "pending"), ("interpreter", "tampered")}
    assert str(above) in findings["interpreter", "tampered"]["actual"]
    assert findings["interpreter", "tampered"]["severity"] == "high"


def test_a_bundle_of_before_is_not_installed_below_what_was_planted(
    make_root: Callable[[Path, Declared], Root], engine: Engine, before: Archive, slim_bundle: Contents, tmp_path: Path
) -> None:
    version = ".".join(str(before.python["version"]).split(".")[:2])
    above = tmp_path / "above"
    (above / "lib").mkdir(parents=True)
    stdlib = engine.bootstrap.parents[1] / "lib" / f"python{version}"
    (above / "lib" / f"python{version}").symlink_to(stdlib)
    with zipfile.ZipFile(above / _zip_of(slim_bundle), "w") as planted:
        planted.writestr("sitecustomize.py", "")
    result = make_root(above / "root", Declared({"python": before})).run("converge")
    assert result["failed"] and not result["changed"]
    assert "outside of its own tree" in result["msg"]
    assert list((above / "root" / "bundles").iterdir()) == []


def test_a_host_can_go_back_to_a_bundle_of_before(
    make_root: Callable[[Path, Declared], Root], before: Archive, good: Archive, wheels: dict[str, Wheel], tmp_path: Path
) -> None:
    """While the new one is the default, the Python of the old one finds its landmarks in ``lib`` of the root: that is ours, and passes."""
    web = {"web": [wheels["alpha-1.0"]]}
    root = make_root(tmp_path / "root", Declared({"python": good}, web))
    root.converge()
    root.converge(Declared({"python": before}, web))
    for of in (None, "web"):
        assert root.python("-c", "import sys; print(sys.base_prefix)", of=of).strip() == str(root.bundle())
    assert {each["kind"] for each in root.drift("deep")} == {"stale"}
    root.converge(Declared({"python": good}, web))
    assert root.drift("deep") == []


def test_an_archive_that_claims_what_it_lacks_is_refused(host: Host, with_bundle: Callable[[Change], Declared]) -> None:
    def claimed(contents: Contents) -> Contents:
        return _without_zip(contents).with_info(confined=True)

    host.refuses("looks for its parts in its own tree only", "lib/python3", declared=with_bundle(claimed))


@pytest.mark.parametrize("verify", ["quick", "deep"])
def test_a_landmark_that_was_removed_or_replaced_is_found_and_repaired(
    make_root: Callable[[Path, Declared], Root], good: Archive, slim_bundle: Contents, tmp_path: Path, verify: str
) -> None:
    root = make_root(tmp_path / "root", Declared({"python": good}))
    root.converge()
    landmark = root.bundle() / _zip_of(slim_bundle)
    landmark.unlink()
    [finding] = root.drift(verify)
    assert (finding["kind"], finding["severity"], finding["cause"]) == ("missing", "high", "tampered")
    with zipfile.ZipFile(landmark, "w") as planted:
        planted.writestr("sitecustomize.py", "")
    [finding] = root.drift(verify)
    assert (finding["kind"], finding["severity"]) == ("modified", "high")
    root.converge(options={"verify": verify})
    assert root.drift("deep") == []
    assert not zipfile.is_zipfile(landmark)


@pytest.mark.parametrize("name", ["pyvenv.cfg", "bin/pyvenv.cfg"])
def test_what_would_lead_the_interpreter_away_from_inside_is_found(
    make_root: Callable[[Path, Declared], Root], engine: Engine, good: Archive, tmp_path: Path, name: str
) -> None:
    root = make_root(tmp_path / "root", Declared({"python": good}))
    root.converge()
    (root.bundle() / name).write_text("home = /nowhere\n")
    # The engine that verifies is started from elsewhere: this one would not find its own standard library.
    root.engine = Engine(engine.archive, bootstrap=engine.bootstrap)
    findings = [each for each in root.drift("quick") if each["kind"] == "unexpected"]
    assert [each["severity"] for each in findings] == ["high"]
    root.converge()
    assert root.drift("deep") == []
