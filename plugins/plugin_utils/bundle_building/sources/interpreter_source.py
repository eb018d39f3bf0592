# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the tree of a bundle from an interpreter that is installed on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ....module_utils.hermetic.errors import InvalidRequest
from ...platforms import platform_named
from ..binaries.shared_libraries import library_closure
from ..model.host import host_platform
from ..model.interpreter_facts import InterpreterFacts, ask_interpreter
from ..model.request import BuildRequest
from ..model.tree import PythonVersion, Tree, copy_file
from .selection import is_left_out


def platform_of_interpreter(request: BuildRequest) -> str:
    """Return this machine's platform, the only one that an installed interpreter can be bundled for."""
    here = host_platform()
    if request.platform not in (None, here):
        raise InvalidRequest(
            f"an interpreter of this machine makes a bundle for {here}, not for {request.platform}; name an archive instead"
        )
    if not here.startswith("linux-"):
        raise InvalidRequest(f"an installed interpreter can be bundled on Linux only and this machine is {here}; name an archive instead")
    return here


def stdlib_files(facts: InterpreterFacts, *, include_ensurepip: bool) -> dict[str, Path]:
    """Return the files of the standard library that a bundle takes, by their path in it."""
    found: dict[str, Path] = {}
    places = [(facts.stdlib, "")]
    # Debian and others keep extension modules elsewhere.
    if facts.dynload is not None and facts.stdlib not in facts.dynload.parents:
        places.append((facts.dynload, "lib-dynload/"))
    for place, below in places:
        for directory, names, files in os.walk(place):
            inside = below + ("" if directory == str(place) else f"{Path(directory).relative_to(place).as_posix()}/")
            # Links to directories are not followed: none belongs to a standard library.
            names[:] = sorted(name for name in names if not is_left_out(f"{inside}{name}", include_ensurepip=include_ensurepip))
            for name in files:
                path = Path(directory, name)
                if path.is_file() and not is_left_out(f"{inside}{name}", include_ensurepip=include_ensurepip):
                    found[f"{inside}{name}"] = path.resolve()
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class InterpreterPlan:
    """What is taken from where: a bundle's files by their path in it."""

    facts: InterpreterFacts
    files: dict[str, Path]


def plan_interpreter(interpreter: Path, *, request: BuildRequest) -> InterpreterPlan:
    """Find everything that a bundle of an installed interpreter consists of, shared libraries included; copies nothing."""
    facts = ask_interpreter(interpreter)
    short = PythonVersion(facts.version).short
    files = {f"libexec/python{short}": facts.executable}
    for inside, path in stdlib_files(facts, include_ensurepip=request.include_ensurepip).items():
        files[f"lib/python{short}/{inside}"] = path
    for name, path in library_closure(list(files.values())).items():
        files[f"lib/{name}"] = path
    if request.include_headers and facts.include and facts.include.is_dir():
        for header in sorted(facts.include.rglob("*.h")):
            files[f"include/python{short}/{header.relative_to(facts.include).as_posix()}"] = header
    return InterpreterPlan(facts=facts, files=dict(sorted(files.items())))


def take_interpreter(root: Path, *, plan: InterpreterPlan, request: BuildRequest) -> Tree:
    """Copy what was planned into ``root``, which is the layout of a bundle then."""
    facts = plan.facts
    python = PythonVersion(facts.version)
    for inside, path in plan.files.items():
        copy_file(path, root / inside)
    (root / "libexec" / f"python{python.short}").chmod(0o755)
    return Tree(
        root=root,
        platform=platform_named(platform_of_interpreter(request)),
        python=python,
        abi=facts.abi,
        stdlib=f"lib/python{python.short}",
        interpreter=f"libexec/python{python.short}",
        source_paths=tuple(sorted({str(facts.prefix), os.path.realpath(facts.prefix), *facts.paths})),
        build_paths=tuple(path for path in facts.builds if not path.startswith(str(facts.prefix))),
        site_directory=facts.site_directory,
    )
