# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide where every entry of a wheel goes, and name everything that is wrong with it, before the first byte is written.

What pip installs is installed, at the same place. Refused is what would be wrong or unsafe on the host that it is for.
"""

from __future__ import annotations

import csv
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import BrokenArtifact
from ..model.wheel_name import distribution
from ..text.grammar import LONGEST_PATH, has_control_character, path_problem
from ..text.letter_case import folded
from .entry_points import is_replaced, parse_entry_points
from .unpack_budget import MIB, UnpackBudget
from .zip_structure import distinct, judge_zip

PARTS = {"purelib": "site", "platlib": "site", "data": "data", "headers": "headers", "scripts": "scripts"}
_LARGEST_METADATA = 64 * MIB
_INFO, _DATA = ".dist-info", ".data"
_EXAMPLES = 3


@dataclass(frozen=True)
class HostRules:
    """What the host that a wheel is for asks of file names."""

    windows: bool
    fold_case: bool = False
    """Names that differ in case are known to be one there. Where it is not known, writing them shows."""


@dataclass(frozen=True)
class WheelEntry:
    """One file of a wheel and where it goes: ``site``, ``data``, ``headers`` or ``scripts``, and the path below that."""

    item: zipfile.ZipInfo
    part: str
    path: str

    @property
    def target(self) -> str:
        """Where the file lies in the directory of the unpacked wheel."""
        return f"{self.part}/{self.path}"

    @property
    def mode(self) -> int:
        """Scripts are executable whatever the wheel says of them, other files where it says so."""
        mode = self.item.external_attr >> 16
        return 0o755 if self.part == "scripts" or (stat.S_ISREG(mode) and mode & 0o111) else 0o644


@dataclass
class WheelContents:
    """A wheel that may be installed."""

    name: str
    version: str
    dist_info: str
    entries: list[WheelEntry]
    entry_points: list[list[str]]
    warnings: list[str] = field(default_factory=list)


def read_wheel(archive: zipfile.ZipFile, filename: str, *, rules: HostRules, budget: UnpackBudget) -> WheelContents:
    """Read and judge a wheel; raises BrokenArtifact with every problem, and UnsafeArchive where it unpacks to too much."""
    parts = filename[: -len(".whl")].split("-")
    if not filename.endswith(".whl") or len(parts) not in (5, 6):
        raise _broken(filename, [f"{filename!r} is no file name of a wheel; expected NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl"])
    items = distinct(archive.infolist())
    problems = judge_zip(items, budget)
    problems += [f"{item.filename!r} is a directory with content" for item in items if item.is_dir() and item.file_size]
    files = [item for item in items if not item.is_dir()]
    info = _dist_info(files, parts[0], problems)
    if problems:
        raise _broken(filename, problems)
    warnings = _check_metadata(archive, files, info, problems)
    text = _read(archive, files, f"{info}/entry_points.txt", problems)
    entry_points: list[list[str]] = []
    if text is not None:
        entry_points, wrong, odd = parse_entry_points(text)
        problems += wrong
        warnings += odd
    entries = list(_placed(files, info, entry_points, parts[:2], problems, warnings))
    _charge_directories(entries, budget)
    problems += _faults(entries, entry_points, rules)
    if problems:
        raise _broken(filename, problems)
    warnings += _record_warnings(archive, files, info)
    named_warnings = [f"{filename}: {warning}." for warning in warnings]
    return WheelContents(parts[0], parts[1], info, entries, entry_points, named_warnings)


def _broken(filename: str, problems: list[str]) -> BrokenArtifact:
    return BrokenArtifact(
        f"The wheel {filename} cannot be installed. Its digest is the declared one, so it was published broken; "
        "lock another version or build of it.",
        list(dict.fromkeys(problems)),
    )


def _dist_info(files: Iterable[zipfile.ZipInfo], name: str, problems: list[str]) -> str:
    found = sorted({top for item in files if (top := item.filename.partition("/")[0]).endswith(_INFO)})
    if len(found) != 1:
        problems.append(f"it holds {len(found)} directories NAME-VERSION.dist-info ({', '.join(found) or 'none'}); expected one")
        return ""
    stem, expected = distribution(found[0][: -len(_INFO)]), distribution(name)
    if stem != expected and not stem.startswith(f"{expected}-"):
        problems.append(f"its metadata is {found[0]}, which is not that of {name}")
    return found[0]


def _read(archive: zipfile.ZipFile, files: Iterable[zipfile.ZipInfo], path: str, problems: list[str]) -> str | None:
    item = next((item for item in files if item.filename == path), None)
    if item is None:
        return None
    if item.file_size > _LARGEST_METADATA:
        problems.append(f"{path!r} has {item.file_size} bytes; metadata has {_LARGEST_METADATA} at most")
        return None
    try:
        # A byte order mark says nothing in UTF-8; some editors write it.
        return archive.read(item).decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        problems.append(f"{path!r} is no UTF-8: {error}")
        return None


def _check_metadata(archive: zipfile.ZipFile, files: list[zipfile.ZipInfo], info: str, problems: list[str]) -> list[str]:
    if not any(item.filename == f"{info}/METADATA" for item in files):
        problems.append(f"it has no {info}/METADATA, which names the package")
    unread = len(problems)
    text = _read(archive, files, f"{info}/WHEEL", problems)
    if text is None:
        if len(problems) == unread:
            problems.append(f"it has no {info}/WHEEL")
        return []
    headers = text.partition("\n\n")[0].splitlines()
    version = next((line.partition(":")[2].strip() for line in headers if line.lower().startswith("wheel-version:")), "")
    numbers = version.split(".")
    if not all(number.isascii() and number.isdigit() for number in numbers):
        problems.append(f"{info}/WHEEL states the Wheel-Version {version!r}; expected a version such as 1.0")
    elif int(numbers[0]) > 1 or int(numbers[0]) < 1:
        problems.append(f"its Wheel-Version is {version}, and this release of hermetic.python reads version 1")
    elif any(map(int, numbers[1:])):
        return [f"its Wheel-Version is {version}, newer than the 1.0 that is known here; it was installed as 1.0"]
    return []


def _placed(
    files: list[zipfile.ZipInfo], info: str, entry_points: list[list[str]], stem: list[str], problems: list[str], warnings: list[str]
) -> Iterator[WheelEntry]:
    commands = [name for name, *_rest in entry_points]
    byte_code = []
    for item in files:
        path = item.filename
        parts = path.split("/")
        if path in (f"{info}/RECORD", f"{info}/INSTALLER"):
            continue  # written by whoever installs
        if "__pycache__" in parts and path.endswith((".pyc", ".pyo")):
            # Byte code comes from our own compiler only: what a wheel brings would run unseen by whoever reads its sources.
            byte_code.append(path)
            continue
        if not parts[0].endswith(_DATA):
            if _is_data_of(parts[0], stem):
                problems.append(f"{path!r} seems to lie in the wheel's data directory, whose name ends in '.data', in small letters")
            yield WheelEntry(item, "site", path)
        elif len(parts) < 3 or parts[1] not in PARTS:
            problems.append(f"{path!r} lies in a data directory and in none of its parts {', '.join(sorted(PARTS))}: it has no place")
        elif parts[1] != "scripts" or not is_replaced("/".join(parts[2:]), commands):
            yield WheelEntry(item, PARTS[parts[1]], "/".join(parts[2:]))
    if byte_code:
        warnings.append(
            f"{len(byte_code)} files of byte code that it brings are left out ({_some(byte_code)}); byte code is compiled from the sources"
        )


def _is_data_of(top: str, stem: list[str]) -> bool:
    return top.lower().endswith(_DATA) and distribution(top[: -len(_DATA)]).startswith(distribution("-".join(stem)))


def _charge_directories(entries: list[WheelEntry], budget: UnpackBudget) -> None:
    """Count the directories: an entry of a thousand of them is small in the archive, and each takes a block on the disk."""
    # Hashes and not the paths themselves, which would take the memory that is to be saved.
    known: set[int] = set()
    for entry in entries:
        parent = entry.target[: LONGEST_PATH + 1]
        while parent := parent.rpartition("/")[0]:
            number = hash(parent)
            if number in known:
                break
            known.add(number)
            budget.take_directories(len(known))


def _faults(entries: list[WheelEntry], entry_points: list[list[str]], rules: HostRules) -> Iterator[str]:
    files = {entry.target: entry for entry in entries}
    folds: dict[str, str] = {}
    for entry in entries:
        # zipfile cuts a name off at a NUL, and on Windows takes a backslash for a slash.
        fault = path_problem(entry.path, windows=rules.windows, drives=True) or path_problem(
            entry.item.orig_filename.lstrip("/"), windows=rules.windows, drives=True
        )
        if fault is None and has_control_character(entry.path):
            fault = "the name holds a control character"
        if fault is not None:
            yield f"{entry.item.orig_filename!r}: {fault}"
        if fault is not None:
            continue
        parent = entry.target
        while parent := parent.rpartition("/")[0]:
            if parent in files:
                yield f"{files[parent].path!r} is a file and the directory of {entry.path!r}"
        if rules.fold_case and folds.setdefault(folded(entry.target), entry.target) != entry.target:
            twin = folds[folded(entry.target)].partition("/")[2]
            yield f"{twin!r} and {entry.path!r} are one file on the systems that it is for, which are case-insensitive"
    for name, *_rest in entry_points:
        fault = path_problem(f"{name}.exe" if rules.windows else name, windows=rules.windows, drives=True)
        if fault is None and ("/" in name or has_control_character(name)):
            fault = "it holds a path or a control character"
        if fault is not None:
            yield f"the command {name!r} is no file name: {fault}"


def _record_warnings(archive: zipfile.ZipFile, files: list[zipfile.ZipInfo], info: str) -> list[str]:
    """Return what RECORD gets wrong: nothing rests on it, since the whole wheel has been verified by its digest."""
    path = f"{info}/RECORD"
    wrong: list[str] = []
    text = _read(archive, files, path, wrong)
    if text is None:
        return [f"{wrong[0] if wrong else f'it has no {path}'}; every file of the wheel was installed and recorded"]
    try:
        listed = {row[0].replace("\\", "/") for row in csv.reader(text.splitlines()) if row}
    except csv.Error as error:
        return [f"{path!r} cannot be read ({error}); every file of the wheel was installed and recorded"]
    unsigned = {path, f"{path}.jws", f"{path}.p7s", f"{info}/INSTALLER"}
    unlisted = [item.filename for item in files if item.filename not in listed and item.filename not in unsigned]
    if not unlisted:
        return []
    return [f"{len(unlisted)} of its files have no line in its RECORD ({_some(unlisted)}); they were installed and recorded"]


def _some(paths: list[str]) -> str:
    return ", ".join(map(repr, paths[:_EXAMPLES])) + (", …" if len(paths) > _EXAMPLES else "")
