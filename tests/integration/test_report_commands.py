# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real shell reads the commands of a report as they are meant."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from run_command_samples import commands, inventory_in


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory with an inventory."""
    monkeypatch.chdir(tmp_path)
    return inventory_in(tmp_path)


def test_a_shell_reads_a_command_as_it_was_meant(directory: Path) -> None:
    evil = "$(touch owned) `touch owned`; touch owned #"
    (directory / evil).write_text("x")
    command = commands("-i", evil, "-e", json.dumps({"system_bundle_root": evil}), "hermetic.python.drift")["check"]
    shell = shutil.which("sh") or "/bin/sh"
    tool = directory / "ansible-playbook"
    tool.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    tool.chmod(0o755)
    done = subprocess.run([shell, "-c", command], capture_output=True, text=True, check=True, env={"PATH": f"{directory}:/usr/bin:/bin"})
    assert done.stdout.splitlines() == shlex.split(command)[1:]
    assert not (directory / "owned").exists()
