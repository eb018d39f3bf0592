# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pip on the controller is configured with. Only the index that pip has built in is asked of pip itself, where nothing else names one."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.fetching import pip_configuration as configuration
from ...module_utils.hermetic.text.redaction import redacted
from ..net.controller_cache import ControllerCache, digest_of

# pip has no public name for it.
_BUILT_IN_INDEX = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"


def pip_configuration() -> dict[str, str]:
    """Return what pip is configured with on this controller, as its options by their long names."""
    return configuration.pip_configuration(os.environ, home=Path(os.path.expanduser("~")), prefix=Path(sys.prefix))


def variables() -> dict[str, str]:
    """Return the options that variables set."""
    return configuration.variables(os.environ)


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
