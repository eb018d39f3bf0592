# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a bundle.json is one: every name, path, number and fact in it, on the controller, at install and in a receipt; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..text.grammar import (
    LARGEST_NUMBER,
    are_digests,
    are_paths,
    command_problem,
    digest_problem,
    is_number,
    name_problem,
    path_problem,
    platform_problem,
    release_problem,
    shown,
    tag_problem,
    target_problem,
    text_problem,
    version_problem,
)
from ..text.json_text import plain_problem
from ..text.letter_case import folded
from .byte_code import FACT, fact_problem
from .confinement import CONFINED

FORMAT = 1
# Names the engine that a bundle carries; older bundles carry none.
ENGINE_DIGEST = "engine_digest"
# The command of a bundle that runs programs in environments of their own. Unlike all others it is no Python.
RUNNER = "vpython3"
_MODES = {"0644": 0o644, "0755": 0o755}
_HERMETIC = ("launcher", "pth", "site")
_SHOWN = 20

_Judge = Callable[[object], "str | None"]


def bundle_problems(info: object, *, whole: bool = True) -> list[str]:
    """Return everything that is wrong with a bundle.json, its list of files included.

    ``whole`` holds the files against each other as well; a receipt is read in every run, and its bundle passed that when it was installed.
    """
    if not isinstance(info, Mapping):
        return [f"it is {shown(info)}; expected an object"]
    problems = [*metadata_problems(info), *files_problems(info.get("files"), platform=info.get("platform"), whole=whole)]
    if not problems:
        problems += _misplaced(info["python"], info["files"])
    return problems[:_SHOWN]


def metadata_problems(info: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with what a bundle.json, or the entry of an index, says beside the list of files."""
    problems = []
    if not is_number(info.get("format"), least=FORMAT, most=FORMAT):
        problems.append(f"format is {shown(info.get('format'))}; expected {FORMAT}")
    judges: tuple[tuple[str, _Judge], ...] = (("name", name_problem), ("release", release_problem), ("platform", platform_problem))
    for key, judge in judges:
        problem = judge(info.get(key))
        if problem is not None:
            problems.append(f"{key} is {shown(info.get(key))}; {problem}")
    if not isinstance(info.get("engine"), bool):
        problems.append(f"engine is {shown(info.get('engine'))}; expected true or false")
    if info.get(ENGINE_DIGEST) is not None and (problem := digest_problem(info[ENGINE_DIGEST])) is not None:
        problems.append(f"{ENGINE_DIGEST} is {shown(info[ENGINE_DIGEST])}; {problem}")
    if info.get("hermetic") is not None and info["hermetic"] not in _HERMETIC:
        problems.append(f"hermetic is {shown(info['hermetic'])}; expected one of {', '.join(_HERMETIC)}")
    if not isinstance(info.get(CONFINED), (bool, type(None))):
        problems.append(f"{CONFINED} is {shown(info[CONFINED])}; expected true or false")
    problems += _python_problems(info.get("python"))
    problems += _package_problems(info.get("packages"))
    for key in ("libc", "macos", "source"):
        if not isinstance(info.get(key, {}), (Mapping, type(None))):
            problems.append(f"{key} is {shown(info[key])}; expected an object or null")
    rest = {key: value for key, value in info.items() if key != "files"}
    problem = plain_problem(rest) if not problems else None
    return problems if problem is None else [f"its content cannot be handed on: {problem}"]


def _python_problems(python: object) -> Iterator[str]:
    if not isinstance(python, Mapping):
        yield f"python is {shown(python)}; expected an object"
        return
    needed: tuple[tuple[str, _Judge], ...] = (("version", version_problem), ("executable", path_problem))
    optional: tuple[tuple[str, _Judge], ...] = (
        ("tag", tag_problem),
        ("abi", tag_problem),
        ("stdlib", path_problem),
        ("site_packages", path_problem),
        (FACT, fact_problem),
    )
    for key, judge in (*needed, *((key, judge) for key, judge in optional if key in python)):
        problem = judge(python.get(key))
        if problem is not None:
            yield f"python.{key} is {shown(python.get(key))}; {problem}"
    if python.get("implementation", "cpython") != "cpython":
        yield f"python.implementation is {shown(python['implementation'])}; only cpython can be a bundle"
    commands = python.get("commands")
    if not isinstance(commands, Mapping):
        yield f"python.commands is {shown(commands)}; expected an object"
        return
    spelled: dict[str, str] = {}
    for name, path in commands.items():
        problem = command_problem(name)
        if problem is not None:
            yield f"the command {shown(name)} in python.commands: {problem}"
            continue
        problem = path_problem(path)
        if problem is not None:
            yield f"python.commands has {shown(path)} for {shown(name)}: {problem}"
        twin = spelled.setdefault(folded(name), name)
        if twin != name:
            yield f"python.commands has {shown(twin)} and {shown(name)}, which are one name where case is ignored"


def _package_problems(packages: object) -> Iterator[str]:
    if packages is None:
        return
    if not isinstance(packages, list):
        yield f"packages is {shown(packages)}; expected a list"
        return
    judges: tuple[tuple[str, _Judge], ...] = (("name", text_problem), ("version", text_problem), ("sha256", digest_problem))
    for place, package in enumerate(packages):
        if not isinstance(package, Mapping):
            yield f"packages[{place}] is {shown(package)}; expected an object"
            continue
        for key, judge in judges:
            problem = judge(package.get(key)) if key in package else "it is missing"
            if problem is not None:
                yield f"packages[{place}].{key} is {shown(package.get(key))}; {problem}"


def files_problems(files: object, *, platform: object = None, whole: bool = True) -> list[str]:
    """Return everything that is wrong with the list of files of a bundle.json; paths are read by the rules of the bundle's system."""
    if not isinstance(files, Mapping):
        return [f"files is {shown(files)}; expected an object"]
    windows = isinstance(platform, str) and platform.startswith("windows-")
    problems = []
    if not are_paths(files, windows=windows):
        for path in files:
            problem = path_problem(path, windows=windows)
            if problem is not None:
                problems.append(f"files lists {shown(path)}, which is no path within the tree: {problem}")
    if windows and whole:
        spelled: dict[str, str] = {}
        for path in files:
            twin = spelled.setdefault(folded(path), path)
            if twin != path:
                problems.append(f"files lists {shown(twin)} and {shown(path)}, which are one name on Windows")
    if not _are_entries(files):
        for path, entry in files.items():
            fault = _entry_fault(path, entry)
            if fault is not None:
                problems.append(f"files has for {shown(path)} {fault}")
    if not problems and whole:
        problems += [f"files lists {shown(path)} below {shown(above)}, which is no directory" for path, above in _below_files(files)]
    return problems


def _are_entries(files: Mapping[str, Any]) -> bool:
    """Return whether ``_entry_fault`` finds nothing, of thousands of entries at once."""
    entries = files.values()
    if {type(entry) for entry in entries} - {dict}:
        return False
    regular = [entry for entry in entries if entry.get("type") == "file"]
    sizes = [entry.get("size") for entry in regular]
    if {type(size) for size in sizes} - {int} or (sizes and not 0 <= min(sizes) <= max(sizes) <= LARGEST_NUMBER):
        return False
    if not all(isinstance(entry.get("mode"), str) and entry["mode"] in _MODES for entry in regular):
        return False
    if not are_digests([entry.get("sha256") for entry in regular]):
        return False
    return all(_entry_fault(path, entry) is None for path, entry in files.items() if entry.get("type") != "file")


def _entry_fault(path: str, entry: object) -> str | None:
    if not isinstance(entry, Mapping):
        return f"{shown(entry)}; expected an object"
    kind = entry.get("type")
    if kind == "file":
        if not (isinstance(entry.get("mode"), str) and entry["mode"] in _MODES):
            return f"the mode {shown(entry.get('mode'))}; expected one of {', '.join(_MODES)}"
        size = entry.get("size")
        if not is_number(size):
            return f"the size {shown(size)}; expected a number of bytes"
        problem = digest_problem(entry.get("sha256"))
        return None if problem is None else f"the digest {shown(entry.get('sha256'))}; {problem}"
    if kind == "link":
        return target_problem(path, entry.get("target"))
    return None if kind == "directory" else f"the type {shown(kind)}; expected file, directory or link"


def _below_files(files: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each path that lies below a file or a link, with that."""
    for above in {path.rpartition("/")[0] for path in files}:
        while above:
            if above in files and files[above]["type"] != "directory":
                yield min(path for path in files if path.startswith(f"{above}/")), above
            above = above.rpartition("/")[0]


def _misplaced(python: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the facts of the interpreter that speak of something which the bundle does not hold."""
    named = [("executable", python["executable"]), *((f"commands[{name!r}]", path) for name, path in python["commands"].items())]
    for fact, path in named:
        if path not in files or files[path]["type"] == "directory":
            yield f"python.{fact} is {shown(path)}, which is no file of the bundle"
    stdlib = python.get("stdlib")
    if stdlib is not None and not any(each.startswith(f"{stdlib}/") for each in files):
        yield f"python.stdlib is {shown(stdlib)}, which the bundle does not hold"
