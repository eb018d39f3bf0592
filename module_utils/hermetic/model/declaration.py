# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared state of a host, as the controller sends it: names and digests, no decision left to take."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidRequest
from ..text.grammar import digest_problem, name_problem, release_problem, shown, text_problem
from .check import Check, check_problems, parse_checks
from .layout import bundle_id, environment_id
from .wheel_name import distribution

# Part of every environment's key: a new way of laying an environment makes new environments.
ENVIRONMENT_FORMAT = 1


@dataclass(frozen=True)
class Bundle:
    """A declared bundle: one archive, known by its digest."""

    name: str
    release: str
    sha256: str
    default: bool = False
    byte_code: str | None = None
    """The digest of the byte code that its Python reads; None where the controller does not know it."""
    packages: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The versions of its packages by their names, as far as the controller knows them: until it is installed, the host does not."""
    checks: tuple[Check, ...] = field(default=(), compare=False)
    checks_after: tuple[Check, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """Name of its directory."""
        return bundle_id(self.name, release=self.release, sha256=self.sha256)


@dataclass(frozen=True)
class VirtualEnv:
    """A declared VirtualEnv: a name, the bundle below it, and the digests of its wheels."""

    name: str
    bundle: str
    wheels: tuple[str, ...]
    system_site_packages: bool = False
    pythonpath: bool = False
    """Whether PYTHONPATH acts in it."""
    vpython: bool = False
    """Whether its Python starts as vpython starts one; no request declares such an environment, and its key is made elsewhere."""
    checks: tuple[Check, ...] = field(default=(), compare=False)
    checks_after: tuple[Check, ...] = field(default=(), compare=False)

    def key(self, bundle: Bundle) -> str:
        """Return the digest of everything that decides the content of this environment on top of that bundle."""
        content: list[Any] = [ENVIRONMENT_FORMAT, bundle.sha256, sorted(self.wheels), self.system_site_packages]
        # Environments without it keep the keys that they had before there was the option.
        content += ["pythonpath"] if self.pythonpath else []
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()

    def id(self, bundle: Bundle) -> str:
        """Return the name of its directory on top of that bundle."""
        return environment_id(self.name, key=self.key(bundle))


@dataclass(frozen=True)
class PlannedEnvironment:
    """An environment to build, with the identity of its tree."""

    id: str
    key: str
    declared: VirtualEnv
    bundle_id: str


@dataclass(frozen=True)
class Declaration:
    """What a host shall hold.

    ``complete`` means that what is not named shall go; otherwise the rest of the current generation stays as it is.
    """

    bundles: tuple[Bundle, ...] = ()
    virtualenvs: tuple[VirtualEnv, ...] = ()
    absent_bundles: frozenset[str] = frozenset()
    absent_virtualenvs: frozenset[str] = frozenset()
    complete: bool = False


def parse_declaration(value: object, *, complete: bool) -> Declaration:
    """Read the declaration of a request; raises InvalidRequest with every problem in it."""
    problems = list(_problems(value))
    if problems or not isinstance(value, Mapping):
        raise InvalidRequest("The declaration cannot be used.", problems)
    absent = value.get("absent") or {}
    return Declaration(
        bundles=tuple(
            Bundle(
                name=entry["name"],
                release=entry["release"],
                sha256=entry["sha256"],
                default=bool(entry.get("default")),
                byte_code=entry.get("byte_code"),
                packages={distribution(name): version for name, version in (entry.get("packages") or {}).items()},
                checks=parse_checks(entry, "checks"),
                checks_after=parse_checks(entry, "checks_after"),
            )
            for entry in value.get("bundles") or ()
        ),
        virtualenvs=tuple(
            VirtualEnv(
                name=entry["name"],
                bundle=entry.get("bundle") or "",
                wheels=tuple(entry.get("wheels") or ()),
                system_site_packages=bool(entry.get("system_site_packages")),
                pythonpath=bool(entry.get("pythonpath")),
                checks=parse_checks(entry, "checks"),
                checks_after=parse_checks(entry, "checks_after"),
            )
            for entry in value.get("virtualenvs") or ()
        ),
        absent_bundles=frozenset(absent.get("bundles") or ()),
        absent_virtualenvs=frozenset(absent.get("virtualenvs") or ()),
        complete=complete,
    )


def _problems(value: object) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"The declaration is {shown(value)}; expected a mapping."
        return
    bundles = yield from _entries(value, "bundles", "bundle")
    environments = yield from _entries(value, "virtualenvs", "VirtualEnv")
    for subject, entry in bundles:
        yield from _digest_sentence(entry.get("sha256"), f"The {subject}")
        problem = release_problem(entry.get("release"))
        if problem is not None:
            yield f"The {subject} has the release {shown(entry.get('release'))}; {problem}."
        yield from _flag(entry, "default", subject)
        if entry.get("byte_code") is not None:
            yield from _digest_sentence(entry["byte_code"], f"The byte code of the {subject}")
        yield from _package_problems(entry.get("packages"), subject)
        yield from check_problems(entry, subject)
    for subject, entry in environments:
        wheels = entry.get("wheels")
        if not isinstance(wheels, (list, type(None))):
            yield f"The wheels of the {subject} are {shown(wheels)}; expected a list of digests."
        for wheel in wheels if isinstance(wheels, list) else ():
            yield from _digest_sentence(wheel, f"A wheel of the {subject}")
        bundle = entry.get("bundle")
        if bundle not in (None, "") and name_problem(bundle) is not None:
            yield f"The bundle of the {subject} is {shown(bundle)}; {name_problem(bundle)}."
        yield from _flag(entry, "system_site_packages", subject)
        yield from _flag(entry, "pythonpath", subject)
        yield from check_problems(entry, subject)
    defaults = [shown(entry.get("name")) for _subject, entry in bundles if entry.get("default") is True]
    if len(defaults) > 1:
        yield f"The bundles {', '.join(defaults)} are all declared default; one bundle can be bin/python."
    yield from _absent_problems(value.get("absent"))


def _entries(value: Mapping[str, Any], part: str, what: str) -> Generator[str, None, list[tuple[str, Mapping[str, Any]]]]:
    """Yield what is wrong with a list of named things, and return those that can be checked further, each with what it is called."""
    entries = value.get(part)
    if entries is not None and not isinstance(entries, list):
        yield f"The part '{part}' of the declaration is {shown(entries)}; expected a list of mappings."
        return []
    found = []
    seen: set[str] = set()
    for entry in entries or ():
        if not isinstance(entry, Mapping):
            yield f"The part '{part}' of the declaration holds {shown(entry)}; expected a list of mappings."
            continue
        name = entry.get("name")
        problem = name_problem(name)
        if problem is not None:
            yield f"The {what} name {shown(name)} cannot be used: {problem}."
        elif name in seen:
            yield f"The {what} '{name}' is declared twice; leave one."
        else:
            seen.add(str(name))
        found.append((f"{what} {shown(name)}", entry))
    return found


def _digest_sentence(value: object, subject: str) -> Iterator[str]:
    problem = digest_problem(value)
    if problem is not None:
        yield f"{subject} has the digest {shown(value)}; {problem}."


def _package_problems(packages: object, subject: str) -> Iterator[str]:
    if not isinstance(packages, (Mapping, type(None))):
        yield f"The packages of the {subject} are {shown(packages)}; expected a mapping of names to versions."
        return
    for text in (each for pair in (packages or {}).items() for each in pair):
        problem = text_problem(text)
        if problem is not None:
            yield f"The packages of the {subject} have {shown(text)}; {problem}."


def _flag(entry: Mapping[str, Any], key: str, subject: str) -> Iterator[str]:
    # Text would count as true, 'false' among it.
    if not isinstance(entry.get(key), (bool, type(None))):
        yield f"The {subject} has {shown(entry[key])} for {key}; expected true or false."


def _absent_problems(absent: object) -> Iterator[str]:
    if absent is not None and not isinstance(absent, Mapping):
        yield f"The part 'absent' of the declaration is {shown(absent)}; expected a mapping."
        return
    for part in ("bundles", "virtualenvs"):
        names = (absent or {}).get(part)
        if names is not None and not isinstance(names, list):
            yield f"The part 'absent.{part}' of the declaration is {shown(names)}; expected a list of names."
            continue
        for name in names or ():
            problem = name_problem(name)
            if problem is not None:
                yield f"The part 'absent.{part}' of the declaration holds {shown(name)}: {problem}."
