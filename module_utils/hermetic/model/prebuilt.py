# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive of a prebuilt wheel says of itself: the wheel, the byte code, and every file; pure.

It is the first entry of the archive, and all that a receipt says of the unpacked wheel follows from it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BrokenArtifact
from ..text.grammar import file_name_problem, has_control_character, is_number, path_problem, shown, text_problem, tree_parts
from ..text.json_text import parse_json
from .byte_code import ByteCode
from .layout import laid_id
from .manifest import FileRecord, file_records
from .receipt_checks import record_problem
from .wheel_name import distribution

PREBUILT_FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 32 << 20
SUFFIX = ".tar.gz"

_MOST_WARNINGS = 100
_LONGEST_WARNING = 4096
_WINDOWS = os.name == "nt"


@dataclass(frozen=True)
class Prebuilt:
    """An unpacked wheel with its byte code, as its archive describes it."""

    wheel: str
    filename: str
    byte_code: ByteCode
    python: str
    """The version of the Python that compiled it."""
    name: str
    version: str
    dist_info: str
    entry_points: list[list[str]]
    warnings: list[str]
    files: Mapping[str, FileRecord]
    """In the order of the archive, which is that in which the wheel was unpacked."""

    @property
    def id(self) -> str:
        """The name of the tree that it unpacks to."""
        return laid_id(self.wheel, byte_code=self.byte_code.digest)

    def document(self) -> bytes:
        """Return it as the archive holds it; equal contents give equal bytes."""
        document = {
            "format": PREBUILT_FORMAT,
            "wheel": {"filename": self.filename, "sha256": self.wheel},
            "byte_code": {**self.byte_code.as_fact(), "digest": self.byte_code.digest, "python": self.python},
            "name": self.name,
            "version": self.version,
            "dist_info": self.dist_info,
            "entry_points": self.entry_points,
            "warnings": self.warnings,
            "files": self.files,
        }
        return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def archive_filename(tree_id: str) -> str:
    """Return the file name of the archive that unpacks to a tree, in a repository and on hosts."""
    return f"{tree_id}{SUFFIX}"


def tree_of_archive(filename: str) -> str | None:
    """Return the tree that an artifact unpacks to, by its file name; None for what is no prebuilt wheel."""
    stem = filename[: -len(SUFFIX)] if filename.endswith(SUFFIX) else ""
    return stem if tree_parts("laid", stem) is not None else None


def parse_prebuilt(content: bytes, *, wheel: str, filename: str | None, byte_code: ByteCode) -> Prebuilt:
    """Read what an archive says of itself; raises BrokenArtifact unless it is this very wheel with this byte code, in every detail.

    ``filename`` is the wheel's, where it is known.
    """
    try:
        document = parse_json(content)
    except ValueError as error:
        raise BrokenArtifact(f"its {MANIFEST} is not JSON: {error}") from error
    found = document.get("format") if isinstance(document, dict) else None
    if not is_number(found, least=PREBUILT_FORMAT, most=PREBUILT_FORMAT):
        raise BrokenArtifact(f"its {MANIFEST} has format {shown(found)}; this engine reads {PREBUILT_FORMAT}")
    problem = _problem(document, wheel=wheel, byte_code=byte_code)
    if problem is None and filename not in (None, document["wheel"]["filename"]):
        problem = f"it is the wheel {shown(document['wheel']['filename'])}; expected {filename}"
    if problem is not None:
        raise BrokenArtifact(f"its {MANIFEST} cannot be used: {problem}")
    return Prebuilt(
        wheel=wheel,
        filename=document["wheel"]["filename"],
        byte_code=byte_code,
        python=document["byte_code"]["python"],
        name=document["name"],
        version=document["version"],
        dist_info=document["dist_info"],
        entry_points=document["entry_points"],
        warnings=document["warnings"],
        files=file_records(document["files"]),
    )


def _problem(document: Mapping[str, Any], *, wheel: str, byte_code: ByteCode) -> str | None:
    parts = {name: document.get(name) for name in ("wheel", "byte_code", "files")}
    for name, part in parts.items():
        if not isinstance(part, dict):
            return f"{name} is {shown(part)}; expected an object"
    if document["wheel"].get("sha256") != wheel:
        return f"it is the wheel {shown(document['wheel'].get('sha256'))}; expected {wheel}"
    fact = {**byte_code.as_fact(), "digest": byte_code.digest}
    if {key: document["byte_code"].get(key) for key in fact} != fact:
        named = ", ".join(shown(document["byte_code"].get(key)) for key in byte_code.as_fact())
        return f"its byte code is {named}; expected {', '.join(byte_code.as_fact().values())} of format {byte_code.digest[:12]}"
    if not isinstance(document.get("name"), str) or not isinstance(document.get("entry_points"), list):
        return "it lacks name or entry_points; expected a text and a list"
    return _problem_of_warnings(document.get("warnings")) or _problem_of_tree(document, byte_code)


def _problem_of_warnings(warnings: object) -> str | None:
    if not isinstance(warnings, list) or len(warnings) > _MOST_WARNINGS:
        return f"warnings is {shown(warnings)}; expected a list of at most {_MOST_WARNINGS} texts"
    bad = next((each for each in warnings if text_problem(each, longest=_LONGEST_WARNING) is not None), None)
    return f"warnings holds {shown(bad)}" if bad is not None else None


def _problem_of_tree(document: Mapping[str, Any], byte_code: ByteCode) -> str | None:
    """Judge what becomes a receipt by the rules that receipts are read with, before anything of it is written."""
    wheel, files = document["wheel"], document["files"]
    if problem := file_name_problem(wheel.get("filename")):
        return f"the file name of the wheel is {shown(wheel.get('filename'))}: {problem}"
    parts = wheel["filename"].removesuffix(".whl").split("-")
    if not wheel["filename"].endswith(".whl") or len(parts) not in (5, 6) or parts[:2] != [document["name"], document.get("version")]:
        named = f"{shown(document['name'])} {shown(document.get('version'))}"
        return f"its name and version are {named}, which are not those of the wheel {shown(wheel['filename'])}"
    receipt = {
        "id": laid_id(wheel["sha256"], byte_code=byte_code.digest),
        "wheel": wheel["sha256"],
        "filename": wheel["filename"],
        "byte_code": byte_code.digest,
        "python": document["byte_code"].get("python"),
        "bundle": None,
        "name": distribution(document["name"]),
        "version": document.get("version"),
        "dist_info": document.get("dist_info"),
        "entry_points": document["entry_points"],
        "owner": None,
        "files": files,
        "directories": {},
        "stamp": "",
    }
    if problem := record_problem("laid", receipt):
        return problem
    if has_control_character("".join(files)):
        return "the name of a file holds a control character"
    for name, *_rest in document["entry_points"]:
        if problem := path_problem(f"{name}.exe" if _WINDOWS else name, windows=_WINDOWS, drives=True):
            return f"the command {shown(name)} is no file name: {problem}"
    for name in ("INSTALLER", "RECORD"):
        if f"site/{document['dist_info']}/{name}" not in files:
            return f"it has no site/{document['dist_info']}/{name}, which every unpacked wheel has"
    return None
