# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine needs inside a bundle beyond the standard library, out of sight of user code."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from packaging.specifiers import SpecifierSet

from ....module_utils.hermetic.errors import InvalidRequest
from ..model.tree import Tree, copy_file

ENGINE = "lib/engine"
PACKAGE = "installer"


def add_engine_files(tree: Tree) -> str | None:
    """Copy the installed ``installer`` distribution into lib/engine with its licence; returns its version.

    A Python that cannot run the engine gets nothing.
    """
    if not tree.python.runs_engine:
        return None
    try:
        installed = distribution(PACKAGE)
    except PackageNotFoundError:
        raise InvalidRequest("the PyPI package installer is missing on the controller; the engine of a bundle needs it") from None
    required = installed.metadata["Requires-Python"]
    if required and not SpecifierSet(required).contains(tree.python.text, prereleases=True):
        raise InvalidRequest(
            f"installer {installed.version} on the controller needs Python {required} and the bundle is {tree.python.text}; "
            "install the version of it that requirements.txt names"
        )
    windows = tree.platform.system == "windows"
    copied = 0
    for file in sorted(installed.files or [], key=str):
        path = PurePosixPath(file.as_posix())
        of_package = path.parts[0] == PACKAGE and path.suffix != ".pyc" and "__pycache__" not in path.parts
        of_metadata = path.parts[0].endswith(".dist-info") and (path.name == "METADATA" or "license" in str(path).lower())
        # The .exe stubs are what commands on Windows are made of.
        if not (of_package or of_metadata) or (path.suffix == ".exe" and not windows):
            continue
        copy_file(Path(str(installed.locate_file(file))), tree.root / ENGINE / path)
        copied += 1
    if not copied:
        raise InvalidRequest("the PyPI package installer is installed on the controller without a list of its files; install it with pip")
    return installed.version
