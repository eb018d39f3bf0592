# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing trees as a user whom permissions stop."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from unprivileged import as_nobody, unprivileged


@as_nobody
def test_directories_without_permissions_are_removed_by_their_owner() -> None:
    code = """
base = Path(tempfile.mkdtemp()); tree = base / "tree"
(tree / "locked" / "deep").mkdir(parents=True); (tree / "locked" / "file").write_text("")
(tree / "none").mkdir(); (tree / "none" / "x").write_text("")
os.chmod(tree / "locked", 0o555); os.chmod(tree / "none", 0); os.chmod(tree, 0o555)
remove_tree(tree)
print(tree.exists()); base.rmdir()
"""
    done = unprivileged(code)
    assert (done.stdout.strip(), done.stderr) == ("False", "")


@as_nobody
def test_what_cannot_be_removed_is_named_and_the_rest_is_gone() -> None:
    base = Path(subprocess.run(["mktemp", "-d", "/tmp/durable-XXXXXX"], text=True, capture_output=True, check=True).stdout.strip())
    try:
        tree = base / "tree"
        (tree / "foreign").mkdir(parents=True)
        (tree / "foreign" / "stays").write_text("")
        (tree / "mine").write_text("")
        os.chmod(base, 0o755)
        os.chown(tree, 65534, 65534)
        done = unprivileged("try: remove_tree(Path(sys.argv[1]))\nexcept BrokenRoot as error: print(error)", str(tree))
        assert "foreign/stays" in done.stdout, done.stderr
        assert "could not be removed completely" in done.stdout
        assert not (tree / "mine").exists()
        assert (tree / "foreign" / "stays").exists()
    finally:
        shutil.rmtree(base)
