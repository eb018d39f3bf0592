# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role writes for the runs of a host, checked; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import is_number, name_problem, shown
from ...module_utils.hermetic.text.json_text import parse_json
from ..drift_report.model.pulled import host_problem

FORMAT = 1
# ansible-pull puts these into a line for a shell, in double quotes and between spaces.
_WORD = re.compile(r"[A-Za-z0-9_./:@%+~=,-]+")
_COMMIT_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_Judge = Callable[[Any], str | None]


@dataclass(frozen=True)
class GitSource:
    """A git repository that ansible-pull checks out."""

    url: str
    version: str
    verify_commit: bool
    key_file: str


@dataclass(frozen=True)
class ArchiveSource:
    """An archive of the same files, trusted by its digest or by its signature."""

    url: str
    public_key: str
    sha256: str
    ca_path: str


@dataclass(frozen=True)
class PublishedSource:
    """An archive that a repository publishes under a name, trusted like its bundles."""

    repository: str
    name: str
    public_key: str
    """A file with a key, or with a root of TUF."""
    ca_path: str


@dataclass(frozen=True)
class ReportTarget:
    """Where the report of each run goes; one of the two, or both."""

    directory: str
    url: str
    credentials_file: str
    ca_path: str


@dataclass(frozen=True)
class Settings:
    """One host's runs."""

    host: str
    source: GitSource | ArchiveSource | PublishedSource
    playbook: str
    inventory: str
    collections: str
    time_limit: int
    delay: int
    vault_password_file: str
    report: ReportTarget


def parse_settings(text: str | bytes) -> Settings:
    """Return the settings of a host; raises HermeticError with everything that is wrong with them."""
    try:
        document = parse_json(text)
    except ValueError as error:
        raise HermeticError(f"The settings are no JSON: {error}. Run the role hermetic.python.pull again.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT or isinstance(document["format"], bool):
        found = document.get("format") if isinstance(document, dict) else document
        raise HermeticError(
            f"The settings have the format {shown(found)}; this release reads {FORMAT}. Run the role hermetic.python.pull again."
        )
    problems = [*_problems(document, _TOP, ""), *_source_problems(document.get("source")), *_report_problems(document.get("report"))]
    if problems:
        raise HermeticError(
            "The settings cannot be used. Correct the variables of the role hermetic.python.pull and run it again.", problems
        )
    source, report = document["source"], document["report"]
    return Settings(
        source=_SOURCES[source["kind"]][0](**{name: source[name] for name in _SOURCES[source["kind"]][1] if name != "kind"}),
        report=ReportTarget(**{name: report[name] for name in _REPORT}),
        **{name: document[name] for name in _TOP if name not in ("format", "source", "report")},
    )


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return the text of settings, in an order that does not change."""
    return json.dumps({"format": FORMAT, **settings}, indent=1, sort_keys=True) + "\n"


def _problems(given: Mapping[str, Any], judges: Mapping[str, _Judge], place: str) -> list[str]:
    found = [f"{place}{shown(name)} is unknown" for name in given if name not in judges]
    for name, judge in judges.items():
        problem = "is missing" if name not in given else judge(given[name])
        if problem is not None:
            found.append(f"{place}{name} {problem}")
    return found


def _source_problems(source: Any) -> list[str]:
    if not isinstance(source, dict):
        return []
    kind = source.get("kind")
    if not isinstance(kind, str) or kind not in _SOURCES:
        return [f"source: kind is {shown(kind)}, expected {', '.join(_SOURCES)}"]
    found = _problems(source, _SOURCES[kind][1], "source: ")
    if kind == "archive" and not found and not source["public_key"] and not source["sha256"]:
        found.append("source: an archive needs a public_key, which signed it, or its sha256")
    return found


def _report_problems(report: Any) -> list[str]:
    if not isinstance(report, dict):
        return []
    found = _problems(report, _REPORT, "report: ")
    if not found and not report["directory"] and not report["url"]:
        found.append("report: neither a directory nor a url is given, so that a failed run would be seen by nobody")
    if not found and report["credentials_file"] and not report["url"].startswith("https:"):
        found.append(f"report: url is {shown(report['url'])}, expected https, since credentials are sent to it")
    return found


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value and value.isprintable() else f"is {shown(value)}, expected a text"


def _host(value: Any) -> str | None:
    return host_problem(value) if isinstance(value, str) else f"is {shown(value)}, expected a text"


def _path(value: Any) -> str | None:
    if isinstance(value, str) and value.isprintable() and value.startswith("/") and ".." not in PurePosixPath(value).parts:
        return None
    return f"is {shown(value)}, expected an absolute path without '..'"


def _path_or_none(value: Any) -> str | None:
    return None if value == "" else _path(value)


def _word_path_or_none(value: Any) -> str | None:
    return (
        None
        if value == "" or (_path(value) is None and _WORD.fullmatch(value))
        else f"is {shown(value)}, expected an absolute path of plain characters"
    )


def _inside(value: Any) -> str | None:
    parts = PurePosixPath(value).parts if isinstance(value, str) else ()
    if parts and _WORD.fullmatch(value) and parts[0][0] not in "/-~" and ".." not in parts and "," not in value:
        return None
    return f"is {shown(value)}, expected a relative path of plain characters (letters, digits, '_', '.', '-', '/') in the source"


def _inside_or_none(value: Any) -> str | None:
    return None if value == "" else _inside(value)


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"is {shown(value)}, expected true or false"


def _seconds(least: int) -> _Judge:
    def judge(value: Any) -> str | None:
        return (
            None
            if is_number(value) and least <= value <= 86400
            else f"is {shown(value)}, expected a number of seconds from {least} to 86400"
        )

    return judge


def _git_url(value: Any) -> str | None:
    if not isinstance(value, str) or not _WORD.fullmatch(value) or value.startswith("-"):
        return f"is {shown(value)}, expected a URL of plain characters"
    try:
        parts = urlsplit(value)
    except ValueError:
        return f"is {shown(value)}, expected a URL"
    if parts.password is not None or (parts.username is not None and parts.scheme in ("http", "https")):
        # Not shown: it would be in the log.
        return "has credentials in it, which every user of the host could read; use a key file, or a credential helper of git"
    if parts.scheme not in ("https", "http", "ssh", "git", "file", "") and ":" not in value:
        return f"is {shown(value)}, expected https, ssh, file or user@host:path"
    return None


def _version(value: Any) -> str | None:
    return (
        None
        if value == "" or (isinstance(value, str) and _COMMIT_WORD.fullmatch(value))
        else f"is {shown(value)}, expected a branch, tag or commit"
    )


def _archive_url(value: Any) -> str | None:
    if isinstance(value, str) and _path(value) is None:
        return None
    return _http_url(value, "an absolute path, or an http or https URL")


def _name(value: Any) -> str | None:
    return None if isinstance(value, str) and name_problem(value) is None else f"is {shown(value)}, expected the name of a published file"


def _http_url(value: Any, wanted: str) -> str | None:
    try:
        parts = urlsplit(value) if isinstance(value, str) and value.isprintable() and " " not in value else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return f"is {shown(value)}, expected {wanted}"
    return "has credentials in it; give them by a file" if parts.username is not None or parts.password is not None else None


def _report_url(value: Any) -> str | None:
    if value == "":
        return None
    problem = _http_url(value, "an http or https URL of a directory")
    if problem is None and (not value.endswith("/") or urlsplit(value).query or urlsplit(value).fragment):
        return f"is {shown(value)}, expected one that ends with '/': the name of the host's report is added to it"
    return problem


def _digest(value: Any) -> str | None:
    return None if value == "" or (isinstance(value, str) and _SHA256.fullmatch(value)) else f"is {shown(value)}, expected a SHA-256"


def _mapping(value: Any) -> str | None:
    return None if isinstance(value, dict) else f"is {shown(value)}, expected a mapping"


def _known(_value: Any) -> str | None:
    return None


_TOP: Mapping[str, _Judge] = {
    "format": _known,
    "host": _host,
    "source": _mapping,
    "playbook": _inside,
    "inventory": _inside_or_none,
    "collections": _path,
    "time_limit": _seconds(1),
    "delay": _seconds(0),
    "vault_password_file": _path_or_none,
    "report": _mapping,
}
_GIT: Mapping[str, _Judge] = {
    "kind": _text,
    "url": _git_url,
    "version": _version,
    "verify_commit": _flag,
    "key_file": _word_path_or_none,
}
_ARCHIVE: Mapping[str, _Judge] = {
    "kind": _text,
    "url": _archive_url,
    "public_key": _path_or_none,
    "sha256": _digest,
    "ca_path": _path_or_none,
}
_PUBLISHED: Mapping[str, _Judge] = {
    "kind": _text,
    "repository": _archive_url,
    "name": _name,
    # Without one, whoever can write to the server would choose what root runs here.
    "public_key": _path,
    "ca_path": _path_or_none,
}
_SOURCES: Mapping[str, tuple[Callable[..., GitSource | ArchiveSource | PublishedSource], Mapping[str, _Judge]]] = {
    "git": (GitSource, _GIT),
    "archive": (ArchiveSource, _ARCHIVE),
    "published": (PublishedSource, _PUBLISHED),
}
_REPORT: Mapping[str, _Judge] = {
    "directory": _path_or_none,
    "url": _report_url,
    "credentials_file": _path_or_none,
    "ca_path": _path_or_none,
}
