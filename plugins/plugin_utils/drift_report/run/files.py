# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report: each is replaced in one step, so that a reader sees the report before or after, and never half of one."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.json_text import parse_json
from ..formats.html_page import html_page
from ..formats.json_lines import json_lines
from ..formats.junit import junit
from ..formats.plain_text import plain_text
from ..model.document import FORMAT, Report
from ..model.shape import report_problem
from .own_files import open_own, replace_file
from .shared_directory import make_directory


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


def _prometheus(report: Mapping[str, Any]) -> Iterable[str]:
    # prometheus-client takes a tenth of a second to import, which only this format needs.
    from ..formats.prometheus import prometheus

    return prometheus(report)


def _page(report: Mapping[str, Any]) -> Iterator[str]:
    yield html_page(report)


WRITERS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Iterable[str]]]] = {
    "json": (".json", json_text),
    "jsonl": (".jsonl", json_lines),
    "junit": (".junit.xml", junit),
    "prometheus": (".prom", _prometheus),
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
        elsewhere = prometheus_file if kind == "prometheus" else None
        path = elsewhere or directory / f"{name}{ending}"
        try:
            # A collector's directory often belongs to the collector.
            place = make_directory(path.parent, of_others=elsewhere is not None)
            _replace(place / path.name, writer(report))
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
        except HermeticError as error:
            problems.append(error.message)
        else:
            written[kind] = path
    if problems:
        raise HermeticError("The drift report could not be written completely. Make room, or name another directory.", problems)
    return written


def read_report(path: Path, *, own: bool = False) -> Report:
    """Read a JSON report; raises HermeticError where the file is none, or with ``own`` where another user could have made it."""
    try:
        with open(open_own(path) if own else path, "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise PermissionError(0, "it is not a regular file")
            report = parse_json(stream.read())
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise HermeticError(f"The report {path} cannot be read: {words}. Expected the .json file of a drift report.") from error
    problem = report_problem(report)
    if problem is None and own and report.get("format") != FORMAT:
        problem = f"it has format {report.get('format')!r}; this release reads {FORMAT}"
    if problem is not None:
        raise HermeticError(f"{path} is not a drift report of this release: {problem}. Expected the .json file of one.")
    return dict(report)


def read_earlier(directory: Path, name: str) -> Report | None:
    """Return the report that a run over some hosts updates, or None where there is none; raises HermeticError where it is not usable."""
    places = [path for path in (_kept(directory, name), directory / f"{name}.json") if os.path.lexists(path)]
    return read_report(places[0], own=True) if places else None


def keep_for_later(report: Report, directory: Path, name: str, *, formats: Sequence[str]) -> None:
    """Keep a report for the runs that update it, where none of its formats can be read back."""
    path = _kept(directory, name)
    try:
        if "json" in formats:
            path.unlink(missing_ok=True)
        else:
            _replace(path, json_text(report))
    except OSError as error:
        raise HermeticError(f"The report cannot be kept in {path}: {error.strerror}. Make room, or name another directory.") from error


def _kept(directory: Path, name: str) -> Path:
    return directory / f".{name}.json"


def _replace(path: Path, parts: Iterable[str]) -> None:
    replace_file(path, lambda stream: stream.writelines(_chunks(parts)))


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
