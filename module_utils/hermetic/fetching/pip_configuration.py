# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pip is configured with on this machine, read from the files and variables that pip's documentation names; no pip runs for it."""

from __future__ import annotations

import configparser
import locale
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import HermeticError

# A command's own section wins over [global].
_SECTIONS = ("global", "install")
_YES = ("1", "true", "yes", "on", "t", "y")


def pip_configuration(environment: Mapping[str, str], *, home: Path, prefix: Path | None = None) -> dict[str, str]:
    """Return the options of ``pip install`` by their long names; a section wins over [global], a later file over an earlier, a variable over all.

    ``prefix`` is the virtual environment whose file counts as well. An empty value is none and hides no other. Raises HermeticError
    where pip could not read one of its files either.
    """
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for path in _files(environment, home, prefix):
        for section, values in _read(path).items():
            found[section].update(values)
    merged = {name: value for section in _SECTIONS for name, value in found[section].items()}
    return {**merged, **variables(environment)}


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the options that variables set."""
    return {_option(name.removeprefix("PIP_")): value for name, value in environment.items() if name.startswith("PIP_") and value.strip()}


def is_without_index(configuration: Mapping[str, str]) -> bool:
    """Return whether pip asks no index."""
    return str(configuration.get("no-index", "")).strip().lower() in _YES


def _files(environment: Mapping[str, str], home: Path, prefix: Path | None) -> Iterator[Path]:
    """Give the files of the system, the user and the virtual environment, and the one that a variable names; the last one wins."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    file = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield from _files_of_system(environment)
    # A file that a variable names takes the place of the user's.
    if not (named and os.path.exists(named)):
        yield from _files_of_user(environment, home)
    if prefix is not None:
        yield prefix / file
    if named:
        yield Path(named)


def _files_of_system(environment: Mapping[str, str]) -> Iterator[Path]:
    if sys.platform == "win32":
        if environment.get("PROGRAMDATA"):
            yield Path(environment["PROGRAMDATA"], "pip", "pip.ini")
    elif sys.platform == "darwin":
        yield Path("/Library/Application Support/pip/pip.conf")
    else:
        for directory in (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
            yield Path(directory, "pip", "pip.conf")
        yield Path("/etc/pip.conf")


def _files_of_user(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    if sys.platform == "win32":
        yield home / "pip" / "pip.ini"
        if environment.get("APPDATA"):
            yield Path(environment["APPDATA"], "pip", "pip.ini")
        return
    yield home / ".pip" / "pip.conf"
    if sys.platform == "darwin":
        support = home / "Library" / "Application Support" / "pip"
        yield (support if support.is_dir() else home / ".config" / "pip") / "pip.conf"
    else:
        yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")


def _read(path: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.optionxform = _option  # type: ignore[method-assign,assignment]
    try:
        # What cannot be opened counts as not there, as it does for pip.
        parser.read(path, encoding=locale.getpreferredencoding(False))
    except UnicodeDecodeError as error:
        raise HermeticError(f"pip's file {path} is not text of the encoding {error.encoding}") from error
    except configparser.Error as error:
        # The error's own text would show the line, which may hold a password.
        line = getattr(error, "lineno", None)
        raise HermeticError(f"pip's file {path} cannot be read{f', line {line}' if line else ''}: {type(error).__name__}") from error
    return {
        section: {name: value for name, value in parser.items(section) if value and value.strip()}
        for section in _SECTIONS
        if parser.has_section(section)
    }


def _option(name: str) -> str:
    name = name.lower().replace("_", "-")
    return name.removeprefix("--")
