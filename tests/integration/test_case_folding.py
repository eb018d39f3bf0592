# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root on a file system that does not tell upper and lower case apart, as the usual one of macOS."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from case_folding import mounted, why_impossible
from roots import Archive, Declared, Root
from wheelhouse import Wheel, make_wheel

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def point(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a directory on such a file system."""
    reason = why_impossible()
    if reason is not None:
        pytest.skip(f"no file system that folds case: {reason}")
    place = tmp_path_factory.mktemp("folding")
    (place / "kept").mkdir()
    (place / "seen").mkdir()
    with mounted(place / "kept", place / "seen"):
        (place / "seen" / "Probe").touch()
        assert (place / "seen" / "pROBE").exists()
        yield place / "seen"


@pytest.fixture
def root(point: Path, make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, wheels: dict[str, Wheel]) -> Root:
    """Return a converged root."""
    declared = Declared({"python": bundle_archive}, {"web": [wheels["alpha-1.0"], wheels["beta-1.0"]], "tools": [wheels["gamma-1.0"]]})
    made = make_root(point / "Infra-System", declared)
    made.converge(declared)
    return made


def test_a_host_lives_through_everything(root: Root, later_bundle_archive: Archive, wheels: dict[str, Wheel]) -> None:
    assert root.converge()["changed"] is False
    assert root.drift("deep") == []
    before = root.declared
    (root.site("web") / "alpha/__init__.py").write_text("changed\n")
    (root.site("web") / "BETA.py").unlink()
    found = {(Path(finding["path"]).name, finding["kind"], finding["cause"]) for finding in root.drift("deep")}
    assert {("__init__.py", "modified", "tampered"), ("beta.py", "missing", "tampered")} <= found
    root.converge()
    assert root.drift("deep") == []
    root.converge(Declared({"python": later_bundle_archive}, {"web": [wheels["alpha-1.0"], wheels["beta-2.0"]]}))
    assert root.python("-c", "import beta; print(beta.VERSION)", of="web").strip() == "2.0"
    assert not root.generation("activate", "previous").get("failed")
    assert root.python("-c", "import beta; print(beta.VERSION)", of="web").strip() == "1.0"
    root.converge(before)
    assert not root.generation("prune", options={"keep_generations": 1}).get("failed")
    assert root.drift("deep") == []
    assert root.python("-c", "import gamma; print(gamma.__name__)", of="tools").strip() == "gamma"


def test_a_name_that_is_spelled_otherwise_is_found_and_mended(root: Root) -> None:
    module = root.site("web") / "beta.py"
    module.rename(module.with_name("Beta.py"))
    assert module.exists()
    found = {(Path(finding["path"]).name, finding["kind"]) for finding in root.drift("deep") if finding["path"]}
    assert found == {("beta.py", "missing"), ("Beta.py", "unexpected")}
    root.converge()
    assert "beta.py" in [path.name for path in module.parent.iterdir()]
    assert root.drift("deep") == []


def test_names_that_such_a_file_system_cannot_tell_apart_are_refused(root: Root, tmp_path: Path) -> None:
    twins = make_wheel(tmp_path, "twins", files={"twins/Data.txt": "one\n", "twins/data.txt": "two\n"})
    generation = root.current()
    result = root.run("converge", declared=root.declared.but(twins=[twins]))
    assert result["failed"]
    told = "\n".join([result["msg"], *result["errors"]])
    assert "twins/data.txt" in told and "is case-insensitive" in told
    assert root.current() == generation
    assert root.drift("deep") == []


def test_two_wheels_with_such_names_are_refused(root: Root, tmp_path: Path) -> None:
    first, second = (
        make_wheel(tmp_path, name, files={f"shared/{file}": name}) for name, file in (("one", "Data.txt"), ("two", "data.txt"))
    )
    generation = root.current()
    result = root.run("converge", declared=root.declared.but(both=[first, second]))
    assert result["failed"], "two files became one"
    told = "\n".join([result["msg"], *result["errors"]])
    assert "one brings" in told and "shared/Data.txt" in told and "two brings" in told and "shared/data.txt" in told, told
    assert root.current() == generation


def test_a_root_that_is_spelled_otherwise_is_the_same_root(root: Root, make_root: Callable[[Path, Declared], Root]) -> None:
    again = make_root(root.path.with_name("infra-SYSTEM"), root.declared)
    assert again.converge()["changed"] is False
    assert root.drift("deep") == []


@pytest.fixture(scope="module")
def small(point: Path, make_root: Callable[[Path, Declared], Root], good: Archive, wheels: dict[str, Wheel]) -> Root:
    """Return a small converged root for tests that leave it as it was."""
    made = make_root(point / "Small-Root", Declared({"python": good}, {"web": [wheels["alpha-1.0"]]}))
    made.converge()
    return made


def test_what_is_spelled_otherwise_in_a_root_is_the_same_and_is_renamed_back(small: Root) -> None:
    number, web = small.current()["number"], small.environment("web")
    places = [
        f"state/receipts/environments/{web.name}.json",
        f"wheels/{small.declared.bundles['python'].sha256}",
        f"environments/{web.name}",
        f"bundles/{small.bundle().name}",
        next(f"laid/{path.name}" for path in (small.path / "laid").iterdir() if path.name.upper() != path.name),
        "environments",
        "state",
        "current",
        "envs",
    ]
    inodes = {place: (small.path / place).lstat().st_ino for place in places}
    for place in [*places, f"generations/{number}/envs/web"]:
        path = small.path / place
        path.rename(path.with_name("between"))
        path.with_name("between").rename(path.with_name(path.name.upper()))
    found = {(finding["kind"], str(Path(finding["path"]).relative_to(small.path))) for finding in small.drift()}
    assert found == {*(("modified", place) for place in places), ("unexpected", f"generations/{number}/envs/WEB")}
    result = small.converge()
    assert result["generation"] == {"before": number, "after": number}
    for place, inode in inodes.items():
        path = small.path / place
        assert path.name in os.listdir(path.parent)
        assert path.lstat().st_ino == inode or path.is_symlink(), f"{place} was made again"
    assert os.listdir(small.path / f"generations/{number}/envs") == ["web"]
    assert small.drift("deep") == []
    assert small.python("-c", "import alpha; print(alpha.__name__)", of="web").strip() == "alpha"
