# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine needs inside a bundle beyond the standard library, out of sight of user code: installer, and packaging where it reads locks."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from packaging.specifiers import SpecifierSet

from ....module_utils.hermetic.errors import InvalidRequest
from ..model.tree import Tree, copy_file

ENGINE = "lib/engine"
INSTALLER, PACKAGING = "installer", "packaging"
# Some releases have compiled modules beside their sources, for the Python of the controller alone.
_COMPILED = (".pyc", ".so", ".pyd")


def add_engine_files(tree: Tree, *, has_launcher: bool) -> dict[str, str | None]:
    """Add what the engine needs, and return the versions by name; a Python that cannot run the engine gets nothing."""
    added: dict[str, str | None] = {INSTALLER: _add(tree, INSTALLER) if tree.python.runs_engine else None}
    if has_launcher and tree.python.makes_environments:
        added[PACKAGING] = _add(tree, PACKAGING)
    return added


def _add(tree: Tree, package: str) -> str:
    """Copy an installed distribution into lib/engine with its licence; returns its version."""
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        raise InvalidRequest(f"the PyPI package {package} is missing on the controller; the engine of a bundle needs it") from None
    required = installed.metadata["Requires-Python"]
    if required and not SpecifierSet(required).contains(tree.python.text, prereleases=True):
        raise InvalidRequest(
            f"{package} {installed.version} on the controller needs Python {required} and the bundle is {tree.python.text}; "
            "install the version of it that requirements.txt names"
        )
    windows = tree.platform.system == "windows"
    copied = 0
    for file in sorted(installed.files or [], key=str):
        path = PurePosixPath(file.as_posix())
        of_package = path.parts[0] == package and path.suffix not in _COMPILED and "__pycache__" not in path.parts
        of_metadata = path.parts[0].endswith(".dist-info") and (path.name == "METADATA" or "license" in str(path).lower())
        # The .exe stubs are what commands on Windows are made of.
        if not (of_package or of_metadata) or (path.suffix == ".exe" and not windows):
            continue
        copy_file(Path(str(installed.locate_file(file))), tree.root / ENGINE / path)
        copied += 1
    if not copied:
        raise InvalidRequest(f"the PyPI package {package} is installed on the controller without a list of its files; install it with pip")
    return installed.version
