# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of a bundle for Windows: everything below bin/, isolated by a ._pth file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ....module_utils.hermetic.errors import BrokenArtifact
from ...platforms import Platform
from ..isolation.windows_start import PTH_LINES
from ..model.request import BuildRequest
from ..model.tree import PythonVersion, Tree, copy_file
from .selection import is_left_out
from .unpacking import unpack
from .upstream_version import version_of

BESIDE_PYTHON = re.compile(r"(python(w|3|[0-9]{2,3})?\.(exe|dll)|vcruntime[0-9_]*\.dll|LICENSE(\.txt)?|python\.cat)\Z", re.IGNORECASE)
_ZIP = re.compile(r"python[0-9]{2,3}\.zip\Z")
_DLL = re.compile(r"python([0-9])([0-9]{1,2})\.dll\Z", re.IGNORECASE)


def find_windows_python(unpacked: Path) -> Path | None:
    """Return the directory of the one CPython for Windows below a directory, full or embeddable; None if there is none."""
    found = [
        path.parent
        for path in unpacked.rglob("python.exe")
        if (path.parent / "Lib" / "os.py").is_file() or any(_ZIP.match(other.name) for other in path.parent.iterdir())
    ]
    return min(found, key=lambda path: len(path.parts), default=None)


def take_windows(root: Path, *, source: Path, platform: Platform, request: BuildRequest) -> Tree:
    """Write a CPython for Windows in full layout; the embeddable archive's zip of modules becomes Lib/."""
    dlls = sorted((int(match[1]), int(match[2]), path) for path in source.iterdir() if (match := _DLL.match(path.name)))
    if not dlls:
        raise BrokenArtifact("the archive holds a python.exe and no pythonXY.dll")
    major, minor, library = dlls[0]
    python = PythonVersion(version_of(source, short=f"{major}.{minor}", binaries=[library]))
    zipped = next((path for path in sorted(source.iterdir()) if _ZIP.match(path.name)), None)
    sourceless = zipped is not None and not (source / "Lib" / "os.py").is_file()
    tree = Tree(
        root=root, platform=platform, python=python, abi=f"{python.tag}m" if python.numbers < (3, 8) else python.tag, stdlib="bin/Lib",
        interpreter="bin/python.exe", sourceless=sourceless,
    )  # fmt: skip
    base = root / "bin"
    _take_modules(source / "Lib", tree=tree, request=request)
    if sourceless and zipped is not None:
        modules = root.parent / "modules"
        unpack(zipped, modules)
        _take_modules(modules, tree=tree, request=request)
        shutil.rmtree(modules)
    for path in sorted(source.iterdir()):
        if not path.is_file():
            continue
        if BESIDE_PYTHON.match(path.name):
            copy_file(path, base / path.name)
        elif path.suffix in (".pyd", ".dll") and not is_left_out(path.name, windows=True):
            copy_file(path, base / "DLLs" / path.name)
    if (source / "DLLs").is_dir():
        for path in sorted((source / "DLLs").iterdir()):
            if path.is_file() and path.suffix in (".pyd", ".dll") and not is_left_out(path.name, windows=True):
                copy_file(path, base / "DLLs" / path.name)
    if request.include_headers and (source / "include").is_dir():
        for header in sorted((source / "include").rglob("*.h")):
            copy_file(header, base / "include" / header.relative_to(source / "include"))
    copy_file(base / "python.exe", base / "python3.exe")
    for program in ("python.exe", "python3.exe", "pythonw.exe"):
        if (base / program).exists():
            (base / program).chmod(0o755)
    (base / f"python{major}{minor}._pth").write_text("".join(f"{line}\n" for line in PTH_LINES))
    (root / tree.site_packages).mkdir(parents=True, exist_ok=True)
    return tree


def _take_modules(source: Path, *, tree: Tree, request: BuildRequest) -> None:
    if not source.is_dir():
        return
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source).as_posix()
        left_out = is_left_out(inside, include_ensurepip=request.include_ensurepip, sourceless=tree.sourceless, windows=True)
        if path.is_file() and not left_out:
            copy_file(path, tree.stdlib_directory / inside)
