# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read every receipt and generation of a root; one that cannot be read is named, and stops nothing."""

from __future__ import annotations

import os
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from ..errors import BrokenRoot
from ..fs.case_folding import other_spelling
from ..fs.record_files import read_json
from ..model.layout import Layout
from ..model.manifest import FileRecord, file_records
from ..model.receipt_checks import record_problem
from ..model.receipts import LAID_FORMAT, RECEIPT_FORMAT, BundleReceipt, EnvironmentReceipt, Generation, LaidReceipt, Records
from ..text.grammar import is_number, shown
from .installed_byte_code import byte_code_of

_LATEST_FORMAT = 999
_FORMATS = {"laid": LAID_FORMAT}
_KINDS: dict[str, Any] = {"bundles": BundleReceipt, "environments": EnvironmentReceipt, "laid": LaidReceipt, "generations": Generation}
_SHAPES: dict[str, Any] = {
    "str": str,
    "int": int,
    "bool": bool,
    "list": list,
    "TreeOwner": list,
    "FileRecord": list,
    "Mapping": dict,
    "DirectoryTimes": dict,
}


def _load(path: Path, kind: str) -> Any:
    """Return the record in a file, None where it is gone, or the sentence that says why it cannot be read."""
    try:
        document = read_json(path)
        if not isinstance(document, dict):
            raise ValueError(f"it holds {shown(document)}; expected an object")
        number = document.pop("format", None)
        newest = _FORMATS.get(kind, RECEIPT_FORMAT)
        # A number that no release will ever have is damage, not the future.
        if is_number(number, least=newest + 1, most=_LATEST_FORMAT):
            raise BrokenRoot(
                f"{path} has the format {number}, and this engine reads {newest}: a later release of hermetic.python wrote it. "
                "Use that release or a later one; nothing was changed."
            )
        if not is_number(number, least=RECEIPT_FORMAT, most=newest):
            raise ValueError(f"the format is {shown(number)}")
        return _record(kind, _as_now(kind, document, number), path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        return f"{path} cannot be read ({error}); a converge restores what it stands for."


def _as_now(kind: str, document: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the document of an earlier release as this one would have written it."""
    if kind == "generations" and "kept" in document:
        document.setdefault("pinned", document.pop("kept"))
    elif kind == "laid" and number < LAID_FORMAT:
        document.update(byte_code=None, python=None)
    return document


def _record(kind: str, document: dict[str, Any], path: Path) -> Any:
    """Return a document as a record; raises ValueError for one that ``dump`` did not write, or that is not what its file's name says."""
    record_type = _KINDS[kind]
    known = {field.name: field for field in fields(record_type)}
    missing = [key for key, field in known.items() if key not in document and field.default is MISSING and field.default_factory is MISSING]
    unknown = [shown(key) for key in document if key not in known]
    if missing or unknown:
        wrong = (("it lacks", missing), ("it has the unknown", unknown))
        raise ValueError(", ".join(f"{what} {', '.join(keys[:6])}" for what, keys in wrong if keys))
    for key, value in document.items():
        expected = str(known[key].type)
        fits = any(isinstance(value, shape) for prefix, shape in _SHAPES.items() if expected.startswith(prefix))
        if (not fits or (isinstance(value, bool) and not expected.startswith("bool"))) and not (
            value is None and expected.endswith("| None")
        ):
            raise ValueError(f"{key} is {shown(value)}")
    problem = record_problem(kind, document)
    if problem is not None:
        raise ValueError(problem)
    recorded_name = str(document["number"]) if kind == "generations" else document["id"]
    # A file system that folds case finds it by its right name, too: it is the same record, and its name is put right.
    if recorded_name != path.stem and other_spelling(path.parent, path.name, [f"{recorded_name}.json"]) is None:
        raise ValueError(f"it is the record of {recorded_name}")
    for key, field in known.items():
        if field.type == "FileRecord":
            document[key] = FileRecord(*document[key])
        elif field.type == "Mapping[str, FileRecord]":
            document[key] = file_records(document[key])
    return record_type(**document)


def _files(directory: Path) -> list[Path]:
    """Return the files of a directory of records, also those whose ending is spelled otherwise where that makes no difference."""
    names = sorted(os.listdir(directory)) if directory.is_dir() else []
    return [
        directory / name
        for name in names
        if not name.startswith(".")
        and (name.endswith(".json") or other_spelling(directory, name, {f"{name[: -len('.json')]}.json"}.difference(names)) is not None)
    ]


def load_receipt(layout: Layout, kind: str, tree_id: str) -> Any:
    """Return one receipt of a root, None where it is not there or cannot be read."""
    try:
        record = _load(layout.receipt(kind, tree_id), kind)
    except BrokenRoot:
        return None
    return None if isinstance(record, str) else record


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
    records.byte_codes = {
        tree_id: byte_code_of(receipt.info, sha256=receipt.sha256, tree=layout.tree("bundles", tree_id))
        for tree_id, receipt in records.bundles.items()
    }
    return records
