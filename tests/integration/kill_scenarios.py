# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes of a root that are cut off, and where: fixtures of the tests and campaigns that end runs in the middle."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_variants import Contents, write
from killing import Scenario, carried_out, request
from roots import Archive, Declared
from wheelhouse import Wheel


@pytest.fixture(scope="module")
def kill_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a directory in memory where there is one: a kill, unlike a power cut, loses nothing that was written."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        directory = Path(tempfile.mkdtemp(prefix="kill-", dir=memory))
        yield directory
        shutil.rmtree(directory)
    else:
        yield tmp_path_factory.mktemp("kill")


@pytest.fixture(scope="module")
def kill_bundles(slim_bundle: Contents, kill_place: Path) -> list[Archive]:
    """Return two releases."""
    version = slim_bundle.info["python"]["version"]  # type: ignore[index]
    return [write(slim_bundle.with_info(release=f"{version}+{number}"), kill_place / f"bundle-{number}.tar") for number in (1, 2)]


@pytest.fixture(scope="module")
def kill_scenarios(kill_bundles: list[Archive], wheels: dict[str, Wheel]) -> dict[str, Scenario]:
    """Return the changes that are cut off."""
    bare = Declared({"python": kill_bundles[0]})
    web = [wheels["alpha-1.0"], wheels["beta-1.0"]]
    one = bare.but(web=web)
    two = one.but(ops=[wheels["beta-1.0"], wheels["gamma-1.0"]])
    later = replace(one.but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]]), bundles={"python": kill_bundles[1]})

    def converged(*states: Declared) -> Callable[[Path], None]:
        def made(root: Path) -> None:
            for state in states:
                carried_out(request(root, "converge", state))

        return made

    def damaged(root: Path) -> None:
        converged(two)(root)
        shared = next(root.glob("laid/*/site/beta.py"))
        shared.write_text("VERSION = 'mine'\n")
        next(root.glob("environments/web-*/bin/alpha")).unlink()
        next(root.glob("bundles/*/lib/python3*/this.py")).write_text("pass\n")
        next(root.glob("bundles/*/lib")).joinpath("stray.py").write_text("\n")
        (root / "generations" / "1" / "envs" / "ops").unlink()
        (root / "generations" / "1" / "envs" / "ops").symlink_to(next(root.glob("environments/ops-*")))

    return {
        "install": Scenario(None, two, prepare=lambda _root: None),
        "build": Scenario(bare, two, prepare=converged(bare)),
        "upgrade": Scenario(one, later, prepare=converged(one), parts={"options": {"keep_generations": 1}}),
        "repair": Scenario(two, two, prepare=damaged, tampered=True),
        "rollback": Scenario(
            two, one, prepare=converged(one, two), command="generation", parts={"generation": {"action": "activate", "number": 1}}
        ),
        "prune": Scenario(
            later,
            later,
            prepare=converged(bare, two, one, later),
            command="generation",
            parts={"generation": {"action": "prune"}, "options": {"keep_generations": 1}},
        ),
    }
