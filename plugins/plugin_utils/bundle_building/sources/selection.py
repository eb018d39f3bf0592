# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a CPython tree a bundle leaves out."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

# What nothing on a server needs: self-tests, IDEs and Tk; what belongs to the build machine: static libraries and Makefiles.
DIRECTORIES = (
    "test", "tests", "idlelib", "turtledemo", "tkinter", "lib-tk", "__pycache__", "site-packages", "dist-packages", "config", "config-*",
    "idle_test", "__phello__",
)  # fmt: skip
FILES = (
    "*.a", "*.lib", "*.pdb", "turtle.py", "_tkinter*", "nis.*", "_test*.so", "_test*.pyd", "_ctypes_test*", "xxlimited*", "xxsubtype*", "_xxtestfuzz*",
    "sitecustomize.py", "usercustomize.py", "wininst-*.exe", "*.egg-info", "EXTERNALLY-MANAGED", "tcl*.dll", "tk*.dll", "zlib1.dll.manifest",
    "*.debug", ".DS_Store",
)  # fmt: skip
BYTE_CODE = ("*.pyc", "*.pyo")
POSIX_ONLY = ("*.exe",)
TOP_LEVEL_DIRECTORIES = ("ensurepip",)


def is_left_out(path: str, *, include_ensurepip: bool = False, sourceless: bool = False, windows: bool = False) -> bool:
    """Say whether a file or directory of the standard library, named relative to it, stays out of a bundle.

    ``sourceless`` keeps byte code: the embeddable Windows archive holds nothing else.
    """
    parts = PurePosixPath(path).parts
    directories, name = parts[:-1], parts[-1]
    # "config" is a package name that modules deeper down may have as well: only the one at the top is the build's.
    for depth, part in enumerate(parts):
        for pattern in DIRECTORIES:
            if fnmatchcase(part, pattern) and (depth == 0 or not pattern.startswith("config")):
                return depth < len(directories) or "." not in part
    if not include_ensurepip and parts[0] in TOP_LEVEL_DIRECTORIES:
        return True
    patterns: tuple[str, ...] = FILES
    if not sourceless:
        patterns += BYTE_CODE
    if not windows:
        patterns += POSIX_ONLY
    return any(fnmatchcase(name, pattern) for pattern in patterns)
