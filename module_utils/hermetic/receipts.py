# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts: what was installed, written last. A tree without a receipt is garbage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from .errors import BrokenRoot
from .grammar import is_number, shown
from .layout import Layout
from .manifest import FileRecord, Manifest, from_bundle_files
from .receipt_checks import record_problem
from .record_files import read_json
from .spelling import other_spelling

RECEIPT_FORMAT = 1
_LATEST_FORMAT = 999

Hints = Mapping[str, list[int]]


@dataclass(frozen=True)
class BundleReceipt:
    """An installed bundle."""

    id: str
    sha256: str
    filename: str
    size: int
    owner: list[Any] | None
    info: Mapping[str, Any]
    info_record: FileRecord
    directories: Hints

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return str(self.info["name"])

    @property
    def release(self) -> str:
        """Release of the bundle."""
        return str(self.info["release"])

    @property
    def python(self) -> Mapping[str, Any]:
        """The ``python`` part of bundle.json."""
        python: Mapping[str, Any] = self.info["python"]
        return python

    def manifest(self) -> Manifest:
        """Return what the tree shall hold."""
        return from_bundle_files(self.info["files"], also=[("bundle.json", self.info_record)])


@dataclass(frozen=True)
class LaidReceipt:
    """A wheel laid and compiled for one bundle; the paths begin with their scheme: ``site``, ``data``, ``headers`` or ``scripts``."""

    id: str
    wheel: str
    filename: str
    bundle: str
    name: str
    version: str
    dist_info: str
    entry_points: list[list[str]]
    owner: list[Any] | None
    files: Mapping[str, FileRecord]
    directories: Hints
    stamp: str
    """Made again each time the wheel is laid: tells whether an environment shares the files of this tree or of an earlier one."""

    def manifest(self) -> Manifest:
        """Return what the tree shall hold."""
        manifest = Manifest(files=dict(self.files))
        for path in self.files:
            manifest.add_parents(path)
        return manifest


@dataclass(frozen=True)
class EnvironmentReceipt:
    """An installed environment: its own files, and the laid wheels whose files it shares."""

    id: str
    name: str
    key: str
    bundle: str
    wheels: list[str]
    system_site_packages: bool
    laid: Mapping[str, str]
    """The laid wheels in order of their names, each with the stamp of the tree that was linked."""
    link_mode: str
    owner: list[Any] | None
    site_packages: str
    headers: str
    scripts: str
    own_files: Mapping[str, FileRecord]
    own_links: Mapping[str, str]
    directories: Hints
    pythonpath: bool = False

    def target(self, laid: LaidReceipt, path: str) -> str:
        """Return where a file of a laid wheel goes in this environment."""
        scheme, _unused, rest = path.partition("/")
        if scheme == "site":
            return f"{self.site_packages}/{rest}"
        if scheme == "headers":
            return f"{self.headers}/{laid.name}/{rest}"
        if scheme == "scripts":
            return f"{self.scripts}/{rest}"
        return rest

    def own_manifest(self) -> Manifest:
        """Return the part of the content that is shared with no other tree, and all directories."""
        return Manifest(
            directories={path for path in self.directories if path},
            files=dict(self.own_files),
            links=dict(self.own_links),
        )

    def manifest(self, laid: Mapping[str, LaidReceipt]) -> Manifest:
        """Return what the tree shall hold; of two wheels with one path the later one wins, and the environment's own files win over wheels."""
        manifest = Manifest(directories={path for path in self.directories if path})
        for laid_id in sorted(self.laid):
            wheel = laid[laid_id]
            for path, record in wheel.files.items():
                manifest.files[self.target(wheel, path)] = record
        manifest.files.update(self.own_files)
        manifest.links.update(self.own_links)
        return manifest

    def owners(self, laid: Mapping[str, LaidReceipt]) -> dict[str, str]:
        """Return the distribution that each file comes from, commands included."""
        found: dict[str, str] = {}
        for wheel in (laid[laid_id] for laid_id in sorted(self.laid)):
            found.update({self.target(wheel, path): wheel.name for path in wheel.files})
            found.update(
                {f"{self.scripts}/{entry_point[0]}{suffix}": wheel.name for entry_point in wheel.entry_points for suffix in ("", ".exe")}
            )
        return found


@dataclass(frozen=True)
class Generation:
    """One complete state: the trees behind each name."""

    number: int
    created: str
    kept: bool
    default: str | None
    bundles: Mapping[str, str]
    virtualenvs: Mapping[str, str]
    previous: int | None
    """The generation that was in force when this one was made: where a rollback leads."""

    def same_content(self, other: Generation) -> bool:
        """Tell whether two generations stand for the same state."""
        return (self.default, self.bundles, self.virtualenvs) == (other.default, other.bundles, other.virtualenvs)


_KINDS: dict[str, Any] = {"bundles": BundleReceipt, "environments": EnvironmentReceipt, "laid": LaidReceipt, "generations": Generation}


_SHAPES: dict[str, Any] = {"str": str, "int": int, "bool": bool, "list": list, "FileRecord": list, "Mapping": dict, "Hints": dict}


def dump(record: BundleReceipt | LaidReceipt | EnvironmentReceipt | Generation) -> dict[str, Any]:
    """Return the JSON document of a receipt or generation."""
    return {"format": RECEIPT_FORMAT, **record.__dict__}


def _load(path: Path, kind: str) -> Any:
    """Return the record in a file, None where it is gone, or the sentence that says why it cannot be read."""
    try:
        document = read_json(path)
        if not isinstance(document, dict):
            raise ValueError(f"it holds {shown(document)} where an object is wanted")
        number = document.pop("format", None)
        # A number that no release will ever have is damage, not the future.
        if is_number(number, least=RECEIPT_FORMAT + 1, most=_LATEST_FORMAT):
            raise BrokenRoot(
                f"{path} has the format {number}, and this engine reads {RECEIPT_FORMAT}: a later release of hermetic.python wrote it. "
                "Use that release or a later one; nothing was changed."
            )
        if not is_number(number, least=RECEIPT_FORMAT, most=RECEIPT_FORMAT):
            raise ValueError(f"the format is {shown(number)}")
        return _record(kind, document, path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        return f"{path} cannot be read ({error}); what it stands for will be made again."


def _record(kind: str, document: dict[str, Any], path: Path) -> Any:
    """Return a document as a record; raises ValueError for one that ``dump`` did not write, or that is not what its file's name says."""
    record_type = _KINDS[kind]
    known = {field.name: field for field in fields(record_type)}
    missing = [key for key, field in known.items() if key not in document and field.default is MISSING and field.default_factory is MISSING]
    unknown = [shown(key) for key in document if key not in known]
    if missing or unknown:
        told = (("it lacks", missing), ("it has the unknown", unknown))
        raise ValueError(", ".join(f"{what} {', '.join(keys[:6])}" for what, keys in told if keys))
    for key, value in document.items():
        wanted = str(known[key].type)
        fits = any(isinstance(value, shape) for prefix, shape in _SHAPES.items() if wanted.startswith(prefix))
        if (not fits or (isinstance(value, bool) and not wanted.startswith("bool"))) and not (value is None and wanted.endswith("| None")):
            raise ValueError(f"{key} is {shown(value)}")
    problem = record_problem(kind, document)
    if problem is not None:
        raise ValueError(problem)
    told_name = str(document["number"]) if kind == "generations" else document["id"]
    # A file system that folds case finds it by its right name, too: it is the same record, and its name is put right.
    if told_name != path.stem and other_spelling(path.parent, path.name, [f"{told_name}.json"]) is None:
        raise ValueError(f"it speaks of {told_name}")
    return record_type(**document)


@dataclass
class Records:
    """All receipts and generations of one root, with the sentences about those that cannot be read."""

    bundles: dict[str, BundleReceipt]
    environments: dict[str, EnvironmentReceipt]
    laid: dict[str, LaidReceipt]
    generations: dict[int, Generation]
    unreadable: dict[str, str]


def _files(directory: Path) -> list[Path]:
    """Return the files of a directory of records, also those whose ending is spelled otherwise where that makes no difference."""
    names = sorted(os.listdir(directory)) if directory.is_dir() else []
    return [
        directory / name
        for name in names
        if not name.startswith(".")
        and (name.endswith(".json") or other_spelling(directory, name, {f"{name[: -len('.json')]}.json"}.difference(names)) is not None)
    ]


def load_records(layout: Layout) -> Records:
    """Read every receipt and generation below a root; a missing root has none."""
    records = Records({}, {}, {}, {}, {})
    for kind in _KINDS:
        found = getattr(records, kind)
        directory = layout.generation_records if kind == "generations" else layout.receipts(kind)
        for path in _files(directory):
            record = _load(path, kind)
            if isinstance(record, str):
                records.unreadable[str(path)] = record
            elif record is not None:
                found[record.number if kind == "generations" else record.id] = record
    return records
