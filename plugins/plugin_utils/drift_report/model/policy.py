# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report leaves out of its verdict, and until when: a threshold, and findings that are ignored for a reason."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.findings.finding import SEVERITIES

FIELDS = ("hosts", "subject", "kind", "cause", "path")
"""What an entry is matched by, each a glob; all of them must match."""
DEFAULT_THRESHOLD = "low"

_GLOB = {"type": "string", "minLength": 1}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "threshold": {"enum": list(SEVERITIES)},
        "ignores": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["reason", "expires"],
                "anyOf": [{"required": [name]} for name in FIELDS],
                "properties": {
                    "reason": {"type": "string", "pattern": r"\S"},
                    "expires": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
                    **dict.fromkeys(FIELDS, _GLOB),
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Ignore:
    """Findings that do not count up to and including a day."""

    reason: str
    expires: str
    expired: bool
    globs: Mapping[str, str]

    def matches(self, host: str, finding: Mapping[str, Any]) -> bool:
        """Return whether a finding is meant; a finding without a path has an empty one."""
        return all(
            pattern.match(host if name == "hosts" else str(finding[name] or "")) is not None for name, pattern in self._patterns.items()
        )

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return {name: re.compile(translate(glob)) for name, glob in self.globs.items() if glob != "*"}


@dataclass(frozen=True)
class Policy:
    """The threshold below which a finding does not count, and the findings that are ignored."""

    threshold: str = DEFAULT_THRESHOLD
    ignores: Sequence[Ignore] = field(default_factory=tuple)

    def ignoring(self, host: str, finding: Mapping[str, Any]) -> int | None:
        """Return the place of the first entry that has not expired and matches."""
        return next((place for place, each in enumerate(self.ignores) if not each.expired and each.matches(host, finding)), None)

    def shown(self, matched: Mapping[int, int]) -> dict[str, Any]:
        """Return the policy as the report shows it, with how many findings each entry keeps out."""
        return {
            "threshold": self.threshold,
            "expired": sum(each.expired for each in self.ignores),
            "ignores": [
                {"reason": each.reason, "expires": each.expires, "expired": each.expired, **each.globs, "matched": matched.get(place, 0)}
                for place, each in enumerate(self.ignores)
            ],
        }


def read_policy(path: Path | None, *, today: datetime.date) -> Policy:
    """Read a policy, or return the one that lets everything count; raises HermeticError with every problem of the file."""
    if path is None:
        return Policy()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise HermeticError(
            f"The policy {path} cannot be read: it is nested too deeply. It is a YAML file with threshold and ignores."
        ) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise HermeticError(f"The policy {path} cannot be read: {error}. It is a YAML file with threshold and ignores.") from error
    return parse_policy(document if document is not None else {}, today=today, subject=f"The policy {path}")


def parse_policy(document: Any, *, today: datetime.date, subject: str = "The policy") -> Policy:
    """Return the policy that a document states; raises HermeticError with every problem in it."""
    document = _with_text_dates(document)
    problems = [
        _problem_text(error)
        for error in sorted(jsonschema.Draft202012Validator(SCHEMA).iter_errors(document), key=lambda each: str(list(each.absolute_path)))
    ]
    entries = document.get("ignores") if isinstance(document, Mapping) else None
    for place, entry in enumerate(entries if isinstance(entries, list) else ()):
        expires = entry.get("expires") if isinstance(entry, Mapping) else None
        if isinstance(expires, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", expires) and _day(expires) is None:
            problems.append(f"ignores[{place}].expires: {expires} is no day of the calendar")
    if problems:
        raise HermeticError(f"{subject} cannot be applied.", problems)
    return Policy(
        threshold=document.get("threshold", DEFAULT_THRESHOLD),
        ignores=tuple(_ignore(entry, today=today) for entry in entries or ()),
    )


def policy_of(shown: Mapping[str, Any]) -> Policy:
    """Return the policy that a report shows; an entry that had expired then stays so."""
    return Policy(
        threshold=shown["threshold"],
        ignores=tuple(
            Ignore(each["reason"], each["expires"], each["expired"], {name: each[name] for name in FIELDS}) for each in shown["ignores"]
        ),
    )


def _ignore(entry: Mapping[str, str], *, today: datetime.date) -> Ignore:
    expired = datetime.date.fromisoformat(entry["expires"]) < today
    return Ignore(entry["reason"], entry["expires"], expired, {name: entry.get(name, "*") for name in FIELDS})


def _with_text_dates(value: Any) -> Any:
    """Return the document with the dates that YAML recognised as they were written."""
    if isinstance(value, Mapping):
        return {str(key): _with_text_dates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_text_dates(each) for each in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _problem_text(error: jsonschema.ValidationError) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".") or "the document"
    if error.validator == "anyOf":
        return f"{where}: matches everything; expected at least one of {', '.join(FIELDS)}"
    if where.endswith(".expires"):
        return f"{where}: {error.instance!r} is no date; expected the last day on which it applies, as 2026-12-31"
    if where.endswith(".reason"):
        return f"{where}: {error.instance!r} is not a reason; expected a text"
    return f"{where}: {error.message}"
