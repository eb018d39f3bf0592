# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request that the controller sends: one JSON document, read and checked before anything on the host is read."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InvalidRequest
from ..text.grammar import LARGEST_GENERATION, digest_problem, file_name_problem, is_number, name_problem, shown, text_problem, tree_parts
from .archive_members import members_problem
from .artifact import Artifact
from .declaration import Declaration, parse_declaration
from .program import Program, parse_program, program_problems

REQUEST_FORMAT = 1
COMMANDS = ("converge", "drift", "generation", "info", "script", "uninstall")
VERIFY_LEVELS = ("none", "quick", "deep")
SCOPES = ("system", "partial")
CONSISTENCY = ("ignore", "warning", "error")
LINK_MODES = ("auto", "reflink", "hardlink", "copy")

_DEEPEST_ROOT = 100
GENERATION_ACTIONS = ("activate", "pin", "unpin", "prune")

# Each with the least and the most that can be meant, and whether a part of one can.
_NUMBERS = {
    "keep_generations": (1, 10**6, False),
    "jobs": (0, 4096, False),
    "unpack_limit": (0, 10**9, False),
    "retries": (0, 1000, False),
    "lock_timeout": (0, 10**7, True),
    "timeout": (0, 10**7, True),
    "download_timeout": (1, 10**7, True),
    "minimum_rate": (0, 10**12, True),
    "maximum_size": (1, 10**15, False),
}


@dataclass(frozen=True)
class Options:
    """How a request is carried out; nothing here decides what the outcome is."""

    verify: str = "quick"
    keep_generations: int = 3
    lock_timeout: float = 300
    link_mode: str = "auto"
    jobs: int = 0
    unpack_limit: int = 0
    timeout: float = 60
    retries: int = 4
    download_timeout: float = 3600
    minimum_rate: float = 1000
    maximum_size: int = 4 << 30
    ca_path: str | None = None
    foreign_pythons: bool = False
    processes: bool = False
    run_checks: bool = False
    consistency: str = "warning"
    check_free_space: bool = True
    unsafe_parent: bool = False


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
    prebuilt: Mapping[str, str] = field(default_factory=dict)
    """The artifacts that unpack to a wheel with its byte code, by the tree that they unpack to."""
    unpacked: Mapping[str, Path] = field(default_factory=dict)
    """Where the host's shell unpacked an archive for this task, by the digest of the archive."""
    program: Program | None = None
    """What the command script runs."""
    rollout: str | None = None
    """The roll-out that a new generation is recorded for, or that is taken back."""
    umask: int = 0o022
    """What a program is started with: the engine itself sets another one."""


def option_problems(value: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with options; the controller asks before it touches a host."""
    known = Options.__dataclass_fields__
    problems = [f"The option {shown(name)} is not known; known are {', '.join(sorted(known))}." for name in value if name not in known]
    given = {name: each for name, each in value.items() if name in known and each is not None}
    for name, choices in (("verify", VERIFY_LEVELS), ("link_mode", LINK_MODES), ("consistency", CONSISTENCY)):
        if name in given and given[name] not in choices:
            problems.append(f"The option {name} is {shown(given[name])}; expected one of {', '.join(choices)}.")
    for name, (least, most, fraction) in _NUMBERS.items():
        each = given.get(name, least)
        fits = is_number(each, least=least, most=most) or (
            fraction and isinstance(each, float) and math.isfinite(each) and least <= each <= most
        )
        if not fits:
            problems.append(f"The option {name} is {shown(each)}; expected a number, {least} or more and at most {most}.")
    if "ca_path" in given and text_problem(given["ca_path"], longest=4096) is not None:
        problems.append(f"The option ca_path is {shown(given['ca_path'])}; expected a path.")
    for name in (name for name, each in known.items() if each.type == "bool"):
        if not isinstance(given.get(name, False), bool):
            problems.append(f"The option {name} is {shown(given[name])}; expected true or false.")
    return problems


def _parse_options(value: Mapping[str, Any]) -> Options:
    return Options(**{name: given for name, given in value.items() if given is not None})


def _artifact_problems(artifacts: Mapping[str, Any]) -> Iterator[str]:
    for sha256, entry in artifacts.items():
        name = sha256[:12] if digest_problem(sha256) is None else shown(sha256)
        if not isinstance(entry, Mapping):
            yield f"The artifact {name} is {shown(entry)}; expected a mapping."
            continue
        filename = entry.get("filename")
        problem = digest_problem(sha256)
        if problem is not None:
            yield f"The artifact {shown(filename)} has the digest {shown(sha256)}; {problem}."
        problem = file_name_problem(filename, windows=os.name == "nt")
        if problem is not None:
            yield f"The artifact {name} has the file name {shown(filename)}; {problem}."
        for key in ("size", "unpacked"):
            if entry.get(key) is not None and not is_number(entry[key]):
                yield f"The artifact {name} has the {key} {shown(entry[key])}; expected a number of bytes, or nothing."
        problem = members_problem(entry.get("members"), size=entry.get("size"))
        if problem is not None:
            yield f"The artifact {name} has members that cannot be: {problem}."
        sources = entry.get("sources")
        if sources is not None and not isinstance(sources, list):
            yield f"The sources of the artifact {name} are {shown(sources)}; expected a list of URLs and paths."
            continue
        for place, source in enumerate(sources or ()):
            # The source itself may hold a secret.
            if not source or text_problem(source, longest=1 << 16) is not None:
                yield f"Source {place + 1} of the artifact {name} is not a URL or path: {text_problem(source, longest=1 << 16) or 'it is empty'}."


def _parse_artifacts(value: Mapping[str, Any]) -> dict[str, Artifact]:
    return {
        sha256: Artifact(
            sha256=sha256,
            filename=entry["filename"],
            size=entry.get("size"),
            sources=tuple(entry.get("sources") or ()),
            unpacked=entry.get("unpacked"),
            members=tuple(entry.get("members") or ()),
        )
        for sha256, entry in value.items()
    }


def _known_problems(known: Mapping[str, Any]) -> Iterator[str]:
    for name, digests in known.items():
        if not isinstance(digests, list) or not digests:
            yield f"What is known of {shown(name)} is {shown(digests)}; expected a list of digests."
            continue
        for each in digests:
            problem = digest_problem(each)
            if problem is not None:
                yield f"The known manifest of {shown(name)} is {shown(each)}; {problem}."


def _prebuilt_problems(prebuilt: Mapping[str, Any], artifacts: Mapping[str, Any]) -> Iterator[str]:
    for tree_id, sha256 in prebuilt.items():
        if tree_parts("laid", tree_id) is None:
            yield f"The prebuilt wheel {shown(tree_id)} is not named by the identifier of an unpacked wheel."
        problem = digest_problem(sha256)
        if problem is not None:
            yield f"The prebuilt wheel {shown(tree_id)} has the digest {shown(sha256)}; {problem}."
        elif sha256 not in artifacts:
            yield f"The prebuilt wheel {shown(tree_id)} has the digest {sha256}, which is none of the artifacts of the request."


def _unpacked_problems(unpacked: Mapping[str, Any]) -> Iterator[str]:
    for sha256, tree in unpacked.items():
        problem = digest_problem(sha256)
        if problem is not None:
            yield f"The unpacked archive {shown(sha256)} is named by no digest; {problem}."
        if text_problem(tree, longest=4096) is not None or not Path(tree).is_absolute():
            yield f"The unpacked archive {shown(sha256)} is in {shown(tree)}; expected an absolute path."


def credentials_problems(credentials: object) -> Iterator[str]:
    """Yield what is wrong with credentials; no value of theirs is ever shown."""
    if credentials is None:
        return
    if not isinstance(credentials, Mapping):
        yield "The credentials are no mapping; expected a mapping of host names, each with username and password."
        return
    for host, entry in credentials.items():
        if not isinstance(host, str) or not isinstance(entry, Mapping):
            yield f"The credentials for the host {shown(host)} are no mapping; expected a mapping with username and password."
        elif any(not isinstance(entry.get(key), (str, type(None))) for key in ("username", "password")):
            yield f"The credentials for the host {shown(host)} have a username or password that is no text; put it in quotes."


def _root_problems(root: object) -> Iterator[str]:
    if not isinstance(root, str) or text_problem(root, longest=4096) is not None or not Path(root).is_absolute():
        yield f"The root is {shown(root)}; expected an absolute path of printable characters."
    elif Path(root).parent == Path(root):
        yield f"The root is {shown(root)}, which is the whole file system; expected a directory for this project alone."
    elif len(Path(root).parts) > _DEEPEST_ROOT:
        yield f"The root {shown(root)} has more than {_DEEPEST_ROOT} directories above it; choose a shorter path."
    elif ".." in Path(root).parts:
        yield f"The root is {shown(root)}, which goes through '..'; write the path that it leads to."


def _generation_problems(generation: Mapping[str, Any]) -> Iterator[str]:
    if generation.get("action") not in GENERATION_ACTIONS:
        yield f"The generation action is {shown(generation.get('action'))}; expected activate, pin, unpin or prune."
    number = generation.get("number")
    if number not in (None, "previous") and not is_number(number, least=0, most=LARGEST_GENERATION):
        yield f"The generation is {shown(number)}; expected a number or 'previous'."


def parse_request(value: object) -> Request:
    """Read a request; raises InvalidRequest with every problem in it."""
    if not isinstance(value, Mapping):
        raise InvalidRequest("The request cannot be carried out.", [f"The request is {shown(value)}; expected a mapping."])
    problems: list[str] = []
    if not is_number(value.get("format"), least=REQUEST_FORMAT, most=REQUEST_FORMAT):
        problems.append(
            f"The request has format {shown(value.get('format'))}; this engine reads {REQUEST_FORMAT}. Use collection and engine of one release."
        )
    parts: dict[str, Mapping[str, Any]] = {}
    for name in ("options", "artifacts", "generation", "known", "prebuilt", "unpacked", "program"):
        part = value.get(name)
        parts[name] = part if isinstance(part, Mapping) else {}
        if part is not None and not isinstance(part, Mapping):
            problems.append(f"The part '{name}' of the request is {shown(part)}; expected a mapping.")
    for name, choices in (("command", COMMANDS), ("scope", SCOPES)):
        if value.get(name, "system" if name == "scope" else None) not in choices:
            problems.append(f"The {name} is {shown(value.get(name))}; expected one of {', '.join(choices)}.")
    problems += _root_problems(value.get("root"))
    for name in ("check", "force"):
        if not isinstance(value.get(name), (bool, type(None))):
            problems.append(f"The part '{name}' of the request is {shown(value[name])}; expected true or false.")
    problems += option_problems(parts["options"])
    problems += _artifact_problems(parts["artifacts"])
    problems += _known_problems(parts["known"])
    problems += _prebuilt_problems(parts["prebuilt"], parts["artifacts"])
    problems += _unpacked_problems(parts["unpacked"])
    problems += credentials_problems(value.get("credentials"))
    if value.get("rollout") is not None and name_problem(value["rollout"]) is not None:
        problems.append(f"The roll-out is {shown(value['rollout'])}; {name_problem(value['rollout'])}.")
    if value.get("command") == "generation":
        problems += _generation_problems(parts["generation"])
    if value.get("command") == "script":
        problems += program_problems(parts["program"])
    declaration: Declaration | None = None
    if value.get("declaration") is not None:
        try:
            declaration = parse_declaration(value["declaration"], complete=value.get("scope", "system") == "system")
        except InvalidRequest as error:
            problems += error.problems
    elif value.get("command") == "converge":
        problems.append("The command converge needs a declaration.")
    if problems:
        raise InvalidRequest("The request cannot be carried out.", problems)
    return Request(
        command=value["command"],
        root=Path(value["root"]),
        check=bool(value.get("check")),
        declaration=declaration,
        artifacts=_parse_artifacts(parts["artifacts"]),
        options=_parse_options(parts["options"]),
        generation_action=parts["generation"].get("action"),
        generation_number=parts["generation"].get("number"),
        credentials=value.get("credentials") or {},
        force=value.get("force") is True,
        known=parts["known"],
        prebuilt=parts["prebuilt"],
        unpacked={sha256: Path(tree) for sha256, tree in parts["unpacked"].items()},
        rollout=value.get("rollout"),
        program=parse_program(parts["program"]) if value["command"] == "script" else None,
    )
