# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real wheels for systems that this is not, from the index that pip is configured with."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def unpacked_wheel(name: str, directory: Path, *, platform: str) -> Path:
    """Unpack the newest wheel of a package for a platform and Python 3.12, and return the directory; tests skip where there is none."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*command, "--python-version", "3.12", "--platform", platform, "--dest", str(directory), name],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"the index has no wheel for {platform}: {done.stderr.strip()[-200:]}")
    with zipfile.ZipFile(next(directory.glob("*.whl"))) as wheel:
        wheel.extractall(directory)
    return directory
