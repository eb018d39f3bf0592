# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real process runs from is not pruned."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations.prune import (
    remove_leftovers,
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes as on Linux")
def test_a_leftover_that_a_process_runs_from_stays(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, cwd=tree):
        remove_leftovers([tree])
        assert tree.exists()
    remove_leftovers([tree])
    assert not tree.exists()
