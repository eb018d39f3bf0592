# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request that the controller sends: one JSON document, read and checked before anything on the host is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .artifact import Artifact
from .declaration import Declaration, digest_problem, parse_declaration
from .errors import InvalidRequest

REQUEST_FORMAT = 1
COMMANDS = ("converge", "drift", "generation", "info", "uninstall")
VERIFY_LEVELS = ("none", "quick", "deep")
SCOPES = ("system", "partial")
LINK_MODES = ("auto", "reflink", "hardlink", "copy")

_NUMBERS: dict[str, tuple[Any, int]] = {
    "keep_generations": (int, 1),
    "jobs": (int, 0),
    "retries": (int, 0),
    "lock_timeout": ((int, float), 0),
    "timeout": ((int, float), 0),
}


@dataclass(frozen=True)
class Options:
    """How a request is carried out; nothing here decides what the outcome is."""

    verify: str = "quick"
    keep_generations: int = 3
    lock_timeout: float = 300
    link_mode: str = "auto"
    jobs: int = 0
    timeout: float = 60
    retries: int = 4
    ca_path: str | None = None
    foreign_pythons: bool = False
    check_free_space: bool = True


@dataclass(frozen=True)
class Request:
    """A checked request."""

    command: str
    root: Path
    check: bool
    declaration: Declaration | None
    artifacts: Mapping[str, Artifact]
    options: Options
    generation_action: str | None = None
    generation_number: int | str | None = None
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    force: bool = False
    """Whether a root is removed under the processes that run from it."""
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The digests of receipts that the controller vouches for, by ``kind/id``."""


def _parse_options(value: Mapping[str, Any], problems: list[str]) -> Options:
    known = Options.__dataclass_fields__
    problems.extend(f"The option '{name}' is not known; known are {', '.join(sorted(known))}." for name in value if name not in known)
    options = Options(**{name: given for name, given in value.items() if name in known and given is not None})
    if options.verify not in VERIFY_LEVELS:
        problems.append(f"The option verify is '{options.verify}'; wanted is one of {', '.join(VERIFY_LEVELS)}.")
    if options.link_mode not in LINK_MODES:
        problems.append(f"The option link_mode is '{options.link_mode}'; wanted is one of {', '.join(LINK_MODES)}.")
    for name, (kind, least) in _NUMBERS.items():
        given = getattr(options, name)
        if isinstance(given, bool) or not isinstance(given, kind) or given < least:
            problems.append(f"The option {name} is {given!r}; wanted is a number, {least} or more.")
    return options


def _parse_artifacts(value: Mapping[str, Any], problems: list[str]) -> dict[str, Artifact]:
    found = {}
    for sha256, entry in value.items():
        filename = entry.get("filename")
        problem = digest_problem(sha256, f"The artifact {filename!r}")
        if problem:
            problems.append(problem)
        if not isinstance(filename, str) or "/" in filename or "\\" in filename or filename.startswith(".") or not filename:
            problems.append(
                f"The artifact {sha256[:12]} has the file name {filename!r}; wanted is a name without a path that does not start with a dot."
            )
        unpacked = entry.get("unpacked")
        found[sha256] = Artifact(
            sha256=sha256,
            filename=str(filename),
            size=entry.get("size"),
            sources=tuple(entry.get("sources") or ()),
            unpacked=unpacked if isinstance(unpacked, int) and unpacked >= 0 else None,
        )
    return found


def _known_problems(known: Mapping[str, Any]) -> Iterator[str]:
    for name, digests in known.items():
        if not isinstance(digests, list) or not digests:
            yield f"What is known of {name!r} is {digests!r:.60}; wanted is a list of digests."
            continue
        yield from (found for found in (digest_problem(each, f"The known manifest of {name!r}") for each in digests) if found)


def _shape_problems(value: object) -> Iterator[str]:
    """Tell which parts of a document have another shape than a request, so that reading it needs no further care."""
    if not isinstance(value, Mapping):
        yield f"The request is a {type(value).__name__}; wanted is a mapping."
        return
    for name in ("options", "artifacts", "declaration", "generation", "credentials", "known"):
        part = value.get(name)
        if part is not None and not isinstance(part, Mapping):
            yield f"The part '{name}' of the request is a {type(part).__name__}; wanted is a mapping."
    artifacts, declaration = value.get("artifacts"), value.get("declaration")
    for sha256, entry in artifacts.items() if isinstance(artifacts, Mapping) else ():
        if not isinstance(entry, Mapping):
            yield f"The artifact {sha256[:12]} is a {type(entry).__name__}; wanted is a mapping."
        elif not isinstance(entry.get("sources") or [], list):
            yield f"The sources of the artifact {sha256[:12]} are a {type(entry['sources']).__name__}; wanted is a list."
    if not isinstance(declaration, Mapping):
        return
    for name in ("bundles", "virtualenvs"):
        entries = declaration.get(name)
        if not isinstance(entries or [], list) or not all(isinstance(entry, Mapping) for entry in entries or []):
            yield f"The part '{name}' of the declaration is no list of mappings; wanted is a list of mappings."
        elif any(not isinstance(entry.get("wheels") or [], list) for entry in entries or []):
            yield "The wheels of a VirtualEnv are no list; wanted is a list of digests."
    if not isinstance(declaration.get("absent") or {}, Mapping):
        yield "The part 'absent' of the declaration is no mapping; wanted is a mapping."


def parse_request(value: Mapping[str, Any]) -> Request:
    """Read a request; raises InvalidRequest with every problem in it."""
    problems: list[str] = list(_shape_problems(value))
    if problems:
        raise InvalidRequest("The request cannot be carried out.", problems)
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"The request is {type(value).__name__}; wanted is a JSON object.")
    if value.get("format") != REQUEST_FORMAT:
        problems.append(
            f"The request has format {value.get('format')!r}; this engine reads {REQUEST_FORMAT}. Use collection and engine of one release."
        )
    command = value.get("command")
    if command not in COMMANDS:
        problems.append(f"The command is {command!r}; wanted is one of {', '.join(COMMANDS)}.")
    root = value.get("root")
    if not isinstance(root, str) or not Path(root).is_absolute():
        problems.append(f"The root is {root!r}; wanted is an absolute path.")
    elif Path(root).parent == Path(root):
        problems.append(f"The root is {root!r}, which is the whole file system; wanted is a directory for this project alone.")
    options = _parse_options(value.get("options") or {}, problems)
    known = value.get("known") or {}
    problems.extend(_known_problems(known))
    artifacts = _parse_artifacts(value.get("artifacts") or {}, problems)
    scope = value.get("scope", "system")
    if scope not in SCOPES:
        problems.append(f"The scope is {scope!r}; wanted is one of {', '.join(SCOPES)}.")
    generation = value.get("generation") or {}
    declaration: Declaration | None = None
    if value.get("declaration") is not None:
        try:
            declaration = parse_declaration(value["declaration"], complete=scope == "system")
        except InvalidRequest as error:
            problems.extend(error.problems)
    if command == "converge" and value.get("declaration") is None:
        problems.append("The command converge needs a declaration.")
    if problems:
        raise InvalidRequest("The request cannot be carried out.", problems)
    return Request(
        command=str(command),
        root=Path(str(root)),
        check=bool(value.get("check")),
        declaration=declaration,
        artifacts=artifacts,
        options=options,
        generation_action=generation.get("action"),
        generation_number=generation.get("number"),
        credentials=value.get("credentials") or {},
        force=value.get("force") is True,
        known=known,
    )
