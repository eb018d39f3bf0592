# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts that declare packages, and their locks, for tests that run none of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.lock_place import lock_path


def block(*requirements: str, python: str | None = None) -> str:
    """Return a specification in TOML."""
    stated = f"requires-python = {json.dumps(python)}\n" if python else ""
    return f"{stated}dependencies = {json.dumps(list(requirements))}\n"


def script(path: Path, *requirements: str, python: str | None = None) -> Path:
    """Write a script with a block of PEP 723."""
    lines = "".join(f"# {line}\n" for line in block(*requirements, python=python).splitlines())
    path.write_text(f"# /// script\n{lines}# ///\nprint()\n")
    return path


def locked(path: Path, text: str, wheels: Mapping[str, str] | None = None) -> Path:
    """Write the lock beside a file whose specification has this text: wheels by file name, each with its digest."""
    lines = ['lock-version = "1.0"', 'created-by = "tests"']
    for filename, sha256 in (wheels or {}).items():
        name, version = filename.split("-")[:2]
        lines += ["[[packages]]", f'name = "{name}"', f'version = "{version}"', "[[packages.wheels]]", f'name = "{filename}"']
        lines += [f'url = "https://wheels.example/{filename}"', "[packages.wheels.hashes]", f'sha256 = "{sha256}"']
    lines += [] if wheels else ["packages = []"]
    lines += ["[tool.hermetic]", "format = 1", f'specification = "sha256:{hashlib.sha256(text.encode()).hexdigest()}"']
    lock = lock_path(path)
    lock.write_text("\n".join(lines) + "\n")
    return lock
