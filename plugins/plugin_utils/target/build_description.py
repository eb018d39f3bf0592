# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools of a job need to know of its Python, as a document with a format number (docs/JOBS.md). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from .declared_state import with_single_problem

FORMAT = 1


def build_description(info: Mapping[str, Any], virtualenvs: Sequence[str], *, platform: str, document: str) -> dict[str, Any]:
    """Return the document about a root, of which ``info`` is what system_info reports.

    ``virtualenvs`` are the names in the order of their directories in PATH, ``document`` is the path that the document itself is to have.
    Raises HermeticError where a part is not installed.
    """
    windows = platform.startswith("windows-")
    root = (PureWindowsPath if windows else PurePosixPath)(info["root"])
    generation = info["in_force"] or {"default": None, "bundles": {}}
    trees = {each["id"]: each for each in info["bundles"]}
    bundles = {name: trees[tree] for name, tree in sorted(generation["bundles"].items()) if tree in trees}
    installed = {each["name"]: each for each in info["virtualenvs"]}
    problems = [f"the VirtualEnv '{name}' is not installed" for name in virtualenvs if name not in installed]
    default = generation["default"]
    if default not in bundles:
        problems.append("no default bundle is installed")
    if problems:
        raise HermeticError(
            with_single_problem(f"{root} does not hold the Python of this job. Run the role with build_python_state present.", problems),
            problems,
        )
    names = {tree: name for name, tree in generation["bundles"].items()}
    environments = {name: _environment(root, installed[name], names, windows=windows) for name in virtualenvs}
    python = str(root / "bin" / ("python.exe" if windows else "python"))
    path = [*(each["bin"] for each in environments.values()), str(root / "bin")]
    return {
        "format": FORMAT,
        "root": str(root),
        "platform": platform,
        "python": {"executable": python, "bundle": default, **_identity(bundles[default])},
        "bundles": {name: {**_identity(each), "prefix": each["path"]} for name, each in bundles.items()},
        "virtualenvs": environments,
        "path": path,
        "variables": {
            "HERMETIC_BUILD_JSON": document,
            "HERMETIC_BUILD_PATH": (";" if windows else ":").join(path),
            "HERMETIC_BUILD_PYTHON": python,
            "HERMETIC_BUILD_ROOT": str(root),
        },
    }


def _identity(bundle: Mapping[str, Any]) -> dict[str, str]:
    return {"version": bundle["python"]["version"], "release": bundle["release"], "sha256": bundle["sha256"]}


def _environment(root: PurePath, environment: Mapping[str, Any], names: Mapping[str, str], *, windows: bool) -> dict[str, str]:
    prefix = root / "envs" / environment["name"]
    scripts = prefix / ("Scripts" if windows else "bin")
    return {
        "prefix": str(prefix),
        "python": str(scripts / ("python.exe" if windows else "python")),
        "bin": str(scripts),
        "bundle": names.get(environment["bundle"], environment["bundle"]),
        "tree": environment["tree"],
    }
