# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that is mounted over one of an environment is found, although the directory lists the one below it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts import Host
from volumes import mount, unmount

pytestmark = [pytest.mark.root, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux mounts files over files")]


@pytest.fixture
def module(host: Host) -> Iterator[Path]:
    host.converge()
    site = host.site(next(iter(host.declared.virtualenvs)))
    found = min(path for path in site.rglob("*.py") if path.lstat().st_nlink > 1)
    yield found
    unmount(found)


def test_a_file_mounted_over_one_of_an_environment_is_found(host: Host, module: Path, tmp_path: Path) -> None:
    before = module.lstat()
    evil = tmp_path / "evil.py"
    evil.write_bytes(b"#" * before.st_size)
    evil.chmod(0o644)
    os.utime(evil, ns=(before.st_atime_ns, before.st_mtime_ns))
    mount("--bind", str(evil), str(module))
    findings = host.drift("deep")
    assert [(each["kind"], each["cause"]) for each in findings] == [("modified", "tampered")]
    assert findings[0]["subject"].endswith(f"/{module.name}")
    unmount(module)
    assert host.drift("deep") == []
