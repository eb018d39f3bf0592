# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of hosts behind real sshds; everything is skipped, with the reason, where no host can be made."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.build import build
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import BuildRequest, InterpreterSource
from fleet import Fleet
from machines import podman
from wheelhouse import make_sample_wheels


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs hosts where there can be none."""
    reason = podman.why_not()
    for item in items if reason else ():
        item.add_marker(pytest.mark.skip(reason=str(reason)))


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Fleet]:
    """Return twenty fresh hosts, which go with the session."""
    version = ".".join(map(str, sys.version_info[:3]))
    request = BuildRequest(
        name="python",
        release=f"{version}+1",
        source=InterpreterSource(path=Path(sys.executable)),
        destination=Path(pytestconfig.cache.mkdir("hermetic-bundles")),
        packages=[],
    )
    directory = tmp_path_factory.mktemp("fleet")
    made = Fleet(directory, build(request).archive, make_sample_wheels(directory / "wheels"))
    try:
        made.up()
        yield made
    finally:
        made.down()
