# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared state of a host, as the controller sends it: names and digests, no decision left to take."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import InvalidRequest
from .layout import VALID_NAME, bundle_id, environment_id

# Part of every environment's key: a new way of laying an environment makes new environments.
ENVIRONMENT_FORMAT = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")
_VALID_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


@dataclass(frozen=True)
class Bundle:
    """A declared bundle: one archive, known by its digest."""

    name: str
    release: str
    sha256: str
    default: bool = False

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

    def key(self, bundle: Bundle) -> str:
        """Return the digest of everything that decides the content of this environment on top of that bundle."""
        content = [ENVIRONMENT_FORMAT, bundle.sha256, sorted(self.wheels), self.system_site_packages]
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()

    def id(self, bundle: Bundle) -> str:
        """Return the name of its directory on top of that bundle."""
        return environment_id(self.name, key=self.key(bundle))


@dataclass(frozen=True)
class WantedEnvironment:
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


def _names(entries: Sequence[Mapping[str, Any]], what: str) -> Iterator[str]:
    seen: set[str] = set()
    for entry in entries:
        name = entry.get("name")
        if not isinstance(name, str) or not VALID_NAME.fullmatch(name):
            yield (
                f"The {what} name {name!r} cannot be used: wanted is a name of lower-case letters, digits, '.', '_' and '-' "
                "that starts with a letter or digit and has at most 64 characters; a path is not a name."
            )
        elif name in seen:
            yield f"The {what} '{name}' is declared twice; leave one."
        seen.add(str(name))


def digest_problem(value: object, subject: str) -> str | None:
    """Return the sentence that says that something is no SHA-256, or None when it is one."""
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return None
    return f"{subject} has the digest {value!r}; wanted are the 64 lower-case hexadecimal digits of a SHA-256."


def parse_declaration(value: Mapping[str, Any], *, complete: bool) -> Declaration:
    """Read the declaration of a request; raises InvalidRequest with every problem in it."""
    raw_bundles = list(value.get("bundles") or [])
    raw_environments = list(value.get("virtualenvs") or [])
    absent = value.get("absent") or {}
    problems = [*_names(raw_bundles, "bundle"), *_names(raw_environments, "VirtualEnv")]
    for entry in raw_bundles:
        problem = digest_problem(entry.get("sha256"), f"The bundle '{entry.get('name')}'")
        if problem:
            problems.append(problem)
        if not isinstance(entry.get("release"), str) or not _VALID_RELEASE.fullmatch(entry["release"]):
            problems.append(f"The bundle '{entry.get('name')}' has the release {entry.get('release')!r}; wanted is one like '3.12.11+4'.")
    for entry in raw_environments:
        subject = f"A wheel of the VirtualEnv '{entry.get('name')}'"
        problems.extend(found for found in (digest_problem(wheel, subject) for wheel in entry.get("wheels") or []) if found)
    defaults = [entry["name"] for entry in raw_bundles if entry.get("default")]
    if len(defaults) > 1:
        problems.append(f"The bundles {', '.join(defaults)} are all declared default; one bundle can be bin/python.")
    if problems:
        raise InvalidRequest("The declaration cannot be used.", problems)
    return Declaration(
        bundles=tuple(
            Bundle(name=entry["name"], release=entry["release"], sha256=entry["sha256"], default=bool(entry.get("default")))
            for entry in raw_bundles
        ),
        virtualenvs=tuple(
            VirtualEnv(
                name=entry["name"],
                bundle=str(entry.get("bundle") or ""),
                wheels=tuple(entry.get("wheels") or ()),
                system_site_packages=bool(entry.get("system_site_packages")),
            )
            for entry in raw_environments
        ),
        absent_bundles=frozenset(absent.get("bundles") or ()),
        absent_virtualenvs=frozenset(absent.get("virtualenvs") or ()),
        complete=complete,
    )
