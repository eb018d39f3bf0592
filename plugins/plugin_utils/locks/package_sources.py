# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where packages come from: what the options say, else what pip on the controller is configured with."""

from __future__ import annotations

import ast
import configparser
import locale
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import redacted, shown
from ..net.controller_cache import ControllerCache, digest_of, local_path
from ..net.url_credentials import split_credentials

_ENTRY = re.compile(r"^(?P<section>:env:|[a-z]+)\.(?P<name>[a-z-]+)=(?P<value>['\"].*['\"])$")
_FILE = re.compile(r"^(?:(?P<kind>\w+):$|\s+(?P<path>.+), exists: (?:True|False)$)", re.MULTILINE)
# Of several files with the same option, pip takes the last kind here.
_KINDS = ("global", "user", "site", "env")
# pip lets a command's own section win over [global], and the environment over both.
_SECTIONS = ("global", "install", ":env:")
_DEFAULT_INDEX = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"


@dataclass(frozen=True)
class PackageSources:
    """Indexes and wheel directories to look into, and how to reach them; URLs carry no credentials."""

    index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    ca_path: str | None = None
    proxy: str | None = None
    timeout: float = 60.0
    retries: int = 4
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()
    unknown: str | None = None
    """Why the indexes are not known, when they are not."""

    @cached_property
    def digest(self) -> str:
        """The identity of the places that are looked into."""
        return digest_of([self.index_urls, self.find_links])


def configured_sources(options: Mapping[str, Any], *, cache: ControllerCache) -> PackageSources:
    """Put the options (those of ``Supply.from_options``) over what pip is configured with."""
    pip = {} if all(_words(options.get(name)) for name in ("index_url", "find_links", "ca_path")) else pip_configuration(cache)
    credentials: dict[str, Mapping[str, str]] = {}
    warnings: list[str] = []
    unknown = None
    if _words(options.get("index_url")):
        indexes = _words(options["index_url"])
    elif str(pip.get("no-index", "")).strip().lower() in ("1", "true", "yes", "on", "t", "y"):
        indexes = []
    else:
        default = _words(pip.get("index-url")) or _words(pip.get("default-index"))
        indexes = [*default, *_words(pip.get("extra-index-url"))]
        if not default:
            unknown = (
                f"no package index is known: {pip.get('problem', 'pip names none')}; set the option index_url (or PIP_INDEX_URL), "
                "or PIP_NO_INDEX=1 and find_links to a directory of wheels"
            )
    indexes += _words(options.get("extra_index_urls"))
    links = _words(options.get("find_links")) or _words(pip.get("find-links"))

    def usable(locations: Sequence[str]) -> tuple[str, ...]:
        found = []
        for location in locations:
            clean, known = split_credentials(location)
            credentials.update(known)
            path = local_path(clean)
            if path is not None and not path.exists():
                warnings.append(f"Package source {shown(location)} is ignored: there is no such file or directory")
            elif clean not in found:
                found.append(clean)
        return tuple(found)

    trusted = _words(options.get("trusted_hosts")) or _words(pip.get("trusted-host"))
    return PackageSources(
        index_urls=usable(indexes),
        find_links=usable(links),
        trusted_hosts=tuple(trusted),
        ca_path=options.get("ca_path") or pip.get("cert") or None,
        proxy=pip.get("proxy") or None,
        timeout=float(options.get("timeout") or _number(pip, "timeout") or _number(pip, "default-timeout") or 60.0),
        retries=int(options["retries"] if options.get("retries") is not None else _number(pip, "retries", 4)),
        credentials={**credentials, **(options.get("credentials") or {})},
        warnings=tuple(warnings),
        unknown=unknown,
    )


def pip_configuration(cache: ControllerCache) -> dict[str, str]:
    """Return what pip is configured with; asked of pip again only when its files or its environment variables changed.

    ``default-index`` is the index that pip has built in; ``problem`` says why pip could not be asked.
    """
    environment = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    key = digest_of(
        [sys.executable, environment, os.environ.get("HOME"), os.environ.get("XDG_CONFIG_HOME"), os.environ.get("XDG_CONFIG_DIRS")]
    )

    def unchanged(kept: Any) -> bool:
        return _is_configuration(kept) and all(_changed_at(path) == when for path, when in kept["files"])

    # Credentials would lie on disk in the answer; so only an answer without any is kept.
    kept = cache.read("pip-configuration", key)
    if kept is not None and unchanged(kept):
        return dict(kept["values"])
    values, files = _ask_pip()
    for name, value in _environment_values(environment).items():
        values.setdefault(name, value)
    if "problem" not in values and redacted(repr(values)) == repr(values):
        cache.write("pip-configuration", key, {"values": values, "files": [[path, _changed_at(path)] for path in files]})
    return values


def _is_configuration(kept: Any) -> bool:
    """Tell whether what the cache holds is what was put there."""
    if not isinstance(kept, dict) or not isinstance(kept.get("values"), dict) or not isinstance(kept.get("files"), list):
        return False
    return all(isinstance(value, str) for value in kept["values"].values()) and all(
        isinstance(file, list) and len(file) == 2 and isinstance(file[0], str) and "\0" not in file[0] for file in kept["files"]
    )


def _ask_pip() -> tuple[dict[str, str], list[str]]:
    commands = (["-m", "pip", "config", "list"], ["-m", "pip", "config", "debug"], ["-c", _DEFAULT_INDEX])
    try:
        running = [
            subprocess.Popen(
                [sys.executable, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for command in commands
        ]
    except OSError as error:
        return {"problem": f"{sys.executable} cannot be run: {error}"}, []
    answers = [process.communicate() for process in running]
    if any(process.returncode for process in running):
        reason = next((error.strip().splitlines()[-1] for _unused, error in answers if error.strip()), "no reason given")
        return {"problem": f"pip cannot be asked with {sys.executable}: {redacted(reason)}"}, []
    (listing, _unused), (places, _unused), (default, _unused) = answers
    files = configuration_files(places)
    return {**parse_configuration(listing, files=files), "default-index": default.strip()}, files


def configuration_files(places: str) -> list[str]:
    """Return the files that ``pip config debug`` named, those that win over others last."""
    found: dict[str, list[str]] = {}
    kind = ""
    for match in _FILE.finditer(places):
        kind = match["kind"] or kind
        if match["path"]:
            found.setdefault(kind, []).append(match["path"])
    known = [kind for kind in _KINDS if kind in found]
    return [path for kind in [*(kind for kind in found if kind not in known), *known] for path in found[kind]]


def parse_configuration(listing: str, *, files: Sequence[str] = ()) -> dict[str, str]:
    """Return option names and values of what ``pip config list`` printed, the most specific section winning.

    An empty value is none: it hides neither the value of another section nor, since pip lists one value only, that of another file.
    """
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in listing.splitlines():
        if (match := _ENTRY.match(line)) and match["section"] in found:
            section, name, value = match["section"], match["name"], str(ast.literal_eval(match["value"]))
            if not value.strip():
                value = _value_below(files, section, name)
            if value:
                found[section][name] = value
    return {name: value for section in _SECTIONS for name, value in found[section].items()}


def _value_below(files: Sequence[str], section: str, name: str) -> str:
    for path in reversed(files):
        parser = configparser.RawConfigParser()
        parser.optionxform = _option_name  # type: ignore[method-assign,assignment]
        try:
            parser.read(path, encoding=locale.getpreferredencoding(False))
            value = parser.get(section, name)
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
        if value.strip():
            return value
    return ""


def _option_name(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _environment_values(environment: Mapping[str, str]) -> dict[str, str]:
    return {_option_name(name.removeprefix("PIP_")): value for name, value in environment.items() if value.strip()}


def _number(pip: Mapping[str, str], name: str, default: float = 0) -> float:
    value = str(pip.get(name, "")).strip()
    try:
        return float(value or default)
    except ValueError as error:
        raise HermeticError(
            f"pip on the controller is configured with {name} = {value[:40]!r}; expected a number. Correct it (pip config debug)"
        ) from error


def _words(value: object) -> list[str]:
    """Return the words of one text or of several; an empty one is none."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [text for text in map(str, value) if text.strip()]
    return str(value).split()


def _changed_at(path: str) -> int | None:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return None
