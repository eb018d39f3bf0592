# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small tree, its manifest, and the differences that a look finds."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree import Inspection
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree_status import file_owner
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import Manifest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import FILE_TIME_NS

SLEEP = shutil.which("sleep") or "/bin/sleep"
CONTENT = {"a.py": b"a = 1\n", "pkg/b.py": b"b = 2\n", "pkg/sub/c.txt": b"c\n"}


def make_tree(place: Path) -> Path:
    """Write the files with the modes and times of an installed tree, and a link."""
    for path, data in CONTENT.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(0o644)
        os.utime(target, ns=(FILE_TIME_NS, FILE_TIME_NS))
    for directory in (place, place / "pkg", place / "pkg/sub"):
        directory.chmod(0o755)
    (place / "link").symlink_to("a.py")
    return place


def make_manifest() -> Manifest:
    """Return what describes that tree."""
    made = Manifest(links={"link": "a.py"})
    for path, data in CONTENT.items():
        made.add_file(path, mode=0o644, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    return made


def differences(tree: Path, manifest: Manifest, times: dict[str, list[int]] | None = None, *, deep: bool = False) -> set[tuple[str, str]]:
    inspection = Inspection(tree, manifest, owner=file_owner(), reads=deep)
    inspection.all_by_stat(times or {}, list_all=deep)
    if deep:
        read = {path: (tree / path).read_bytes() for path in inspection.inodes}
        inspection.contents({inspection.inodes[path]: hashlib.sha256(data).hexdigest() for path, data in read.items()})
    return {(difference.path, difference.kind) for difference in inspection.differences}


def trees_with_a_program(place: Path) -> list[Path]:
    """Make three trees, two of them with names of which one begins with the other, each with a program ``bin/tool`` that can sleep."""
    trees = [place / name for name in ("python-1-aaaa", "python-1-aaaab", "other")]
    for tree in trees:
        (tree / "bin").mkdir(parents=True)
        shutil.copy(SLEEP, tree / "bin" / "tool")
    return trees


def replaced(path: Path, data: bytes) -> None:
    """Put another file in the place of one, which a shared file does not notice."""
    path.with_name("beside").write_bytes(data)
    path.with_name("beside").rename(path)


def unnoticed(path: Path) -> None:
    """Change the content of a file, and nothing that a stat tells of it but the time of change."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
