# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the programs of a macOS tree find their libraries wherever it lies, start on the promised system, and are signed as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ....module_utils.hermetic.errors import BrokenArtifact
from ..model.host import version_key
from ..model.tree import Tree
from .mach_o import MachO, is_mach_o, read_mach_o

# Of every macOS, in its cache of libraries.
OF_THE_SYSTEM = ("/usr/lib/", "/System/Library/")
RELATIVE = ("@executable_path/", "@loader_path/", "@rpath/")


def check_programs(tree: Tree, *, minimum: str) -> None:
    """Raise with every program or library of the tree that would not work on a Mac."""
    machine = tree.platform.name.partition("-")[2]
    problems: list[str] = []
    for path in tree.files():
        if not is_mach_o(path):
            continue
        inside = path.relative_to(tree.root).as_posix()
        programs = {program.machine: program for program in read_mach_o(path)}
        if machine not in programs:
            problems.append(f"{inside} is for {', '.join(sorted(programs))}, not for {machine}")
            continue
        problems += [f"{inside} {problem}" for problem in _problems(programs[machine], inside, tree.root, minimum)]
    if problems:
        raise BrokenArtifact("the source holds programs that would not work on every Mac", sorted(problems))


def _problems(program: MachO, inside: str, root: Path, minimum: str) -> Iterator[str]:
    for library in program.needed:
        if not library.startswith((*OF_THE_SYSTEM, *RELATIVE)):
            yield f"needs {library}, which is a place of the machine that built it"
        elif library.startswith(RELATIVE) and not any(place.is_file() for place in _places(library, program, inside, root)):
            yield f"needs {library}, which the tree does not hold"
    for place in program.search:
        if place.startswith("/"):
            yield f"looks for libraries in {place}, which is a place of the machine that built it"
    if program.minimum is not None and version_key(program.minimum) > version_key(minimum):
        yield f"needs macOS {program.minimum}, and the bundle is to run on {minimum}"
    if program.signature is None:
        if program.machine == "arm64":
            yield "has no code signature, and no Mac with an Apple processor starts it"
    elif program.signature.broken_pages:
        yield "was changed after it was signed: its code signature does not fit"


def _places(library: str, program: MachO, inside: str, root: Path) -> Iterator[Path]:
    directory = PurePosixPath(inside).parent
    kind, _slash, rest = library.partition("/")
    # The interpreter is what is executed, whichever module asks.
    bases = {"@loader_path": [str(directory)], "@executable_path": ["libexec", "bin"]}
    if kind == "@rpath":
        for place in program.search:
            yield from _places(f"{place.rstrip('/')}/{rest}", program, inside, root) if place.startswith("@") else ()
        # The paths of whoever loads it hold as well: those of the interpreter are all that a bundle has.
        yield root / "lib" / rest
        return
    for base in bases.get(kind, ()):
        yield root / base / rest
