# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a record of the state is one that the engine wrote: every name, path and number in it by the one grammar; pure.

What a run relies on is judged here, once, when the record is read, so that no other part need expect anything else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ..text.grammar import (
    LARGEST_GENERATION,
    are_digests,
    are_paths,
    are_tree_ids,
    digest_problem,
    file_name_problem,
    is_number,
    name_problem,
    part_problem,
    path_problem,
    shown,
    target_problem,
    text_problem,
    tree_parts,
    version_problem,
)
from .bundle_json import bundle_problems

Document = Mapping[str, Any]

_MODES = {0o644, 0o755}
_LONGEST_STAMP = 128
_SCHEMES = ("site/", "data/", "headers/", "scripts/")
_LINK_MODES = ("reflink", "hardlink", "copy")
_WINDOWS = os.name == "nt"


def record_problem(kind: str, document: Document) -> str | None:
    """Return the first thing that is wrong with a record of a kind (``bundles``, ``environments``, ``laid``, ``generations``), or None."""
    return next(_JUDGES[kind](document), None)


def _bundle(document: Document) -> Iterator[str]:
    yield from _texts(document, sha256=digest_problem, filename=file_name_problem)
    if not is_number(document["size"]):
        yield f"size is {shown(document['size'])}; expected a number of bytes"
    yield from _owner(document["owner"])
    problems = bundle_problems(document["info"], whole=False)
    if problems:
        yield f"info: {problems[0]}"
        return
    yield from _files({"bundle.json": document["info_record"]}, "info_record")
    yield from _directories(document["directories"])
    info, parts = document["info"], tree_parts("bundles", document["id"])
    if parts is None or (parts["name"], parts["release"], parts["digest"]) != (info["name"], info["release"], document["sha256"][:12]):
        yield f"id is {shown(document['id'])}, which is not the identifier of this bundle"


def _laid(document: Document) -> Iterator[str]:
    yield from _texts(
        document,
        wheel=digest_problem,
        filename=file_name_problem,
        name=part_problem,
        version=text_problem,
        dist_info=part_problem,
        stamp=lambda stamp: text_problem(stamp, longest=_LONGEST_STAMP),
    )
    if document["byte_code"] is not None:
        yield from _texts(document, byte_code=digest_problem, python=version_problem)
    else:
        yield from _tree("bundles", document["bundle"], "bundle")
    for entry_point in document["entry_points"]:
        if not isinstance(entry_point, list) or len(entry_point) != 4 or not all(isinstance(part, str) for part in entry_point):
            yield f"entry_points holds {shown(entry_point)}; expected lists of four texts"
        elif part_problem(entry_point[0]) is not None:
            yield f"entry_points holds the name {shown(entry_point[0])}: {part_problem(entry_point[0])}"
    yield from _owner(document["owner"])
    yield from _files(document["files"], "files")
    text = "\0" + "\0".join(document["files"])
    if sum(text.count(f"\0{scheme}") for scheme in _SCHEMES) != len(document["files"]):
        outside = next((path for path in document["files"] if not path.startswith(_SCHEMES)), "")
        yield f"files lists {shown(outside)}, which belongs to no part of a wheel"
    yield from _directories(document["directories"])
    parts = tree_parts("laid", document["id"])
    made_for = document["byte_code"] or str(document["bundle"])[-12:]
    if parts is None or (parts["digest"], parts["made_for"]) != (document["wheel"][:16], made_for[:12]):
        yield f"id is {shown(document['id'])}, which is not the identifier of this wheel"


def _environment(document: Document) -> Iterator[str]:
    yield from _texts(
        document, name=name_problem, key=digest_problem, site_packages=path_problem, headers=path_problem, scripts=path_problem
    )
    yield from _tree("bundles", document["bundle"], "bundle")
    if not are_digests(document["wheels"]):
        yield "wheels holds something else than digests"
    if not are_tree_ids("laid", document["laid"]):
        yield "laid names something else than unpacked wheels"
    if not all(isinstance(stamp, str) and len(stamp) <= _LONGEST_STAMP for stamp in document["laid"].values()):
        yield "laid has something else than stamps"
    if document["link_mode"] not in _LINK_MODES:
        yield f"link_mode is {shown(document['link_mode'])}; expected one of {', '.join(_LINK_MODES)}"
    yield from _owner(document["owner"])
    yield from _files(document["own_files"], "own_files")
    yield from _directories(document["directories"])
    yield from _paths(document["own_links"], "own_links")
    for path, target in document["own_links"].items():
        if target_problem(path, target) is not None and not _leads_into_bundle(target, document["bundle"]):
            yield f"own_links has for {shown(path)} the target {shown(target)}, which is neither in the environment nor in its bundle"
    parts = tree_parts("environments", document["id"])
    if parts is None or (parts["name"], parts["digest"]) != (document["name"], document["key"][:12]):
        yield f"id is {shown(document['id'])}, which is not the identifier of this environment"


def _generation(document: Document) -> Iterator[str]:
    for key in ("number", "previous", "before_rollout"):
        number = document.get(key)
        if not is_number(number, least=1, most=LARGEST_GENERATION) and not (key != "number" and number is None):
            yield f"{key} is {shown(number)}; expected the number of a generation"
    yield from _texts(document, created=text_problem)
    if document.get("rollout") is not None:
        yield from _texts(document, rollout=name_problem)
    for key, kind in (("bundles", "bundles"), ("virtualenvs", "environments")):
        for name, tree_id in document[key].items():
            yield from _texts({key: name}, **{key: name_problem})
            parts = tree_parts(kind, tree_id)
            if parts is None or parts["name"] != name:
                yield f"{key} has for {shown(name)} {shown(tree_id)}, which is not the identifier of such a tree"
    if document["default"] is not None and document["default"] not in document["bundles"]:
        yield f"default is {shown(document['default'])}, which is none of its bundles"


_JUDGES: Mapping[str, Callable[[Document], Iterator[str]]] = {
    "bundles": _bundle,
    "laid": _laid,
    "environments": _environment,
    "generations": _generation,
}


def _texts(document: Document, **judges: Callable[[object], str | None]) -> Iterator[str]:
    for key, judge in judges.items():
        problem = judge(document[key])
        if problem is not None:
            yield f"{key} is {shown(document[key])}; {problem}"


def _tree(kind: str, value: object, key: str) -> Iterator[str]:
    if tree_parts(kind, value) is None:
        yield f"{key} is {shown(value)}, which is not the identifier of a tree"


def _owner(value: object) -> Iterator[str]:
    """Judge user and group, or on Windows the access lists of directories and files."""
    if value is None:
        return
    fits = isinstance(value, list) and len(value) == 2 and (all(map(is_number, value)) or all(isinstance(each, str) for each in value))
    if not fits:
        yield f"owner is {shown(value)}; expected two numbers, or two access lists"


def _paths(paths: Collection[str], key: str) -> Iterator[str]:
    if not are_paths(paths, windows=_WINDOWS):
        for path in paths:
            problem = path_problem(path, windows=_WINDOWS)
            if problem is not None:
                yield f"{key} lists {shown(path)}: {problem}"


def _files(files: Mapping[str, Any], key: str) -> Iterator[str]:
    """Judge many records of files, each a mode, a size and a digest: all at once, and one by one only where one is wrong."""
    yield from _paths(files, key)
    if files and not _are_file_records(files.values()):
        for path, record in files.items():
            if not _are_file_records([record]):
                yield f"{key} has for {shown(path)} another record than a mode, a size and a SHA-256"


def _are_file_records(records: Any) -> bool:
    # Sizes and digests are compared, never used for anything else: their types are all that a run relies on.
    if set(map(type, records)) != {list} or set(map(len, records)) != {3}:
        return False
    modes, sizes, digests = zip(*records)
    if set(map(type, modes)) != {int} or set(map(type, sizes)) != {int} or set(map(type, digests)) != {str}:
        return False
    return set(modes) <= _MODES and min(sizes) >= 0


def _directories(times: Mapping[str, Any]) -> Iterator[str]:
    """Judge the time stamps of directories, which are compared only; the tree itself is the empty path."""
    yield from _paths([path for path in times if path], "directories")
    if times and set(map(type, times.values())) != {list}:
        yield "directories has something else than two numbers for a directory"


def _leads_into_bundle(target: object, bundle: str) -> bool:
    return isinstance(target, str) and target.startswith("/") and f"/bundles/{bundle}/" in target and path_problem(target[1:]) is None
