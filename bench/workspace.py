# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one directory in which a run makes everything, and the environment variables that keep its commands there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

_ANSIBLE = """\
[defaults]
collections_path = {collections}
inventory = {base}/inventory.ini
local_tmp = {base}/tmp
remote_tmp = {base}/tmp
interpreter_python = auto_silent
gathering = explicit
forks = 5
nocolor = true
host_key_checking = false
retry_files_enabled = false
"""
_INVENTORY = "bench ansible_connection=local\n"
_STEERING = ("ANSIBLE_", "PIP_", "PYTHON", "UV_", "VIRTUAL_ENV", "CONDA_")


@dataclass
class Workspace:
    """Never used twice: in many file systems, ext4 for one, making files soon after many were deleted is several times slower."""

    base: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.base / "tmp").mkdir()
        (self.base / "ansible.cfg").write_text(_ANSIBLE.format(collections=PROJECT / ".collections", base=self.base))
        (self.base / "inventory.ini").write_text(_INVENTORY)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
        self.environment = {
            **kept,
            "ANSIBLE_CONFIG": str(self.base / "ansible.cfg"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # Nothing that is timed may depend on a network.
            "PIP_NO_INDEX": "1",
            "UV_CACHE_DIR": str(self.base / "uv-cache"),
            "UV_NO_CONFIG": "1",
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CACHE_HOME": str(self.base / "cache"),
            "XDG_STATE_HOME": str(self.base / "state"),
            "TMPDIR": str(self.base / "tmp"),
            "LC_ALL": "C.UTF-8",
        }

    def directory(self, *parts: str | int) -> Path:
        """Return a directory of this run; it is made if it is not there."""
        path = self.base.joinpath(*map(str, parts))
        path.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, text: str) -> Path:
        """Write a file of this run and return its path."""
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


@contextmanager
def workspace(parent: Path, *, keep: bool) -> Iterator[Workspace]:
    """Give a directory for one run, and remove it at the end, not earlier."""
    parent.mkdir(parents=True, exist_ok=True)
    base = Path(tempfile.mkdtemp(prefix="run-", dir=parent)).resolve()
    try:
        yield Workspace(base)
    finally:
        if not keep:
            shutil.rmtree(base)
