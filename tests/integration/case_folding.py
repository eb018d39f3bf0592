# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory seen through a file system like macOS's usual one, which does not tell names apart by their case; FUSE mounts it."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = Path(__file__).with_name("case_folding_server.py")


def why_impossible() -> str | None:
    """Return in one line why no such file system can be mounted here; None where it can."""
    if os.geteuid() != 0:
        return "mounting a file system needs root"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "this machine has no /dev/fuse"
    if not ctypes.util.find_library("fuse3"):
        return "libfuse 3 is not installed (Debian: libfuse3-3)"
    if not importlib.util.find_spec("mfusepy"):
        return "the PyPI package mfusepy is not installed"
    return None


@contextmanager
def mounted(directory: Path, point: Path) -> Iterator[None]:
    """Show a directory through the file system."""
    server = subprocess.Popen([sys.executable, str(SERVER), str(directory), str(point)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 120
        while not point.is_mount():
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise RuntimeError(f"the file system was not mounted: {server.communicate()[0].decode()}")
            time.sleep(0.02)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=server.poll() is None)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
