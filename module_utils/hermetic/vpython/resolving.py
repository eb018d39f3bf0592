# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks a specification here and now, for development: by hermetic-spec where it is in PATH, else by uv. Hosts are given locks."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import HermeticError
from ..paths import WINDOWS
from ..process.program_search import find_program
from .question import TOML_KINDS, Question
from .this_python import full_version

_PATIENCE = 600
_SPEC, _UV = ("hermetic-spec.exe", "uv.exe") if WINDOWS else ("hermetic-spec", "uv")


def locked(question: Question) -> Question:
    """Return the question with a lock of what the program declares."""
    from .toml_specification import declared_by

    declared = declared_by(question)
    if not question.text.strip() or (declared is not None and not declared.dependencies):
        return question
    tool = find_program(_SPEC)
    with tempfile.TemporaryDirectory(prefix="vpython-lock-") as directory:
        if tool is not None:
            return _by_hermetic_spec(tool, question, Path(directory))
        uv = find_program(_UV)
        if uv is None or declared is None:
            needed = f"{_SPEC} or {_UV}" if declared is not None else _SPEC
            raise HermeticError(f"{question.subject} is not locked, and {needed}, which would resolve it, is not in PATH.")
        return _by_uv(uv, question, [str(each) for each in declared.dependencies], Path(directory))


def _by_hermetic_spec(tool: str, question: Question, directory: Path) -> Question:
    file = directory / ("vpython.toml" if question.kind in TOML_KINDS else "program.vpython3")
    file.write_bytes(question.text)
    _run([tool, "lock", str(file)], question)
    lock = file.with_name(f"pylock.{file.name.replace('.', '-')}.toml")
    try:
        return replace(question, lock_kind="pylock", lock=lock.read_bytes(), lock_file=str(lock))
    except OSError as error:
        raise HermeticError(f"{tool} wrote no lock for {question.subject}: {error.strerror}") from error


def _by_uv(uv: str, question: Question, dependencies: Sequence[str], directory: Path) -> Question:
    wanted, lock = directory / "requirements.in", directory / "requirements.txt"
    wanted.write_text("".join(f"{each}\n" for each in dependencies), "utf-8")
    options = ["--generate-hashes", "--only-binary", ":all:", "--no-header", "--python-version", full_version(), "--output-file", str(lock)]
    _run([uv, "pip", "compile", "--quiet", *options, str(wanted)], question)
    return replace(question, lock_kind="requirements", lock=lock.read_bytes(), lock_file=str(lock))


def _run(command: Sequence[str], question: Question) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HermeticError(f"{question.subject} cannot be resolved with {command[0]}: {error}") from error
    if done.returncode != 0:
        raise HermeticError(f"{question.subject} cannot be resolved with {command[0]}.", done.stderr.strip().splitlines()[-20:])
