# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first bundle is unpacked once: what the host's shell unpacked of it is taken by links, if it is what the archive holds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from roots import Archive, Declared, Root

LIBRARY = "lib/engine-code/digest"


def with_tree(make_root: Callable[[Path, Declared], Root], archive: Archive, *, root: Path, place: Path) -> tuple[Root, Path]:
    """Return an empty root, and the tree that a bootstrap unpacks."""
    made = make_root(root, Declared({"python": archive}))
    root.mkdir(mode=0o755, exist_ok=True)
    tree = place / ".bootstrap-a1b2c3d4" / "tree"
    tree.mkdir(parents=True)
    subprocess.run(["tar", "-xpzf", str(archive.path), "-C", str(tree)], check=True)
    return made, tree


def converged(root: Root, archive: Archive, tree: Path) -> dict[str, Any]:
    """Have the bundle installed with what was unpacked of it, and see that it is whole."""
    result: dict[str, Any] = root.run("converge", unpacked={archive.sha256: str(tree)})
    assert not result.get("failed"), result
    assert root.drift("deep") == []
    assert root.python("-c", "print('runs')").strip() == "runs"
    assert not list((root.path / "bundles").glob(".*"))
    return result


def test_its_files_are_taken(make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, tmp_path: Path) -> None:
    root, tree = with_tree(make_root, bundle_archive, root=tmp_path / "root", place=tmp_path / "root")
    before = {path.relative_to(tree): path.lstat().st_ino for path in tree.rglob("*") if path.is_file() and not path.is_symlink()}
    assert converged(root, bundle_archive, tree)["changed"]
    assert {path: (root.bundle() / path).lstat().st_ino for path in before} == before


def test_one_that_lies_elsewhere_is_not_taken(make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, tmp_path: Path) -> None:
    root, tree = with_tree(make_root, bundle_archive, root=tmp_path / "root", place=tmp_path)
    converged(root, bundle_archive, tree)
    assert (root.bundle() / LIBRARY).stat().st_ino != (tree / LIBRARY).stat().st_ino


def rewritten(tree: Path) -> None:
    (tree / LIBRARY).chmod(0o644)
    content = (tree / LIBRARY).read_bytes()
    times = (tree / LIBRARY).stat()
    (tree / LIBRARY).write_bytes(content[:-1] + b"?")
    os.utime(tree / LIBRARY, ns=(times.st_mtime_ns, times.st_mtime_ns))


def linked_elsewhere(tree: Path) -> None:
    (tree.parent / "elsewhere").write_bytes((tree / LIBRARY).read_bytes())
    (tree / LIBRARY).unlink()
    (tree / LIBRARY).symlink_to("../../../elsewhere")


def a_pipe(tree: Path) -> None:
    (tree / LIBRARY).unlink()
    os.mkfifo(tree / LIBRARY)


@pytest.mark.parametrize(
    "change",
    [
        rewritten,
        linked_elsewhere,
        a_pipe,
        lambda tree: (tree / LIBRARY).unlink(),
        lambda tree: (tree / LIBRARY).chmod(0o600),
        lambda tree: (tree / "lib" / "more.py").write_text("x"),
        lambda tree: (tree / "bundle.json").write_text("{}"),
        lambda tree: (tree / "bundle.json").unlink(),
        lambda tree: os.utime(tree / LIBRARY),
        lambda tree: tree.rename(tree.parent / "gone"),
    ],
    ids=["other bytes", "a link", "a pipe", "a file gone", "a mode", "a file more", "its record", "no record", "a time", "no tree"],
)
def test_one_that_is_not_what_the_archive_holds_is_unpacked_again(
    make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    root, tree = with_tree(make_root, bundle_archive, root=tmp_path / "root", place=tmp_path / "root")
    change(tree)
    converged(root, bundle_archive, tree)
