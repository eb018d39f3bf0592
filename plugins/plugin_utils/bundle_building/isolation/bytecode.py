# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiling every module of a tree so that running it never writes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenInterpreter
from ....module_utils.hermetic.unpack.byte_code import LARGEST_SOURCE
from ..model.interpreter_facts import ask_interpreter
from ..model.tree import Tree

PROGRAM = Path(__file__).with_name("inside") / "compile_tree.py.in"
# Fixed, and not the number of cores: what a process compiled before shows in the references of later byte code.
STRIPES = 4
# How the program ends the lines of sources that it passed over for a bound of ours, and not because they are no Python.
BOUNDED = ("is too long", f"more than {LARGEST_SOURCE} bytes")


@dataclass(frozen=True)
class Compiled:
    """How the byte code came about; ``by`` is None if there is none."""

    by: str | None
    files: int = 0
    skipped: int = 0
    bounded: tuple[str, ...] = ()
    """Sources that could be compiled and are not: too large, or the name of their byte code is too long."""


def compiling_interpreter(tree: Tree, *, runs: bool, wanted: str | None) -> Path | None:
    """Return a Python whose byte code the tree's Python takes: its own where it runs, else one of the same X.Y on this machine."""
    if runs:
        return tree.root / tree.interpreter
    if wanted is not None:
        path = Path(wanted) if "/" in wanted else Path(shutil.which(wanted) or wanted)
        if ask_interpreter(path).version.split(".")[:2] != tree.python.short.split("."):
            raise BrokenInterpreter(f"python_for_bytecode {wanted} is not Python {tree.python.short}; byte code is for one X.Y only")
        return path
    found = shutil.which(tree.command)
    if found is None:
        return None
    try:
        facts = ask_interpreter(Path(found))
    except BrokenInterpreter:
        # A version manager's shim that answers for no version is as good as no interpreter.
        return None
    return Path(found) if facts.version.split(".")[:2] == tree.python.short.split(".") else None


def compile_tree(tree: Tree, *, interpreter: Path) -> Compiled:
    """Compile all sources of the tree; names in the byte code are relative to where modules are imported from."""
    version = ask_interpreter(interpreter).version if interpreter != tree.root / tree.interpreter else tree.python.text
    bases = [tree.root / tree.site_packages, tree.root / "lib" / "engine", tree.stdlib_directory]
    lines = []
    for source in sorted(path for base in bases if base.is_dir() for path in base.rglob("*.py")):
        base = next(base for base in bases if base in source.parents)
        lines.append(f"{source}\t{source.relative_to(base).as_posix()}")
    lines = sorted(set(lines))
    with ThreadPoolExecutor(max_workers=2) as pool:
        outputs = list(pool.map(lambda stripe: _run(interpreter, lines[stripe::STRIPES]), range(STRIPES)))
    skipped = [line for output in outputs for line in output.splitlines()]
    bounded = tuple(sorted(line.partition("\t")[0] for line in skipped if line.endswith(BOUNDED)))
    return Compiled(by=version, files=len(lines) - len(skipped), skipped=len(skipped), bounded=bounded)


def compiled_members(members: Mapping[str, bytes], *, interpreter: Path, work: Path) -> dict[str, bytes]:
    """Return the byte code of modules by the name that a zip has it under, beside its source; all of them must compile."""
    for name, content in members.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    skipped = _run(interpreter, [f"{work / name}\t{name}" for name in members])
    if skipped:
        raise BrokenInterpreter(f"{interpreter.name} cannot compile the engine: {skipped.strip()[-800:]}")
    return {f"{name}c": _byte_code_of(work / name).read_bytes() for name in members}


def _byte_code_of(source: Path) -> Path:
    [found] = (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")
    return found


def _run(interpreter: Path, lines: list[str]) -> str:
    # Sets of constants are written in the order of their hashes: a fixed seed makes it one order. -E would ignore the seed.
    environment = {
        "PYTHONHASHSEED": "0",
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [str(interpreter), "-s", "-S", "-W", "ignore", str(PROGRAM)],
        input="\n".join(lines).encode(), env=environment, cwd="/", capture_output=True, timeout=900, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BrokenInterpreter(f"{interpreter.name} cannot compile the tree: {done.stderr.decode(errors='replace').strip()[-800:]}")
    return done.stdout.decode(errors="replace")
