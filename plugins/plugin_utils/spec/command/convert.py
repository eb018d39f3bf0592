# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""hermetic-spec convert: a specification in another form, and what means something else there."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.fs.atomic import write_text
from ..formats.problem import Problem
from ..formats.script_block import render_script_block
from ..formats.specification import Requirements, Specification
from ..formats.toml_form import render_toml_form
from ..legacy.conversion import Change, Conversion, converted
from ..locking.lock_place import lock_path
from ..locking.locking import make_lock
from .inputs import Inputs, specification_of
from .report import Report, print_json, print_lines, print_problems


def convert(arguments: argparse.Namespace) -> int:
    """Print or write each specification in the form that is asked for."""
    report = Report()
    inputs = Inputs(arguments)
    if arguments.output and len(arguments.files) > 1:
        report.problems.append(Problem("usage", "--output takes one file; convert several one by one, or print them"))
        report.unreadable = True
        print_problems(report.problems)
        return report.code
    documents = []
    for path in arguments.files:
        done = report.attempt(path, lambda path=path: _converted(path, arguments, inputs))  # type: ignore[misc]
        if done is None:
            continue
        conversion, text = done
        report.problems += conversion.problems
        documents.append(_document(path, arguments.to, text, conversion))
        if arguments.output and not conversion.problems:
            report.attempt(path, lambda text=text: _write(Path(arguments.output), text, force=arguments.force))  # type: ignore[misc]
    if arguments.json:
        print_json(documents[0] if len(arguments.files) == 1 and documents else documents)
    else:
        _print(documents, arguments, several=len(arguments.files) > 1)
    print_problems(report.problems)
    return report.code


def _converted(path: str, arguments: argparse.Namespace, inputs: Inputs) -> tuple[Conversion, str]:
    specification = specification_of(path, program=arguments.program)
    conversion = converted(specification, local=arguments.local_versions)
    if arguments.to == "requirements":
        conversion = replace(conversion, changes=(*conversion.changes, *_not_in_requirements(conversion.requirements)))
    return conversion, _text(specification, conversion.requirements, arguments, inputs)


def _not_in_requirements(content: Requirements) -> Iterator[Change]:
    if content.requires_python is not None:
        lost = f"a list of requirements does not say that requires-python is {content.requires_python}"
        yield Change(kind="requires-python-lost", subject="", message=lost)
    if content.tool:
        lost = f"a list of requirements has no settings: {', '.join(f'[tool.{name}]' for name in content.tool)}"
        yield Change(kind="tool-lost", subject="", message=lost)


def _text(specification: Specification, content: Requirements, arguments: argparse.Namespace, inputs: Inputs) -> str:
    if arguments.to == "requirements":
        return "".join(f"{dependency}\n" for dependency in content.dependencies)
    if arguments.to == "pep723":
        return render_script_block(render_toml_form(content))
    if arguments.to == "vpython.toml":
        return render_toml_form(content)
    place = Path(arguments.output) if arguments.output else lock_path(specification.path)
    return make_lock(specification, path=place, asked=inputs.asked, sources=inputs.sources).text


def _document(path: str, form: str, text: str, conversion: Conversion) -> dict[str, Any]:
    return {
        "path": path,
        "to": form,
        "text": text,
        "requirements": conversion.requirements.as_json(),
        "changes": [change.as_json() for change in conversion.changes],
        "problems": [problem.as_json() for problem in conversion.problems],
    }


def _print(documents: list[dict[str, Any]], arguments: argparse.Namespace, *, several: bool) -> None:
    for document in documents if not arguments.output else ():
        print_lines([*([f"# {document['path']}"] if several else []), document["text"].removesuffix("\n")])
    for document in documents:
        print_problems([Problem("change", str(Change(**change)), "info", path=document["path"]) for change in document["changes"]])


def _write(path: Path, text: str, *, force: bool) -> None:
    if os.path.lexists(path) and not force:
        raise HermeticError(f"{path} exists and is left as it is; name another file, or give --force")
    write_text(path, text)
