# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run code as nobody: permissions stop root from nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
as_nobody = pytest.mark.skipif(not ROOT, reason="becomes another user")

_PACKAGE = "ansible_collections.hermetic.python.plugins.module_utils.hermetic"
_LOAD = f"from {_PACKAGE}.fs import atomic as durable\nfrom {_PACKAGE}.errors import BrokenRoot\nfrom {_PACKAGE}.fs.removal import remove_tree\n"
# Loaded while everything can still be read.
_LOAD += f"from {_PACKAGE}.generations import prune\nfrom {_PACKAGE}.model.layout import Layout\n"
_LOAD += f"from {_PACKAGE}.model.receipts import Generation, Records\n"


def unprivileged(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the code as nobody, with ``durable``, ``prune``, ``remove_tree``, ``BrokenRoot``, ``Layout`` and ``Path`` at hand."""
    prelude = (
        f"import os, sys, tempfile; sys.path[:0] = {sys.path!r}\nfrom pathlib import Path\n"
        + _LOAD
        + "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    )
    return subprocess.run([sys.executable, "-c", prelude + code, *arguments], text=True, capture_output=True, check=False)
