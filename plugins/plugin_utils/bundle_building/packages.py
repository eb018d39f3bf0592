# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laying the fixed package set for the target platform, without running anything of the target."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import BinaryIO, cast

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.exceptions import InstallerError
from installer.records import RecordEntry
from installer.scripts import Script
from installer.sources import WheelFile
from installer.utils import Scheme
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ...module_utils.hermetic.errors import BrokenArtifact
from .archive_writing import ZIP_TIME
from .digests import file_sha256
from .request import Wheel
from .tree import Tree

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
SHEBANG = re.compile(rb"#!pythonw?([ \t][^\r\n']*)?\r?\n")
WINDOWS_SCRIPT_KINDS = {"x86_64": "win-amd64", "arm64": "win-arm64", "x86": "win-ia32"}


@dataclass(frozen=True)
class Package:
    """One laid package, as bundle.json names it."""

    name: str
    version: str
    sha256: str


class BundleDestination(SchemeDictionaryDestination):
    """Writes a wheel into the tree; its commands find the interpreter beside them wherever the tree lies."""

    tree: Tree
    scripts: bool

    def write_script(self, name: str, module: str, attr: str, section: str) -> RecordEntry | None:
        if not self.scripts:
            return None
        if self.tree.platform.system == "windows":
            program, data = Script(name, module, attr, section).generate(self.interpreter, self.script_kind)
            return self.write_to_fs("scripts", program, io.BytesIO(without_time(data)), is_executable=True)
        entry = ENTRY.format(module=module, import_name=attr.split(".")[0], function=attr)
        text = trampoline(self.tree) + entry
        return self.write_to_fs("scripts", name, io.BytesIO(text.encode()), is_executable=True)

    def finalize_installation(self, scheme: Scheme, record_file_path: str, records: Iterable[tuple[Scheme, RecordEntry]]) -> None:
        super().finalize_installation(scheme, record_file_path, [pair for pair in records if pair[1] is not None])

    def write_file(self, scheme: Scheme, path: str, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        if scheme == "scripts":
            # Some wheels do not say that their commands are executable; every installer makes them so.
            is_executable = True
        if scheme == "scripts" and self.tree.platform.system != "windows":
            data = stream.read()
            if match := SHEBANG.match(data):
                data = trampoline(self.tree, options=(match[1] or b"").decode()).encode() + data[match.end() :]
            return self.write_to_fs(scheme, path, io.BytesIO(data), is_executable=is_executable)
        return super().write_file(scheme, path, stream, is_executable)


def without_time(program: bytes) -> bytes:
    """Return a Windows command with the time of its creation taken out of the zip that ends it."""
    packed = zipfile.ZipFile(io.BytesIO(program))
    entries = packed.infolist()
    end = io.BytesIO()
    with zipfile.ZipFile(end, "w") as archive:
        for entry in entries:
            archive.writestr(zipfile.ZipInfo(entry.filename, ZIP_TIME), packed.read(entry))
    return program[: min(entry.header_offset for entry in entries)] + end.getvalue()


def trampoline(tree: Tree, *, options: str = "") -> str:
    """Return the first lines of a command: sh starts the interpreter beside it, with the options of the original first line."""
    return TRAMPOLINE.replace("@COMMAND@", tree.command).replace("@OPTIONS@", f" {options.strip()}" if options.strip() else "")


def lay_packages(tree: Tree, wheels: Iterable[Wheel], *, scripts: bool) -> list[Package]:
    """Check and lay wheels into the tree's site-packages; every problem of every wheel is found before the first is laid."""
    known = {wheel: _identify(wheel, tree=tree) for wheel in wheels}
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
        raise BrokenArtifact("the fixed packages of the bundle cannot be laid", problems)
    for _name, wheel in packages:
        _lay(tree, wheel, scripts=scripts)
    return sorted((found for found in known.values() if isinstance(found, Package)), key=lambda package: package.name)


def _identify(wheel: Wheel, *, tree: Tree) -> Package | str:
    found = file_sha256(wheel.path)
    if found != wheel.sha256:
        return f"{wheel.path.name} has SHA-256 {found}, wanted {wheel.sha256}"
    try:
        name, version, _build, tags = parse_wheel_filename(wheel.path.name)
    except InvalidWheelFilename as error:
        return f"{wheel.path.name} is no wheel file name: {error}"
    if not any(fits(tag.interpreter, tag.abi, tag.platform, tree=tree) for tag in tags):
        return f"{wheel.path.name} is not for {tree.platform.name} with {tree.python.tag} ({tree.abi})"
    return Package(name=str(canonicalize_name(name)), version=str(version), sha256=wheel.sha256)


def fits(interpreter: str, abi: str, platform: str, *, tree: Tree) -> bool:
    """Say whether a wheel's tag can be meant for the tree; the exact choice was made where the lock was read."""
    major, minor = tree.python.numbers
    system = {"linux": ("linux", "manylinux", "musllinux"), "macos": ("macosx",), "windows": ("win",)}[tree.platform.system]
    if platform != "any" and not platform.startswith(system):
        return False
    if abi == tree.abi:
        return interpreter == tree.python.tag
    if abi == "abi3":
        return interpreter.startswith(f"cp{major}") and int(interpreter[3:] or 0) <= minor
    if abi != "none":
        return False
    match = re.fullmatch(r"(?:py|cp)(\d)(\d*)", interpreter)
    return match is not None and int(match[1]) == major and int(match[2] or 0) <= minor


def _lay(tree: Tree, wheel: Wheel, *, scripts: bool) -> None:
    windows = tree.platform.system == "windows"
    base = tree.root / "bin" if windows else tree.root
    site_packages = str(tree.root / tree.site_packages)
    command_directory = base / "Scripts" if windows else base / "bin"
    schemes = {
        "purelib": site_packages, "platlib": site_packages, "scripts": str(command_directory), "data": str(base),
        "headers": str(base / "include" / "packages"),
    }  # fmt: skip
    machine = tree.platform.name.split("-")[1]
    destination = BundleDestination(
        scheme_dict=schemes,
        interpreter="<launcher_dir>\\..\\python.exe" if windows else "python",
        script_kind=WINDOWS_SCRIPT_KINDS[machine] if windows else "posix",
        bytecode_optimization_levels=(),
    )
    destination.tree, destination.scripts = tree, scripts
    try:
        with WheelFile.open(wheel.path) as source:
            source.validate_record()
            install(source=source, destination=destination, additional_metadata={"INSTALLER": b"hermetic.python\n"})
    except FileExistsError as error:
        raise BrokenArtifact(f"{wheel.path.name} holds a file that another package or the standard library has already: {error}") from error
    except (InstallerError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BrokenArtifact(f"{wheel.path.name} cannot be laid: {error}") from error


def distribution_version(metadata: Path) -> str:
    """Return the version that a METADATA file states."""
    return cast(str, HeaderParser().parsestr(metadata.read_text(encoding="utf-8"))["Version"])
