# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's request as a document: composed from what the controller decided, and changed when artifacts are pushed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.model.request import REQUEST_FORMAT, option_problems
from ...module_utils.hermetic.spec import DOWNLOADS
from ...module_utils.hermetic.text.grammar import name_problem, shown
from ...module_utils.hermetic.text.redaction import redacted
from ..net.url_credentials import host_names

_ENGINE_OPTIONS = (
    *(
        "verify",
        "keep_generations",
        "lock_timeout",
        "link_mode",
        "jobs",
        "unpack_limit",
        "foreign_pythons",
        "processes",
        "run_checks",
        "consistency",
        "check_free_space",
    ),
    *(name for name in DOWNLOADS if name != "credentials"),
    "unsafe_parent",
)

# What holds secrets, or may.
_NEVER_SHOWN = ("credentials", "environment", "stdin")

Request = dict[str, Any]


def compose_request(
    command: str,
    *,
    root: str,
    check: bool,
    options: Mapping[str, Any],
    declaration: Mapping[str, Any] | None = None,
    scope: str = "system",
    artifacts: Mapping[str, Mapping[str, Any]] | None = None,
    prebuilt: Mapping[str, str] | None = None,
    generation: Mapping[str, Any] | None = None,
    force: bool = False,
    program: Mapping[str, Any] | None = None,
    rollout: str | None = None,
) -> Request:
    """Return a request that holds only what its command needs; credentials are never part of it."""
    given = {name: options[name] for name in _ENGINE_OPTIONS if options.get(name) is not None}
    problems = option_problems(given)
    if problems:
        raise HermeticError(f"The options cannot be used; no host was changed. {problems[0]}", problems)
    request: Request = {
        "format": REQUEST_FORMAT,
        "command": command,
        "check": check,
        "root": root,
        "scope": scope,
        "artifacts": {sha256: dict(entry) for sha256, entry in (artifacts or {}).items()},
        "options": given,
    }
    if declaration is not None:
        request["declaration"] = dict(declaration)
    if prebuilt:
        request["prebuilt"] = dict(prebuilt)
    # A roll-out that the task names is one that somebody runs, and goes before a staged one.
    rollout = options["rollout"] if options.get("rollout") is not None else rollout
    if rollout is not None:
        problem = name_problem(rollout)
        if problem is not None:
            raise HermeticError(f"The roll-out is {shown(rollout)}; {problem}. No host was changed.")
        request["rollout"] = rollout
    if generation is not None:
        request["generation"] = dict(generation)
    if force:
        request["force"] = True
    if program is not None:
        request["program"] = dict(program)
    return request


def declare(
    *,
    bundles: Sequence[Mapping[str, Any]] = (),
    virtualenvs: Sequence[Mapping[str, Any]] = (),
    absent_bundles: Sequence[str] = (),
    absent_virtualenvs: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the declaration of a request."""
    return {
        "bundles": [dict(bundle) for bundle in bundles],
        "virtualenvs": [dict(environment) for environment in virtualenvs],
        "absent": {"bundles": list(absent_bundles), "virtualenvs": list(absent_virtualenvs)},
    }


def installs(request: Request) -> bool:
    """Return whether carrying the request out may install something."""
    return request["command"] == "converge" and not request["check"]


def plans_only(request: Request) -> bool:
    """Return whether carrying the request out changes nothing."""
    return request["command"] == "drift" or bool(request["check"])


def removes_root(request: Request) -> bool:
    """Return whether carrying the request out leaves no root behind."""
    return request["command"] == "uninstall" and not request["check"]


def runs_once(request: Request) -> bool:
    """Return whether carrying the request out again does again what it has done: a program may have run when its answer got lost."""
    return request["command"] == "script"


def is_url(source: str) -> bool:
    """Return whether a source is one that a host can reach by itself, as far as its form shows."""
    return source.lower().startswith(("http://", "https://", "file://"))


def artifacts_for_host(artifacts: Mapping[str, Mapping[str, Any]], *, transfer: str, local: bool) -> dict[str, dict[str, Any]]:
    """Return the artifacts with the sources that this host may use; ``local`` means that it sees the controller's files."""

    def usable(source: str) -> bool:
        return (is_url(source) and transfer != "push") or (local and not is_url(source))

    return {sha256: {**entry, "sources": [source for source in entry["sources"] if usable(source)]} for sha256, entry in artifacts.items()}


def with_first_sources(request: Request, sources: Mapping[str, str]) -> Request:
    """Return the request with a path on the host as the first source of each of these artifacts."""
    artifacts = {
        sha256: {**entry, "sources": [sources[sha256], *(source for source in entry["sources"] if source != sources[sha256])]}
        if sha256 in sources
        else entry
        for sha256, entry in request["artifacts"].items()
    }
    return {**request, "artifacts": artifacts}


def without_remote_sources(request: Request) -> Request:
    """Return the request with no source that takes a connection, for a host that proved to have none."""
    artifacts = {
        sha256: {**entry, "sources": [source for source in entry["sources"] if not source.lower().startswith(("http://", "https://"))]}
        for sha256, entry in request["artifacts"].items()
    }
    return {**request, "artifacts": artifacts}


def credentials_for(request: Request, credentials: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the credentials of those hosts that the request fetches from, and of no other."""
    names = {name for entry in request["artifacts"].values() for source in entry["sources"] for name in host_names(source)}
    return {host: dict(entry) for host, entry in credentials.items() if host in names}


def shown_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's options as they may be shown and logged: no credentials, neither as such nor within URLs."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return redacted(value)
        if isinstance(value, Mapping):
            # An option that was not given is not repeated as null: options that exclude each other would be counted as both there.
            return {key: clean(entry) for key, entry in value.items() if entry is not None and key not in _NEVER_SHOWN}
        if isinstance(value, (list, tuple)):
            return [clean(entry) for entry in value]
        return value

    return {name: clean(value) for name, value in options.items() if name not in _NEVER_SHOWN and value is not None}


def unreachable_from_host(artifacts: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """Return the digests of the artifacts that have no source on the host's side."""
    return [sha256 for sha256, entry in artifacts.items() if not entry["sources"]]
