# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make an environment beside its final place: interpreter links, ``pyvenv.cfg``, the files of unpacked wheels, and scripts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import BrokenArtifact, BrokenRoot
from ..fs.record_files import read_text
from ..fs.tree_files import WAYS, choose_way, hard_link, write_file
from ..model.bundle_json import RUNNER
from ..model.manifest import FileRecord
from ..model.receipts import BundleReceipt, LaidReceipt
from ..model.record_file import quoted, record_digest
from ..paths import extended, inside
from ..text.letter_case import spelled_otherwise
from ..unpack.scripts import Launchers, PosixLaunchers, own_scripts
from . import windows_environment

# The parts of an unpacked wheel that its RECORD cannot speak of before it is known where an environment has them.
_BESIDE_SITE = ("scripts/", "headers/", "data/")


@dataclass(frozen=True)
class Places:
    """Where the parts of an environment lie in its tree, which depends on the system and the Python version."""

    python: str
    site_packages: str
    headers: str
    scripts: str

    @property
    def up_to_prefix(self) -> str:
        """The way from site-packages to the environment."""
        return "../" * (self.site_packages.count("/") + 1)


def places(bundle_info: Mapping[str, Any]) -> Places:
    """Return the places of an environment on top of a bundle."""
    major_minor = ".".join(bundle_info["python"]["version"].split(".")[:2])
    if bundle_info["platform"].startswith("windows-"):
        return Places(python="Scripts/python.exe", site_packages="Lib/site-packages", headers="Include", scripts="Scripts")
    return Places(
        python="bin/python",
        site_packages=f"lib/python{major_minor}/site-packages",
        headers=f"include/site/python{major_minor}",
        scripts="bin",
    )


@dataclass
class Built:
    """What was put into an environment's tree."""

    places: Places
    link_mode: str
    own_files: dict[str, FileRecord]
    own_links: dict[str, str]
    directories: set[str]
    unlinked: list[str]
    """The files of wheels that are not the very files of the unpacked trees."""
    warnings: list[str]


class _SharedFile(NamedTuple):
    """A file of an unpacked wheel that an environment shares."""

    source: str
    record: FileRecord
    wheel: str


class _Tree:
    """The tree under construction; knows which directories exist already."""

    def __init__(self, base: Path) -> None:
        self.base = Path(extended(base))
        self.directories: set[str] = set()
        self.files: dict[str, FileRecord] = {}
        self.links: dict[str, str] = {}
        self.unlinked: list[str] = []

    def directory(self, path: str) -> None:
        if not path or path in self.directories:
            return
        self.directory(path.rpartition("/")[0])
        made = self.base / path
        made.mkdir()
        if os.name == "posix":
            made.chmod(0o755)
        self.directories.add(path)

    def write(self, path: str, data: bytes, *, mode: int) -> None:
        self.directory(path.rpartition("/")[0])
        write_file(str(self.base / path), data, mode=mode)
        self.files[path] = FileRecord(mode, len(data), hashlib.sha256(data).hexdigest())

    def link(self, path: str, target: str) -> None:
        self.directory(path.rpartition("/")[0])
        os.symlink(target, self.base / path)
        self.links[path] = target


def make(
    tree: Path,
    *,
    final: Path,
    name: str,
    system_site_packages: bool,
    pythonpath: bool = False,
    vpython: bool = False,
    bundle: BundleReceipt,
    bundle_tree: Path,
    laid: Sequence[tuple[LaidReceipt, Path]],
    link_mode: str,
) -> Built:
    """Fill an empty directory so that it works once it lies at ``final``.

    ``laid`` holds the unpacked wheels in order; of two wheels with one path the later one wins, as with other installers, and a warning says so.
    """
    where = places(bundle.info)
    building = _Tree(tree)
    warnings: list[str] = []
    _place_interpreter(building, where, bundle, bundle_tree)
    settings = {"include-system-site-packages": str(system_site_packages).lower()}
    settings.update({"hermetic-pythonpath": "true"} if pythonpath else {})
    settings.update({"hermetic-isolation": "vpython"} if vpython else {})
    _write_configuration(building, name=name, bundle=bundle, bundle_tree=bundle_tree, settings=settings)
    building.directory(where.site_packages)
    launchers = _launchers(str(final / where.python), bundle.info["platform"])
    scripts: dict[str, tuple[bytes, str]] = {}
    shared: dict[str, _SharedFile] = {}
    records: list[tuple[LaidReceipt, Path, dict[str, bytes]]] = []
    for wheel, laid_tree in laid:
        made = _scripts(wheel, laid_tree, version=bundle.python["version"], launchers=launchers)
        as_they_are = {path.partition("/")[2] for path in wheel.files if path.startswith("scripts/")} - made.keys()
        for script in sorted({*made, *as_they_are}):
            before = scripts.pop(script, None)
            if script in made:
                before = before or _script_as_it_is(shared.pop(f"{where.scripts}/{script}", None))
                scripts[script] = (made[script], wheel.name)
            if before is not None and before[0] != made.get(script):
                warnings.append(
                    f"The VirtualEnv '{name}' gets the script '{script}' of {wheel.name}; {before[1]} brings another one of that name."
                )
        if made or any(path.startswith(_BESIDE_SITE) for path in wheel.files):
            records.append((wheel, laid_tree, made))
        _claim(shared, wheel, laid_tree, where, made, warnings, name)
    own_records = {f"{where.site_packages}/{wheel.dist_info}/RECORD" for wheel, _tree, _scripts_of in records}
    used = _link_shared(building, {path: entry for path, entry in shared.items() if path not in own_records}, link_mode)
    for script, (data, owner) in sorted(scripts.items()):
        try:
            building.write(f"{where.scripts}/{script}", data, mode=0o755)
        except FileExistsError as error:
            raise _taken(owner, f"{where.scripts}/{script}", shared) from error
    for wheel, laid_tree, made in records:
        data = _record_with_scripts(wheel, laid_tree, where, made)
        building.write(f"{where.site_packages}/{wheel.dist_info}/RECORD", data, mode=0o644)
    return Built(
        places=where,
        link_mode=used,
        own_files=building.files,
        own_links=building.links,
        directories=building.directories,
        unlinked=building.unlinked,
        warnings=warnings,
    )


def _launchers(python: str, platform: str) -> Launchers:
    if platform in windows_environment.LAUNCHER_KINDS:
        return windows_environment.WindowsLaunchers(python, platform)
    return PosixLaunchers(python)


def _place_interpreter(building: _Tree, where: Places, bundle: BundleReceipt, bundle_tree: Path) -> None:
    if where.scripts == "bin":
        building.link("bin/python", str(bundle_tree / bundle.python["executable"]))
        for command in sorted(bundle.python["commands"]):
            if command not in ("python", RUNNER):
                building.link(f"bin/{command}", "python")
        return
    # Windows looks for libraries beside the program; hard links cost no space and need no privilege.
    records = bundle.manifest().files
    building.directory(where.scripts)
    for source in windows_environment.programs(bundle_tree):
        if source.stem.lower() == RUNNER:
            continue
        path = f"{where.scripts}/{source.name}"
        hard_link(extended(source), str(building.base / path), 0o755)
        building.files[path] = records[f"bin/{source.name}"]
    leading = windows_environment.leading_file(bundle_tree)
    if leading is not None:
        building.write(f"{where.scripts}/{leading[0]}", leading[1].encode(), mode=0o644)


def _write_configuration(building: _Tree, *, name: str, bundle: BundleReceipt, bundle_tree: Path, settings: Mapping[str, str]) -> None:
    executable = bundle_tree / bundle.python["executable"]
    lines = {
        "home": str(executable.parent),
        **settings,
        "version": bundle.python["version"],
        "executable": str(executable),
        "prompt": name,
    }
    building.write("pyvenv.cfg", "".join(f"{key} = {value}\n" for key, value in lines.items()).encode(), mode=0o644)


def _script_as_it_is(shared: _SharedFile | None) -> tuple[bytes, str] | None:
    return None if shared is None else (b"", shared.wheel)


def _scripts(wheel: LaidReceipt, laid_tree: Path, *, version: str, launchers: Launchers) -> dict[str, bytes]:
    """Return the scripts of a wheel that name the environment's interpreter."""
    return own_scripts(wheel.files, wheel.entry_points, laid_tree, filename=wheel.filename, version=version, launchers=launchers)


def _claim(
    shared: dict[str, _SharedFile],
    wheel: LaidReceipt,
    laid_tree: Path,
    where: Places,
    own_scripts: Mapping[str, bytes],
    warnings: list[str],
    environment: str,
) -> None:
    at = inside(laid_tree)
    prefixes = {"site": f"{where.site_packages}/", "data": "", "headers": f"{where.headers}/{wheel.name}/", "scripts": f"{where.scripts}/"}
    for path, record in wheel.files.items():
        scheme, _unused, rest = path.partition("/")
        if scheme == "scripts" and rest in own_scripts:
            continue
        target = prefixes[scheme] + rest
        before = shared.get(target)
        if before is not None and before.record != record:
            warnings.append(
                f"The VirtualEnv '{environment}' gets {target} from {wheel.name}; {before.wheel} brings another file of that name."
            )
        shared[target] = _SharedFile(at(path), record, wheel.name)


def _link_shared(building: _Tree, shared: Mapping[str, _SharedFile], link_mode: str) -> str:
    """Share the files, note those that could not be linked, and return the way that was taken."""
    if not shared:
        return "hardlink"
    sample = next(iter(shared.values()))
    way = choose_way(link_mode, Path(sample.source), building.base)
    action = WAYS[way]
    at = inside(building.base)
    made = building.directories
    for target, (source, record, wheel) in shared.items():
        parent = target.rpartition("/")[0]
        try:
            if parent not in made:
                building.directory(parent)
            if not action(source, at(target), record.mode):
                building.unlinked.append(target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise _taken(wheel, target, shared) from error
    return way


def _taken(wheel: str, path: str, shared: Mapping[str, _SharedFile]) -> BrokenArtifact:
    twin = spelled_otherwise(path, shared)
    if twin is not None:
        return BrokenArtifact(
            f"The wheel {wheel} brings {path}, and {shared[twin].wheel} brings {twin}; the file system of this host is "
            "case-insensitive. Leave one of the packages out of the lock, or use a root on another file system."
        )
    return BrokenArtifact(
        f"The wheel {wheel} brings {path}, which is taken by the environment itself, or is a file for one wheel and a directory for another. "
        "Leave one of the packages out of the lock."
    )


def _record_with_scripts(wheel: LaidReceipt, laid_tree: Path, where: Places, scripts: Mapping[str, bytes]) -> bytes:
    path = laid_tree / "site" / wheel.dist_info / "RECORD"
    try:
        record = read_text(path)
    except ValueError as error:
        raise BrokenRoot(f"{path} cannot be read: {error}. Run drift with verify deep, then converge to repair it.") from error
    return record_with_scripts(record, wheel.files, name=wheel.name, where=where, scripts=scripts)


def record_with_scripts(record: str, files: Mapping[str, FileRecord], *, name: str, where: Places, scripts: Mapping[str, bytes]) -> bytes:
    """Return the RECORD of a wheel with the lines of its scripts, headers and data, whose places differ from tree to tree."""
    beside = {f"{where.scripts}/{script}": (hashlib.sha256(data).hexdigest(), len(data)) for script, data in scripts.items()}
    for path, file in files.items():
        scheme, _unused, rest = path.partition("/")
        if scheme == "headers":
            beside[f"{where.headers}/{name}/{rest}"] = (file.sha256, file.size)
        elif scheme == "data":
            beside[rest] = (file.sha256, file.size)
        elif scheme == "scripts" and rest not in scripts:
            beside[f"{where.scripts}/{rest}"] = (file.sha256, file.size)
    lines = [f"{quoted(where.up_to_prefix + path)},{record_digest(sha256)},{size}" for path, (sha256, size) in beside.items()]
    return "".join(f"{line}\n" for line in sorted([*record.splitlines(), *lines])).encode()
