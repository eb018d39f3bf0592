# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prebuilt wheels in plays: published by the role, taken, copied or done without, and used again for repairs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from play_fleet import SYSTEM, Fleet
from plays import Played
from programs import write_program
from roots import Archive as Bundle
from supply_samples import Served, served


@pytest.fixture(scope="module")
def published(fleet: Fleet, bundle_archive: Bundle) -> Fleet:
    """Return the fleet with the wheels of its locks prebuilt in its repository, by the role."""
    variables = {
        "bundle_repository_path": str(fleet.repository),
        "bundle_repository_locks": [str(fleet.directory / f"{name}-requirements.txt") for name in ("one", "two")],
        "bundle_repository_find_links": [str(fleet.wheels["alpha-1.0"].path.parent)],
        "bundle_repository_prebuilt": True,
    }
    played = fleet.controller.play(play={"roles": ["hermetic.python.bundle_repository"], "vars": variables})
    assert played.code == 0, played.output
    assert len(list((fleet.repository / "prebuilt").glob("*/*.tar.gz"))) == 3
    return fleet


@pytest.fixture
def server(published: Fleet, tmp_path: Path) -> Iterator[Served]:
    """Serve a copy of the repository."""
    shutil.copytree(published.repository, tmp_path / "served")
    with served(tmp_path / "served") as running:
        yield running


def converge(fleet: Fleet, root: Path, *arguments: str, **options: Any) -> Played:
    played = fleet.module("system", *arguments, **fleet.options(root=str(root), **options))
    assert played.code == 0, played.output
    return played


def stored(root: Path) -> list[str]:
    return sorted(path.suffix for path in (root / "wheels").glob("*/*"))


def test_a_host_takes_what_is_prebuilt_and_is_repaired_from_it(published: Fleet, tmp_path: Path) -> None:
    root = tmp_path / "root"
    first = converge(published, root)
    assert stored(root) == [".gz"] * 4 and "warnings" not in first.last
    assert converge(published, root).last["changed"] is False
    for archive in (root / "wheels").glob("*/*-*.tar.gz"):
        if not archive.name.startswith("python-"):
            shutil.rmtree(archive.parent)
    next((root / "laid").glob("*/site/gamma/inner.py")).write_text("VALUE = 2\n")
    repaired = converge(published, root, state="repaired")
    assert {step["action"] for step in repaired.last["plan"]} == {"repair_environment"}
    assert ".whl" not in stored(root)
    # What the repository has prebuilt is known to a controller that never saw the host.
    options = published.options(root=str(root), verify="deep")
    other = published.controller.play([{"hermetic.python.drift": options}], XDG_STATE_HOME=str(tmp_path / "another"))
    assert other.last["findings"] == []
    assert not [tree for tree in other.last["vouched"]["unknown"] if tree.startswith("laid/")]


def test_archives_are_copied_where_the_host_cannot_reach_them_also_for_a_task_in_the_background(
    published: Fleet, tmp_path: Path, server: Served
) -> None:
    root = tmp_path / "root"
    hosts = {"here": {"ansible_python_interpreter": sys.executable}}
    options = published.options(root=str(root), repository=server.url, transfer="push")
    played = published.controller.play([{SYSTEM: options, "async": 120, "poll": 1}], hosts=hosts)
    assert played.code == 0, played.output
    assert stored(root) == [".gz"] * 4
    assert not [path for path, _authorization in server.asked if path.endswith(".whl")]


def test_an_archive_with_other_bytes_is_named_and_the_wheel_is_compiled(published: Fleet, tmp_path: Path, server: Served) -> None:
    lying = sorted((tmp_path / "served" / "prebuilt").glob("*/*.tar.gz"))
    lying[0].write_bytes(b"x" * lying[0].stat().st_size)
    lying[1].unlink()
    root = tmp_path / "root"
    played = converge(published, root, repository=server.url)
    assert stored(root) == [".gz", ".gz", ".whl", ".whl"]
    assert len([warning for warning in played.last["warnings"] if "is compiled on this host" in warning]) == 2
    drift = published.module("drift", **published.options(root=str(root), verify="deep", repository=server.url))
    assert drift.last["findings"] == []


def test_where_the_controller_cannot_get_an_archive_either_the_wheel_is_copied(published: Fleet, tmp_path: Path, server: Served) -> None:
    for archive in (tmp_path / "served" / "prebuilt").glob("*/*.tar.gz"):
        archive.unlink()
    root = tmp_path / "root"
    options = published.options(root=str(root), repository=server.url, transfer="push")
    played = published.controller.play([{SYSTEM: options}], XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert played.code == 0, played.output
    assert stored(root) == [".gz", ".whl", ".whl", ".whl"]
    assert len([warning for warning in played.last["warnings"] if "in place of what is prebuilt" in warning]) == 3


def test_one_environment_takes_them_by_the_bundle_that_the_host_has(published: Fleet, tmp_path: Path) -> None:
    root = tmp_path / "root"
    converge(published, root, virtualenvs=[])
    options = {key: published.options(root=str(root))[key] for key in ("root", "repository", "find_links")}
    played = published.module("virtualenv", name="one", lock=str(published.directory / "one-requirements.txt"), **options)
    assert played.code == 0, played.output
    assert stored(root) == [".gz"] * 3


def test_the_environment_of_a_script_takes_what_is_prebuilt(published: Fleet, tmp_path: Path, server: Served) -> None:
    root = tmp_path / "root"
    converge(published, root, virtualenvs=[])
    body = "import alpha; print(alpha.VERSION)\n"
    program = write_program(tmp_path / "work", [published.wheels["alpha-1.0"]], body=body, addresses=False)
    options: dict[str, Any] = {"path": str(program), "root": str(root), "repository": server.url, "allow_unsigned": True}
    played = published.module("script", **options, environment={"VPYTHON_VIRTUALENV_ROOT": str(tmp_path / "first")})
    assert played.code == 0, played.output
    assert (played.last["stdout"], played.last["environment_made"]) == ("1.0", True)
    fetched = [path for path, _authorization in server.asked if path.endswith((".whl", ".tar.gz"))]
    assert [Path(path).parts[1] for path in fetched] == ["prebuilt"], fetched
    # One that is damaged is done without.
    for archive in (tmp_path / "served" / "prebuilt").glob("*/*.tar.gz"):
        archive.write_bytes(b"damaged")
    again = published.module("script", **options, environment={"VPYTHON_VIRTUALENV_ROOT": str(tmp_path / "second")})
    assert again.code == 0, again.output
    assert (again.last["stdout"], again.last["environment_made"]) == ("1.0", True)
