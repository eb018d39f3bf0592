# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Windows bundle does before ``site``: the ._pth file leaves the user's packages in, and takes a junction for the tree."""

from __future__ import annotations

from ....module_utils.hermetic.errors import BrokenArtifact
from ..model.tree import Tree
from .stdlib_patches import INSIDE

MODULE = "_hermetic_start"
MARK = "# --- hermetic.python: the start"
# What follows ``import site`` is done by site itself: the packages of the bundle, or those of an environment.
PTH_LINES = ("Lib", "DLLs", ".", "import site")


def add_start(tree: Tree) -> None:
    """Make ``encodings``, the first module that any Python reads from its tree, run the start."""
    package = tree.stdlib_directory / "encodings"
    source, compiled = package / "__init__.py", package / "__init__.pyc"
    tail = f"\n\n{MARK}\nfrom . import {MODULE}\n"
    if source.is_file():
        # A bundle can be the source of another one.
        source.write_bytes(source.read_bytes().partition(f"\n\n{MARK}".encode())[0].rstrip() + b"\n" + tail.encode())
    elif compiled.is_file():
        compiled.rename(package / "_upstream.pyc")
        source.write_text((INSIDE / "encodings_sourceless.py.in").read_text() + tail)
    else:
        raise BrokenArtifact(f"{tree.stdlib} holds no encodings package; no Python starts without it")
    (package / f"{MODULE}.py").write_text((INSIDE / "windows_start.py.in").read_text())


def keep_quiet(tree: Tree) -> None:
    """Keep the first modules from leaving byte code in a tree that has none: a file stands where the directory would be made.

    All later ones know by then that they are not to write.
    """
    (tree.stdlib_directory / "encodings" / "__pycache__").write_bytes(b"")
