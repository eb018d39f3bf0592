# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report: each is replaced in one step, so that a reader sees the report before or after, and never half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.json_text import parse_json
from .html_page import html_page
from .json_lines import json_lines
from .junit import junit
from .plain_text import plain_text
from .prometheus import prometheus
from .shape import report_problem


def json_text(report: Mapping[str, Any]) -> Iterator[str]:
    """Give the parts of the JSON document: plain ASCII whatever the names in it are, one line for each host."""
    before = "{"
    for key, value in report.items():
        yield f"{before}\n {json.dumps(key)}: "
        before = ","
        if key in ("hosts", "declarations") and value:
            between = "{"
            for name, entry in value.items():
                yield f"{between}\n  {json.dumps(name)}: {json.dumps(entry)}"
                between = ","
            yield "\n }"
        else:
            yield json.dumps(value)
    yield "\n}\n"


def _page(report: Mapping[str, Any]) -> Iterator[str]:
    yield html_page(report)


WRITERS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Iterable[str]]]] = {
    "json": (".json", json_text),
    "jsonl": (".jsonl", json_lines),
    "junit": (".junit.xml", junit),
    "prometheus": (".prom", prometheus),
    "text": (".txt", plain_text),
    "html": (".html", _page),
}
"""The ending and the writer of each format."""
FORMATS = tuple(WRITERS)


def write_report(
    report: Mapping[str, Any], directory: Path, name: str, *, formats: Sequence[str] = FORMATS, prometheus_file: Path | None = None
) -> dict[str, Path]:
    """Write a report in these formats and return its files; raises HermeticError with every file that could not be written."""
    written: dict[str, Path] = {}
    problems: list[str] = []
    for kind in formats:
        ending, writer = WRITERS[kind]
        path = prometheus_file if kind == "prometheus" and prometheus_file is not None else directory / f"{name}{ending}"
        try:
            _replace(path, writer(report))
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
        else:
            written[kind] = path
    if problems:
        raise HermeticError("The drift report could not be written completely. Make room, or name another directory.", problems)
    return written


def read_report(path: Path) -> dict[str, Any]:
    """Read a JSON report; raises HermeticError where the file is none."""
    try:
        with open(path, "rb") as stream:
            report = parse_json(stream.read())
    except (OSError, ValueError) as error:
        raise HermeticError(f"The report {path} cannot be read: {error}. Wanted is the .json file of a drift report.") from error
    problem = report_problem(report)
    if problem is not None:
        raise HermeticError(f"{path} is no drift report: {problem}. Wanted is the .json file of one.")
    return dict(report)


def _replace(path: Path, parts: Iterable[str]) -> None:
    os.makedirs(path.parent, mode=0o755, exist_ok=True)
    # The name must not end as the file's own does: node_exporter reads every *.prom.
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(beside, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.writelines(_chunks(parts))
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _chunks(parts: Iterable[str]) -> Iterator[str]:
    """Give the same text in fewer and larger parts."""
    waiting: list[str] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= 1 << 16:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)
