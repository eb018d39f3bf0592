# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts say where each part of a wheel lies in an environment."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import EnvironmentReceipt
from host_samples import Host, bundle, digest, virtualenv


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("site/a/b.py", "lib/python3.12/site-packages/a/b.py"),
        ("headers/x/y.h", "include/site/python3.12/alpha/x/y.h"),
        ("scripts/run", "bin/run"),
        ("data/share/man/x.1", "share/man/x.1"),
    ],
)
def test_every_part_of_a_wheel_has_its_place(path: str, target: str) -> None:
    host = Host()
    receipt: EnvironmentReceipt = host.build(virtualenv("one", "alpha-1.0"), bundle(), "alpha-1.0")
    assert receipt.target(next(iter(host.records.laid.values())), path) == target


def test_the_environment_wins_over_its_wheels() -> None:
    host = Host()
    host.unpack("alpha-1.0", bundle(), files={"data/pyvenv.cfg": FileRecord(0o644, 9, digest("evil"))})
    receipt = host.build(virtualenv("one", "alpha-1.0"), bundle(), "alpha-1.0")
    assert receipt.manifest(host.records.laid).files["pyvenv.cfg"] == receipt.own_files["pyvenv.cfg"]
