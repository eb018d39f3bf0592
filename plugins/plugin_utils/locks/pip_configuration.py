# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pip on the controller is configured with, read from the files and variables that pip's documentation names.

No pip runs for it. Only the index that pip has built in is asked of pip itself, where nothing else names one.
"""

from __future__ import annotations

import configparser
import locale
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import redacted
from ..net.controller_cache import ControllerCache, digest_of

# A command's own section wins over [global].
_SECTIONS = ("global", "install")
# pip has no public name for it.
_BUILT_IN_INDEX = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"


def pip_configuration() -> dict[str, str]:
    """Return the options of ``pip install`` by their long names; a section wins over [global], a later file over an earlier, a variable over all.

    An empty value is none and hides no other. Raises HermeticError where pip could not read one of its files either.
    """
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for path in _files():
        for section, values in _read(path).items():
            found[section].update(values)
    merged = {name: value for section in _SECTIONS for name, value in found[section].items()}
    return {**merged, **variables()}


def variables() -> dict[str, str]:
    """Return the options that variables set."""
    return {_option(name.removeprefix("PIP_")): value for name, value in os.environ.items() if name.startswith("PIP_") and value.strip()}


def built_in_index(cache: ControllerCache) -> str:
    """Return the URL of the index that pip takes where it is configured with none; raises HermeticError where pip does not say."""
    try:
        version = metadata.version("pip")
    except metadata.PackageNotFoundError:
        version = ""
    key = digest_of([sys.executable, version])
    return str(cache.memo("pip-index", key, _ask_pip, valid=lambda kept: isinstance(kept, str) and kept.startswith("https://")))


def _ask_pip() -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-c", _BUILT_IN_INDEX], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise HermeticError(f"{sys.executable} cannot be run: {error}") from error
    if done.returncode:
        reason = next(iter(done.stderr.strip().splitlines()[-1:]), "no reason given")
        raise HermeticError(f"pip cannot be asked with {sys.executable}: {redacted(reason)}")
    return done.stdout.strip()


def _files() -> Iterator[Path]:
    """Give the files of the system, the user and the virtual environment, and the one that a variable names; the last one wins."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path(os.path.expanduser("~"))
    if sys.platform == "darwin":
        support = home / "Library" / "Application Support"
        yield Path("/Library/Application Support/pip/pip.conf")
        own = support / "pip" if (support / "pip").is_dir() else home / ".config" / "pip"
    else:
        for directory in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
            yield Path(directory, "pip", "pip.conf")
        yield Path("/etc/pip.conf")
        own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip")
    # A file that a variable names takes the place of the user's.
    if not (named and os.path.exists(named)):
        yield home / ".pip" / "pip.conf"
        yield own / "pip.conf"
    yield Path(sys.prefix, "pip.conf")
    if named:
        yield Path(named)


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
    return name.lower().replace("_", "-").removeprefix("--")
