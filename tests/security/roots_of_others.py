# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root that another user gets at, with the engine on an interpreter outside of it; put back after each test."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from roots import Archive, Declared, Engine, Root

EVE = 65534


@pytest.fixture(scope="module")
def exposed_once(
    tmp_path_factory: pytest.TempPathFactory, make_root: Callable[[Path, Declared], Root], declared: Declared, good: Archive
) -> Root:
    """Return a root in use, with a copy of it beside; its bundle is packed as published ones are."""
    place = tmp_path_factory.mktemp("others")
    packed = place / "good.tar.gz"
    packed.write_bytes(gzip.compress(good.path.read_bytes(), 1))
    archive = dataclasses.replace(good, path=packed, sha256=hashlib.sha256(packed.read_bytes()).hexdigest())
    root = make_root(place / "above" / "root", dataclasses.replace(declared, bundles={"python": archive}))
    root.converge()
    subprocess.run(["cp", "-a", str(root.path), str(place / "copy")], check=True)
    return root


@pytest.fixture
def exposed(exposed_once: Root) -> Iterator[Root]:
    """Return the root, which is put back from its copy afterwards; installing it again would take longer than all that is tested."""
    yield dataclasses.replace(exposed_once)
    os.chown(exposed_once.path.parent, 0, 0)
    if exposed_once.path.exists():
        shutil.rmtree(exposed_once.path)
    subprocess.run(["cp", "-a", str(exposed_once.path.parent.parent / "copy"), str(exposed_once.path)], check=True)


@pytest.fixture
def outside(engine: Engine) -> Engine:
    """Return the engine on an interpreter outside of the root."""

    class Outside(Engine):
        def interpreter(self, root: Path) -> Path:
            return self.bootstrap

    return Outside(engine.archive, bootstrap=engine.bootstrap)


@pytest.fixture
def judged(exposed: Root, outside: Engine) -> Root:
    """Return the root, worked on from outside."""
    exposed.engine = outside
    return exposed
