# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the specification of a program in the order of vpython: partner file, in the program, in directories above, the default one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ....module_utils.hermetic.errors import HermeticError
from ..formats.recognition import LARGEST_SPECIFICATION, TOML_NAME, specification_in, specification_of_program
from ..formats.specification import Form, Specification
from .files import read_from_program, read_specification, read_text
from .program import Program
from .trust import refuse_specification_of_others

SUFFIX = ".vpython3"
DEFAULT_VARIABLE = "VPYTHON_DEFAULT_SPEC"
BARRIER = ".gclient"


@dataclass(frozen=True)
class Found:
    """The specification of a program; None where nothing says what it needs, and it runs without packages."""

    specification: Specification | None
    how: str
    """Which step of the order found it, for people."""


def find_specification(
    program: Program, *, directory: Path | None = None, environment: Mapping[str, str] | None = None, suffix: str = SUFFIX
) -> Found:
    """Return what a program needs; ``directory`` is the working directory, ``suffix`` that of text protos (``.vpython`` for Python 2)."""
    here = Path(os.getcwd()) if directory is None else directory
    environment = os.environ if environment is None else environment
    if program.kind == "code" and (found := specification_of_program(_lines(program.value), path="-c")) and found.form is Form.SCRIPT:
        return Found(found, "PEP 723 block of the code")
    start = here
    if program.kind == "script":
        script = _script(here, program.value)
        if partner := _partner(script, suffix):
            return Found(_partner_specification(partner, script), "partner file")
        if not script.is_dir() and (found := read_from_program(script)):
            return Found(found, "in the program")
        start = script if script.is_dir() else script.parent
    above = _walk(start, suffix)
    if above is not None:
        refuse_specification_of_others(above)
        return Found(read_specification(above), "directory of the program or above")
    default = environment.get(DEFAULT_VARIABLE)
    if default:
        form = Form.TOML if default.lower().endswith(".toml") else Form.TEXT_PROTO
        return Found(read_specification(here / default, form=form), f"variable {DEFAULT_VARIABLE}")
    return Found(None, "none found")


def _script(here: Path, value: str) -> Path:
    named = here / value
    if not named.exists():
        raise HermeticError(f"The program {value} does not exist in {here}")
    script = Path(os.path.abspath(named))
    # A system follows a link before "..", and the text of a path does not: what is read is what will run.
    if ".." in named.parts and not (script.exists() and os.path.samefile(script, named)):
        script = Path(os.path.realpath(named))
    return script


def _lines(code: str) -> str:
    return code.replace("\r\n", "\n").replace("\r", "\n")


def _partner_specification(partner: Path, script: Path) -> Specification:
    refuse_specification_of_others(partner, program=script)
    text = read_text(str(partner), largest=LARGEST_SPECIFICATION)
    found = specification_in(text, path=str(partner), form=Form.TEXT_PROTO)
    if found is None:
        raise AssertionError("a text proto is always a specification")
    return found


def _partner(script: Path, suffix: str) -> Path | None:
    """Return the partner file: beside the program as it was named, else beside what its links lead to."""
    places = [script]
    if sys.platform != "win32" and (real := Path(os.path.realpath(script))) != script:
        places.append(real)
    for place in places:
        for candidate in _partners(place, suffix):
            # A directory of that name is something else; a link that leads nowhere is meant to be one.
            if os.path.lexists(candidate) and not candidate.is_dir():
                return candidate
    return None


def _partners(script: Path, suffix: str) -> Iterator[Path]:
    if not script.is_dir():
        yield script.with_name(script.name + suffix)
        return
    # A package and those that it lies in.
    place = script
    while (place / "__init__.py").exists() and place.name:
        yield place.with_name(place.name + suffix)
        place = place.parent


def _walk(start: Path, suffix: str) -> Path | None:
    """Return the specification of the nearest directory that has one; the one with ``.gclient`` is the last that is looked into."""
    for directory in (start, *start.parents):
        for name in (TOML_NAME, suffix):
            candidate = directory / name
            if candidate.is_dir():
                raise HermeticError(
                    f"{candidate} is a directory, and a specification is a file; rename it, or give the specification explicitly"
                )
            if os.path.lexists(candidate):
                return candidate
        if (directory / BARRIER).exists():
            return None
    return None
