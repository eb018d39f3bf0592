# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a resolver, ``uv`` or ``pip lock``, on requirements: addresses and passwords of indexes go by its environment, never by its arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from ....module_utils.hermetic.errors import HermeticError
from ...locks.package_sources import PackageSources
from ...net.controller_cache import local_path
from ...net.url_credentials import entry_of

_OUTPUT = "pylock.resolved.toml"
_TIMEOUT = 1800


@dataclass(frozen=True)
class Question:
    """What is to be resolved."""

    dependencies: tuple[str, ...]
    python: str
    """The oldest release that the answer is for."""
    exactly: bool
    """Nothing but what is listed: no dependencies of the packages."""
    known: str = ""
    """The lock of before, of which every version is kept that still fits."""


@dataclass(frozen=True)
class Answer:
    """What a resolver wrote, and the directory that paths in it start from."""

    text: str
    directory: Path


class Resolver(Protocol):
    """A tool that makes a ``pylock.toml`` of requirements."""

    name: str
    universal: bool
    """Whether its answer is for every platform, and not for this machine alone."""

    def resolve(self, question: Question, sources: PackageSources) -> Answer:
        """Return the lock."""


class Uv:
    """Resolves with uv, for every platform at once."""

    name = "uv"
    universal = True

    def __init__(self, program: str) -> None:
        self._program = program

    def resolve(self, question: Question, sources: PackageSources) -> Answer:
        """Return the lock; raises HermeticError with what uv says."""
        # Refreshed: what was published a minute ago counts.
        command = [
            self._program, "pip", "compile", "-", "--universal", "--python", sys.executable, "--python-version", question.python,
            "--format", "pylock.toml", "--no-build", "--no-config", "--no-header", "--no-annotate", "--quiet", "--refresh",
            "--output-file", _OUTPUT, *(["--no-deps"] if question.exactly else []),
        ]  # fmt: skip
        return _run(command, question, _uv_environment(sources))


class PipLock:
    """Resolves with ``pip lock``, for the platform and Python of this machine only."""

    name = "pip"
    universal = False

    def resolve(self, question: Question, sources: PackageSources) -> Answer:
        """Return the lock; raises HermeticError with what pip says."""
        command = [
            sys.executable, "-m", "pip", "lock", "--only-binary", ":all:", "--disable-pip-version-check", "--quiet",
            "--requirement", _REQUIREMENTS, "--output", _OUTPUT, *(["--no-deps"] if question.exactly else []),
        ]  # fmt: skip
        return _run(command, question, _pip_environment(sources))


_REQUIREMENTS = "requirements.in"


def resolver() -> Resolver:
    """Return the resolver of this machine: uv beside this Python or on PATH, else pip where it can lock."""
    beside = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    program = str(beside) if beside.is_file() else shutil.which("uv")
    if program:
        return Uv(program)
    probe = subprocess.run([sys.executable, "-m", "pip", "lock", "--help"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if probe.returncode == 0:
        return PipLock()
    raise HermeticError(
        f"No resolver was found: neither uv beside {sys.executable} or on PATH, nor a pip that has the command lock (25.1). "
        f"Install one: {sys.executable} -m pip install uv"
    )


def _run(command: Sequence[str], question: Question, environment: Mapping[str, str]) -> Answer:
    text = "".join(f"{dependency}\n" for dependency in question.dependencies)
    # A directory of its own: neither settings nor requirements that lie about are read.
    with tempfile.TemporaryDirectory(prefix="hermetic-lock-") as place:
        output = Path(place, _OUTPUT)
        if question.known:
            output.write_text(question.known, encoding="utf-8")
        Path(place, _REQUIREMENTS).write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                command, cwd=place, input=text, env={**os.environ, **environment}, capture_output=True, text=True, errors="replace",
                check=False, timeout=_TIMEOUT,
            )  # fmt: skip
        except OSError as error:
            raise HermeticError(f"{command[0]} cannot be started: {error}") from error
        except subprocess.TimeoutExpired as error:
            raise HermeticError(f"{command[0]} has not resolved the requirements in {_TIMEOUT} seconds") from error
        if done.returncode:
            raise HermeticError("The requirements cannot be resolved", _reasons(done.stderr or done.stdout, environment))
        return Answer(output.read_text(encoding="utf-8"), Path(os.path.realpath(place)))


def _reasons(output: str, environment: Mapping[str, str]) -> list[str]:
    """Return what a resolver said, without the passwords that it was given."""
    for secret in sorted({word for value in environment.values() for word in _secrets(value)}, key=len, reverse=True):
        output = output.replace(secret, "…")
    return [line.strip() for line in output.splitlines() if line.strip()] or ["it gave no reason"]


def _secrets(value: str) -> list[str]:
    found = []
    for word in value.split():
        try:
            password = urlsplit(word).password
        except ValueError:
            continue
        if password:
            found.append(password)
    return found


def _uv_environment(sources: PackageSources) -> dict[str, str]:
    # Nothing is downloaded but packages: no Python, and no password is asked of a keyring.
    found = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_NO_COLOR": "1", "NO_COLOR": "1"}
    indexes = [_address(url, sources) for url in _indexes(sources)]
    if indexes:
        first, *others = indexes
        found["UV_DEFAULT_INDEX"] = first
        if others:
            # pip looks into all of them as well.
            found |= {"UV_INDEX": " ".join(others), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    elif sources.built_in is None:
        found["UV_NO_INDEX"] = "1"
    if sources.find_links:
        found["UV_FIND_LINKS"] = ",".join(_links(sources))
    if sources.trusted_hosts:
        found["UV_INSECURE_HOST"] = " ".join(sources.trusted_hosts)
    return found | _certificates(sources, "SSL_CERT_FILE")


def _pip_environment(sources: PackageSources) -> dict[str, str]:
    found = {"PIP_NO_INPUT": "1", "PIP_CONFIG_FILE": os.devnull}
    indexes = [_address(url, sources) for url in _indexes(sources)]
    if indexes:
        found |= {"PIP_INDEX_URL": indexes[0], "PIP_EXTRA_INDEX_URL": " ".join(indexes[1:])}
    elif sources.built_in is None:
        found["PIP_NO_INDEX"] = "1"
    found["PIP_FIND_LINKS"] = " ".join(_links(sources))
    found["PIP_TRUSTED_HOST"] = " ".join(sources.trusted_hosts)
    return found | _certificates(sources, "PIP_CERT")


def _certificates(sources: PackageSources, variable: str) -> dict[str, str]:
    found = {variable: sources.ca_path} if sources.ca_path else {}
    return found | ({"HTTPS_PROXY": sources.proxy, "HTTP_PROXY": sources.proxy} if sources.proxy else {})


def _indexes(sources: PackageSources) -> tuple[str, ...]:
    """Return the indexes that are configured; the one that pip has built in, uv has as well."""
    if sources.built_in is None or not sources.configured_urls:
        return sources.configured_urls
    return sources.index_urls


def _address(url: str, sources: PackageSources) -> str:
    """Return the address of an index, with the user name and password that are known for its host; the resolver runs in another directory."""
    path = local_path(url)
    if path is not None:
        return path.absolute().as_uri()
    login = entry_of(sources.credentials, url)
    if not login:
        return url
    parts = urlsplit(url)
    user = ":".join(quote(login[key], safe="") for key in ("username", "password") if login.get(key))
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


def _links(sources: PackageSources) -> list[str]:
    """Return directories of wheels by their paths, and pages with links by their addresses."""
    return [_address(place, sources) if (path := local_path(place)) is None else str(path.absolute()) for place in sources.find_links]
