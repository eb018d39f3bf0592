# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bundle.json: what a bundle is and every file that it holds."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import BrokenArtifact
from ....module_utils.hermetic.model.bundle_json import RUNNER
from ....module_utils.hermetic.model.byte_code import FACT, of_sample, samples_of
from ....module_utils.hermetic.model.confinement import CONFINED, missing_landmarks
from ...net.local_file import sha256_of
from ...platforms import Platform
from ..model.request import BuildRequest
from ..model.tree import Tree
from .packages import Package

FILE = "bundle.json"


def set_modes(root: Path) -> None:
    """Give every directory and executable 0755 and every other file 0644, whatever the umask was."""
    for directory, names, files in os.walk(root):
        Path(directory).chmod(0o755)
        for name in files:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o111 else 0o644)
        names.sort()


def list_files(root: Path) -> dict[str, dict[str, Any]]:
    """Return the manifest of a tree: every entry but bundle.json, by path."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root).as_posix()
        if inside == FILE:
            continue
        if path.is_symlink():
            found[inside] = {"type": "link", "target": os.readlink(path)}
        elif path.is_dir():
            found[inside] = {"type": "directory", "mode": f"{path.stat().st_mode & 0o777:04o}"}
        else:
            state = path.stat()
            found[inside] = {"type": "file", "mode": f"{state.st_mode & 0o777:04o}", "size": state.st_size, "sha256": sha256_of(path)}
    return found


def commands(tree: Tree) -> dict[str, str]:
    """Return what a user may call the interpreter, and the file that each name means."""
    if tree.platform.system == "windows":
        names = {"python": "python.exe", "python3": "python3.exe", "pythonw": "pythonw.exe", RUNNER: f"{RUNNER}.exe"}
        return {name: f"bin/{file}" for name, file in names.items() if (tree.root / "bin" / file).exists()}
    major = tree.python.numbers[0]
    found = dict.fromkeys(("python", f"python{major}", tree.command), tree.executable)
    return {**found, RUNNER: f"bin/{RUNNER}"} if (tree.root / "bin" / RUNNER).exists() else found


def byte_code(tree: Tree) -> dict[str, str] | None:
    """Return what byte code the tree's Python reads, as its own shows; None where the tree has none."""
    inside = [path.relative_to(tree.root).as_posix() for path in tree.stdlib_directory.rglob("*.pyc")]
    for path in samples_of(inside, stdlib=tree.stdlib):
        with (tree.root / path).open("rb") as stream:
            found = of_sample(path, stream.read(4), engine=tree.python.runs_engine, version=tree.python.text)
        if found is not None:
            return found.as_fact()
    return None


def describe(
    tree: Tree, *, request: BuildRequest, hermetic: str, libc_minimum: str | None, packages: Sequence[Package], source: dict[str, Any],
    tools: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Return bundle.json; the manifest is taken from the finished tree."""
    described = {
        "format": 1,
        "name": request.name,
        "release": request.release,
        "platform": tree.platform.name,
        "python": {
            "version": tree.python.text,
            "implementation": "cpython",
            "tag": tree.python.tag,
            "abi": tree.abi,
            "executable": tree.executable,
            "stdlib": tree.stdlib,
            "site_packages": tree.site_packages,
            "commands": commands(tree),
            FACT: byte_code(tree),
        },
        "libc": describe_libc(tree.platform, minimum=libc_minimum),
        "macos": {"minimum": request.macos_minimum} if tree.platform.system == "macos" else None,
        "hermetic": hermetic,
        "engine": tree.python.runs_engine,
        "packages": [{"name": package.name, "version": package.version, "sha256": package.sha256} for package in packages],
        "source": source,
        **tools,
        "files": list_files(tree.root),
    }
    if missing := missing_landmarks(described):
        raise BrokenArtifact("the interpreter of the bundle would look for its parts in the directories above it: the tree lacks", missing)
    return {**described, CONFINED: True}


def describe_libc(platform: Platform, *, minimum: str | None) -> dict[str, Any] | None:
    """Return the C library that a bundle needs, None where the system has only one."""
    return {"family": platform.libc, "minimum": minimum} if platform.libc else None


def write_description(root: Path, info: dict[str, Any]) -> None:
    """Write bundle.json, in one spelling."""
    (root / FILE).write_text(json.dumps(info, indent=1, sort_keys=True, ensure_ascii=True) + "\n")
    (root / FILE).chmod(0o644)
