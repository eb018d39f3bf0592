# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the fixed package set for the target platform, without running anything of the target."""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ....module_utils.hermetic.errors import BrokenArtifact, UnsafeArchive
from ....module_utils.hermetic.install import windows_environment
from ....module_utils.hermetic.install.environment import Places, record_with_scripts
from ....module_utils.hermetic.model.manifest import FileRecord
from ....module_utils.hermetic.text.grammar import has_drive
from ....module_utils.hermetic.unpack.scripts import Launchers, own_scripts
from ....module_utils.hermetic.unpack.wheel import unpack_wheel
from ....module_utils.hermetic.unpack.wheel_contents import HostRules
from ...net.local_file import sha256_of
from ...platforms import Target
from ..model.request import Wheel
from ..model.tree import Tree

# sh finds its own directory through any chain of links, Python sees a string.
TRAMPOLINE = """#!/bin/sh
''':'
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=$(dirname "$self")/$target ;; esac
done
exec "$(dirname "$self")/@COMMAND@"@OPTIONS@ "$0" "$@"
'''
"""
ENTRY = """import sys

from {module} import {import_name}

if __name__ == "__main__":
    sys.exit({function}())
"""
WINDOWS_INTERPRETERS = {"console": "<launcher_dir>\\..\\python.exe", "gui": "<launcher_dir>\\..\\pythonw.exe"}


@dataclass(frozen=True)
class Package:
    """One installed package, as bundle.json names it."""

    name: str
    version: str
    sha256: str


class Trampolines:
    """Commands that find the interpreter beside them, wherever the tree lies."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def command(self, name: str, module: str, attribute: str, section: str) -> tuple[str, bytes]:
        """Return file name and content of the script of an entry point."""
        del section
        entry = ENTRY.format(module=module, import_name=attribute.split(".")[0], function=attribute)
        return name, (trampoline(self._tree) + entry).encode()

    def first_line(self, flags: Sequence[str], *, gui: bool) -> bytes:
        """Return the lines that take the place of the first one of a script."""
        del gui
        return trampoline(self._tree, options=" ".join(map(shlex.quote, flags))).encode()


class WindowsTrampolines:
    """Programs that start the interpreter in the directory above them."""

    def __init__(self, tree: Tree) -> None:
        self._platform = tree.platform.name

    def command(self, name: str, module: str, attribute: str, section: str) -> tuple[str, bytes]:
        """Return file name and content of the program of an entry point."""
        return windows_environment.command(name, module, attribute, section, platform=self._platform, interpreters=WINDOWS_INTERPRETERS)

    def first_line(self, flags: Sequence[str], *, gui: bool) -> bytes:
        """Return the first line of a script, for those who start it by its ending."""
        return " ".join([f"#!{WINDOWS_INTERPRETERS['gui' if gui else 'console']}", *flags]).encode() + b"\r\n"


def trampoline(tree: Tree, *, options: str = "") -> str:
    """Return the first lines of a command: sh starts the interpreter beside it, with the options of the original first line."""
    return TRAMPOLINE.replace("@COMMAND@", tree.command).replace("@OPTIONS@", f" {options.strip()}" if options.strip() else "")


def install_packages(
    tree: Tree, wheels: Iterable[Wheel], *, scripts: bool, unpack_limit: int = 0, warnings: list[str] | None = None
) -> list[Package]:
    """Check and install wheels into the tree's site-packages; every wheel that is none of this bundle's is named before the first is installed."""
    # Which system the bundle needs follows from its wheels, among other things.
    accepted = frozenset(Target.of_any_system(tree.platform, version=tree.python.text, abi=tree.abi).tags)
    known = {wheel: _identify(wheel, tree=tree, accepted=accepted) for wheel in wheels}
    problems = [found for found in known.values() if isinstance(found, str)]
    named = [(found.name, wheel) for wheel, found in known.items() if isinstance(found, Package)]
    packages = sorted(named, key=lambda pair: (pair[0], pair[1].path.name))
    names = [name for name, _wheel in packages]
    problems += [
        f"{name} is there {names.count(name)} times; a Python holds one version of a package"
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    if problems:
        raise BrokenArtifact("the fixed packages of the bundle cannot be installed", problems)
    failed: list[str] = []
    for _name, wheel in packages:
        try:
            found = _install(tree, wheel, scripts=scripts, unpack_limit=unpack_limit)
        except (BrokenArtifact, UnsafeArchive) as error:
            failed += [f"{error.message}{''.join(f' {problem};' for problem in error.problems)}"]
        else:
            if warnings is not None:
                warnings += found
    if failed:
        raise BrokenArtifact("the fixed packages of the bundle cannot be installed", failed)
    return sorted((found for found in known.values() if isinstance(found, Package)), key=lambda package: package.name)


def _identify(wheel: Wheel, *, tree: Tree, accepted: Set[Tag]) -> Package | str:
    found = sha256_of(wheel.path)
    if found != wheel.sha256:
        return f"{wheel.path.name} has SHA-256 {found}, expected {wheel.sha256}"
    try:
        name, version, _build, tags = parse_wheel_filename(wheel.path.name)
    except InvalidWheelFilename as error:
        return f"{wheel.path.name} is no wheel file name: {error}"
    if accepted.isdisjoint(tags):
        return f"{wheel.path.name} is not for {tree.platform.name} with {tree.python.tag} ({tree.abi})"
    return Package(name=str(canonicalize_name(name)), version=str(version), sha256=wheel.sha256)


def places_in(tree: Tree) -> tuple[Path, Places]:
    """Return the directory that packages see as their prefix, and the places of their parts in it."""
    windows = tree.platform.system == "windows"
    base = "bin/" if windows else ""
    places = Places(
        python=tree.executable[len(base) :],
        site_packages=tree.site_packages[len(base) :],
        headers="include/packages",
        scripts="Scripts" if windows else "bin",
    )
    return tree.root / base, places


def _install(tree: Tree, wheel: Wheel, *, scripts: bool, unpack_limit: int) -> list[str]:
    """Unpack a wheel as the engine does and move its parts to their places in the bundle; returns warnings."""
    base, places = places_in(tree)
    rules = HostRules(windows=tree.platform.system == "windows", fold_case=tree.platform.system != "linux")
    launchers: Launchers = WindowsTrampolines(tree) if rules.windows else Trampolines(tree)
    with tempfile.TemporaryDirectory(prefix=".wheel-", dir=tree.root.parent) as directory:
        unpacked = Path(directory)
        unpacked_wheel = unpack_wheel(wheel.path, unpacked, compiles=False, unpack_limit=unpack_limit, rules=rules)
        name, files = str(canonicalize_name(unpacked_wheel["name"])), unpacked_wheel["files"]
        made: dict[str, bytes] = {}
        if scripts:
            made = own_scripts(
                files, unpacked_wheel["entry_points"], unpacked, filename=wheel.path.name, version=tree.python.text, launchers=launchers
            )
        else:
            files = {path: record for path, record in files.items() if not path.startswith("scripts/")}
        record = unpacked / "site" / unpacked_wheel["dist_info"] / "RECORD"
        record.write_bytes(record_with_scripts(record.read_text(encoding="utf-8"), files, name=name, where=places, scripts=made))
        into = {"site": places.site_packages, "data": "", "headers": f"{places.headers}/{name}", "scripts": places.scripts}
        targets: dict[str, Path | bytes] = {f"{places.scripts}/{script}": data for script, data in made.items()}
        for path in files:
            part, _slash, rest = path.partition("/")
            if part != "scripts" or rest not in made:
                targets[f"{into[part]}/{rest}".lstrip("/")] = unpacked / path
        problems = list(_collisions(tree, base, targets))
        if problems:
            raise BrokenArtifact(
                f"{wheel.path.name} brings files that another package or the Python of the bundle has already, with other content. "
                "Leave one of the packages out, or put it into a VirtualEnv.",
                problems,
            )
        _put(base, targets, files=unpacked_wheel["files"], unpacked=unpacked)
    return cast("list[str]", unpacked_wheel["warnings"])


def _collisions(tree: Tree, base: Path, targets: Mapping[str, Path | bytes]) -> Iterable[str]:
    inside = base.relative_to(tree.root).as_posix()
    for target, source in targets.items():
        path = base / target
        whole = target if inside == "." else f"{inside}/{target}"
        if _is_reserved(tree, whole):
            yield f"{whole} belongs to the bundle itself"
        elif has_drive(whole):
            yield f"{whole} begins with a drive letter, as no path in a bundle's archive may"
        elif any((base / above).is_file() or (base / above).is_symlink() for above in _above(target)):
            yield f"{whole} would lie below a file"
        elif path.is_dir():
            yield f"{whole} is a directory already"
        elif path.is_symlink() or (path.exists() and path.read_bytes() != _content(source)):
            yield f"{whole}"


def _is_reserved(tree: Tree, path: str) -> bool:
    """Return whether the bundle gets this path in a later step of its making, or it would steer its Python."""
    major = tree.python.numbers[0]
    ours = {"bundle.json", "bin/python", f"bin/python{major}", tree.executable, tree.interpreter}
    if path in ours or path.startswith(("lib/engine/", "lib/engine-code/", "libexec/", "share/ca/")):
        return True
    name = path.rpartition("/")[2].lower()
    return path.count("/") <= 1 and (name == "pyvenv.cfg" or name.endswith("._pth") or re.fullmatch(r"python\d+\.zip", name) is not None)


def _above(target: str) -> Iterable[str]:
    parts = target.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _content(source: Path | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def _put(base: Path, targets: Mapping[str, Path | bytes], *, files: Mapping[str, FileRecord], unpacked: Path) -> None:
    for target, source in targets.items():
        path = base / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            path.write_bytes(source)
            path.chmod(0o755)
        else:
            source.replace(path)
            path.chmod(files[source.relative_to(unpacked).as_posix()].mode)
