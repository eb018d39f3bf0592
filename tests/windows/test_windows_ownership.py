# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots that another user owns on Windows, and processes that end with the engine. Wine's users are those of this machine."""

from __future__ import annotations

import os
import time

import pytest
from engine_hosts import WindowsRoot, equip
from roots import Archive, Declared
from windows_host import WindowsHost

EVE = 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes files of a second user")


@pytest.fixture(scope="module")
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive]) -> WindowsRoot:
    """Return a root in use."""
    made = WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), Declared({"python": slim_windows_bundles[0]}))
    made.converge()
    return made


def test_a_root_of_another_user_is_neither_run_nor_written(root: WindowsRoot) -> None:
    os.chown(root.path, EVE, EVE)
    try:
        before = sorted(str(path) for path in root.path.rglob("*"))
        for command in ("drift", "converge", "info"):
            result = root.answer(root.request(command), python=root.bootstrap)
            assert result["failed"] and "may change its access list at any time" in result["msg"], result
            assert "icacls" in result["msg"]
        assert sorted(str(path) for path in root.path.rglob("*")) == before
    finally:
        os.chown(root.path, 0, 0)
    assert root.drift() == []


def test_a_directory_above_that_another_user_owns_is_named(root: WindowsRoot) -> None:
    above = root.host.path("C:\\above")
    above.mkdir()
    os.chown(above, EVE, EVE)
    there = WindowsRoot(root.host, root.bootstrap, root.declared, root="C:\\above\\root")
    result = there.refuses("C:\\above: it is owned by", "unsafe_parent: true")
    assert len(result["errors"]) == 1
    assert not there.path.exists()
    os.chown(above, 0, 0)
    above.chmod(0o777)
    there.refuses("C:\\above: its access list lets")
    there.converge(options={"unsafe_parent": True})


def test_a_part_of_the_root_that_was_opened_is_named_and_closed(root: WindowsRoot) -> None:
    (root.path / "state" / "receipts").chmod(0o777)
    found = root.drift()
    assert [(finding["kind"], finding["path"]) for finding in found] == [("mode", f"{root.root}\\state\\receipts")]
    assert root.converge()["changed"]
    # Wine shows the rights of the administrators as those of the group.
    assert (root.path / "state" / "receipts").stat().st_mode & 0o002 == 0
    assert root.drift() == []


def test_processes_of_the_engine_end_with_it(root: WindowsRoot) -> None:
    mark = "hermetic-job-test"
    code = (
        "import sys, subprocess; sys.path.insert(0, 'C:\\\\engine\\\\engine.zip')\n"
        "from hermetic.windows.job import end_children_with_this_process\n"
        "assert end_children_with_this_process()\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(120)', '{mark}'])\n"
        "print('started', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = root.host.popen([root.bootstrap, "-I", "-c", code])
    assert process.stdout is not None and process.stdout.readline().strip() == b"started", process.communicate()
    assert root.host.processes("sleep(120)", mark)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 60
    while (left := root.host.processes("sleep(120)", mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == {}


def test_an_engine_that_ends_by_itself_says_how(root: WindowsRoot) -> None:
    code = "import sys; sys.path.insert(0, 'C:\\\\engine\\\\engine.zip')\nfrom hermetic.windows.job import *\nend_children_with_this_process()\nsys.exit(7)"
    assert root.host.run([root.bootstrap, "-I", "-c", code]).code == 7
