# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of a task: the script of the controller with what says what it needs and its lock, or one that is on the host."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.model.program import encoded, program_problems, variable_problems
from .request import is_url

if TYPE_CHECKING:
    from ..locks.lock_file import Lock

_LARGEST = 16 << 20
_NOTHING = "vpython.toml"
"""Carried, and empty, for a script that declares nothing: what lies around on the host does not decide what it needs."""


@dataclass(frozen=True)
class CarriedProgram:
    """A program as a request has it, and the lock of its packages."""

    document: Mapping[str, Any] = field(repr=False)
    lock: Lock | None = None


def program_of_task(options: Mapping[str, Any], *, find: Callable[[str], str]) -> CarriedProgram:
    """Return the program of the options; raises HermeticError with everything about it that can be judged before a host is looked at."""
    problems: list[str] = []
    document = _start_of(options, problems)
    if options["remote_src"]:
        program = CarriedProgram({**document, "script": options["path"], "uses_lock": options["transfer"] != "push"})
    else:
        try:
            files, specification, lock = _carried(options["path"], find)
            document |= {"files": {name: encoded(content) for name, content in files.items()}, "script": next(iter(files))}
            program = CarriedProgram(document | ({"specification": specification} if specification else {}), lock)
        except HermeticError as error:
            problems += [error.message, *error.problems]
            program = CarriedProgram({**document, "script": options["path"]})
    problems += [problem for problem in program_problems(program.document) if problem not in problems]
    if problems:
        raise HermeticError(f"The script cannot be run; no host was changed. {problems[0]}", problems)
    return program


def _start_of(options: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Return how the program is started."""
    environment = {str(name): variable_text(value) for name, value in (options["environment"] or {}).items()}
    problems += variable_problems(environment)
    document: dict[str, Any] = {
        "arguments": list(options["arguments"]),
        "environment": {name: value for name, value in environment.items() if isinstance(value, str)},
        **{name: options[name] for name in ("chdir", "creates", "removes") if options.get(name) is not None},
    }
    if options.get("stdin") is not None:
        ending = "\n" if options["stdin_add_newline"] else ""
        document["stdin"] = encoded(f"{options['stdin']}{ending}".encode("utf-8", "surrogateescape"))
    return document


def variable_text(value: Any) -> Any:
    """Return a value of a variable as Ansible passes those of the keyword on."""
    return str(value) if isinstance(value, (str, bool, int, float)) else value


def _carried(named: str, find: Callable[[str], str]) -> tuple[dict[str, bytes], str | None, Lock | None]:
    """Return the files of a script, itself first, the one that says what it needs if that is another, and the lock."""
    from ..spec.locking.in_force import lock_in_force
    from ..spec.reading.lookup import find_specification
    from ..spec.reading.program import Program

    path = find(named)
    if is_url(path):
        raise HermeticError(f"The script {path} is an address; copy it to the controller, or to the host for remote_src.")
    script = Path(os.path.abspath(path))
    files = {script.name: _content(script, "script")}
    if files[script.name].startswith(b"$ANSIBLE_VAULT;"):
        raise HermeticError(f"The script {script} is encrypted with Ansible Vault; pass its secrets by the option environment instead.")
    specification = find_specification(Program("script", str(script))).specification
    if specification is None:
        return files | {_free_name(_NOTHING, files): b""}, _free_name(_NOTHING, files), None
    lock = lock_in_force(specification)
    named_by_itself = os.path.abspath(specification.path) == str(script)
    name = script.name if named_by_itself else _free_name(Path(specification.path).name, files)
    if not named_by_itself:
        files[name] = _content(Path(specification.path), "specification")
    if lock is not None:
        files[_lock_name(name, lock)] = _content(lock.path, "lock")
    return files, None if named_by_itself else name, lock


def _free_name(name: str, files: Mapping[str, bytes]) -> str:
    # A script may be called as its specification is; the end says the form.
    return f"specification-{name}" if name in files else name


def _lock_name(name: str, lock: Lock) -> str:
    from ..spec.locking.lock_place import lock_path, uv_lock_path

    return (lock_path(name) if lock.kind == "pylock" else uv_lock_path(name)).name


def _content(path: Path, what: str) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise HermeticError(f"The {what} {path} cannot be read: {error.strerror}.") from error
    if len(content) > _LARGEST:
        raise HermeticError(f"The {what} {path} has more than {_LARGEST >> 20} MiB; copy it to the host, and set remote_src.")
    return content
