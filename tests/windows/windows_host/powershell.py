# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerShell for the test hosts, unpacked once into the state directory."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from .settings import Impossible


def unpacked(source: Path, state: Path, *, executable: str = "pwsh.exe") -> Path:
    """Return the directory below the state that holds what the archive or directory holds; it is made at the first call."""
    decisive = (source / executable if source.is_dir() else source).stat()
    mark = f"{source}|{decisive.st_size}|{decisive.st_mtime_ns}"
    target = state / "powershell" / hashlib.sha256(mark.encode()).hexdigest()[:16]
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        if source.is_dir():
            shutil.copytree(source, beside, dirs_exist_ok=True)
        elif source.suffix == ".zip":
            shutil.unpack_archive(source, beside)
        else:
            shutil.unpack_archive(source, beside, filter="tar")
        program = beside / executable
        if not program.is_file():
            raise Impossible(f"{source} holds no {executable}")
        program.chmod(0o755)
        # Hosts start Windows PowerShell by this name; the program finds its library by its own content.
        other = beside / "powershell.exe"
        if executable.endswith(".exe") and not other.exists():
            shutil.copy2(program, other)
        beside.chmod(0o755)
        try:
            beside.rename(target)
        except OSError:
            if not os.path.isdir(target):
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target
