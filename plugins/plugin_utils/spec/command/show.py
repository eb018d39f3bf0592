# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""hermetic-spec show: what a reader sees."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ..formats.cipd_versions import looks_like_versions, parse_versions
from ..formats.problem import Problem, Unreadable
from ..formats.recognition import LARGEST_SPECIFICATION, form_of_name
from ..formats.specification import Specification, WheelList
from ..legacy.hosts import Host, parse_python_version, pythons_of
from ..legacy.on_host import on_host
from ..locking.pythons import admitted_pythons
from ..reading.files import read_text
from ..reading.program import Program
from .inputs import specification_of, specification_of_program
from .report import UNUSABLE, Report, print_json, print_lines, print_problems


def show(arguments: argparse.Namespace) -> int:
    """Print each specification; with JSON, that of one file alone, and those of several by their paths."""
    report = Report()
    found: dict[str, tuple[Any, list[str]]] = {}
    for path in arguments.files:
        read = report.attempt(path, lambda path=path: _read(path, arguments, report))  # type: ignore[misc]
        if read is not None:
            found[path] = read
    programs = {"-c": Program("code", arguments.code or ""), "-m": Program("module", arguments.module or "")}
    given = [option for option, value in (("-c", arguments.code), ("-m", arguments.module)) if value is not None]
    for option in given:
        read = report.attempt(option, lambda: _shown(specification_of_program(programs[option], subject=option), arguments, report))  # noqa: B023
        if read is not None:
            found[option] = read
    asked = len(arguments.files) + len(given)
    if not asked:
        report.problems.append(Problem("usage", "name a file, or give code with -c or a module with -m"))
        report.unreadable = True
    documents = {path: document for path, (document, _lines) in found.items()}
    if arguments.json:
        if asked == 1:
            for document in documents.values():
                print_json(document)
        else:
            print_json(documents)
    else:
        print_lines(line for _document, lines in found.values() for line in lines)
    print_problems(report.problems)
    return UNUSABLE if report.problems else report.code


def _read(path: str, arguments: argparse.Namespace, report: Report) -> tuple[Any, list[str]]:
    if not arguments.program and form_of_name(PurePath(path).name) is None and not os.path.isdir(path):
        text = read_text(path, largest=LARGEST_SPECIFICATION * 64)
        if looks_like_versions(text):
            resolved = parse_versions(text, path=path)
            lines = [
                f"{path}: resolved versions of CIPD packages",
                *(f"  {each.package} {each.version} {each.instance}" for each in resolved),
            ]
            return [each.as_json() for each in resolved], lines
    return _shown(specification_of(path, program=arguments.program), arguments, report)


def _shown(specification: Specification, arguments: argparse.Namespace, report: Report) -> tuple[Any, list[str]]:
    if not arguments.platform:
        return specification.content.as_json(), list(_lines(specification))
    host = Host(arguments.platform, _python(specification, arguments.python))
    document, problems = on_host(specification, host)
    report.problems += problems
    lines = [f"{each['name']} {each['version']}" for each in document.get("wheel", ())] or document.get("dependencies", [])
    return document, [f"{specification.path}: {host.label}", *(f"  {line}" for line in lines)]


def _python(specification: Specification, stated: str | None) -> tuple[int, int]:
    numbers = parse_python_version(stated) if stated else None
    if stated and (numbers is None or len(numbers) < 2):
        raise Unreadable([Problem("usage", f"{stated!r} is no release of Python; expected one such as 3.12", path="--python")])
    if numbers is not None:
        return numbers[0], numbers[1]
    content = specification.content
    if isinstance(content, WheelList):
        return pythons_of(specification)[0]
    admitted = admitted_pythons(content.requires_python)
    if not admitted:
        raise HermeticError(f"No Python from 3.8 on fulfils requires-python {content.requires_python!r}")
    return admitted[0]


def _lines(specification: Specification) -> Iterator[str]:
    content = specification.content
    yield f"{specification.path}: {specification.form.value}, sha256:{specification.digest}"
    if not isinstance(content, WheelList):
        yield f"  Python {content.requires_python or 'any'}"
        yield from (f"  {dependency}" for dependency in content.dependencies)
        return
    yield f"  Python {content.python_version or 'not stated'}"
    for wheel in content.wheels:
        only = f" only {', '.join(map(str, wheel.match_tags))}" if wheel.match_tags else ""
        but = f" not {', '.join(map(str, wheel.not_match_tags))}" if wheel.not_match_tags else ""
        yield f"  {wheel.name} {wheel.version}{only}{but}"
    if content.verify_tags:
        yield f"  verified for {', '.join(map(str, content.verify_tags))}"
