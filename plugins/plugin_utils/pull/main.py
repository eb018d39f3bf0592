# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts hermetic-pull."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError
from .run import FAILED, OK, run
from .settings import parse_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status of a run."""
    parser = argparse.ArgumentParser(prog="hermetic-pull", description="Bring this host to its declared state once, and leave a report.")
    parser.add_argument("directory", type=Path, help="the directory of the role hermetic.python.pull, or with --validate a file")
    parser.add_argument("--delayed", action="store_true", help="wait for this host's part of the delay first, as cron and launchd need it")
    parser.add_argument("--validate", action="store_true", help="check a file of settings instead, and do nothing else")
    parsed = parser.parse_args(arguments)
    if parsed.validate:
        return _validated(parsed.directory)
    # The link to the environment may lead to the next one before this run ends.
    environment = Path(sys.prefix).resolve()
    python = str(environment / "bin" / "python")
    if environment != Path(sys.prefix) and sys.executable != python:
        os.execv(python, [python, "-I", *sys.argv])
    try:
        return run(parsed.directory.absolute(), environment=environment, delayed=parsed.delayed)
    except (HermeticError, OSError) as error:
        sys.stderr.write(f"hermetic-pull: {error}\n")
        return FAILED


def _validated(path: Path) -> int:
    try:
        parse_settings(path.read_bytes())
    except (HermeticError, OSError) as error:
        sys.stderr.write(f"hermetic-pull: {error}\n")
        return FAILED
    return OK
