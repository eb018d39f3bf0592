# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start an interpreter and hear what it says of itself."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .errors import BrokenInterpreter
from .workers import clean_environment

_ASK = (
    "import sys, json; json.dump({'version': '%d.%d.%d' % sys.version_info[:3], 'prefix': sys.prefix, "
    "'base_prefix': getattr(sys, 'base_prefix', sys.prefix), 'path': sys.path}, sys.stdout)"
)
_PATIENCE = 60


def ask(executable: Path, *, site: bool = True) -> dict[str, Any]:
    """Return version, prefix, base_prefix and path of an interpreter; raises BrokenInterpreter when it does not start.

    Without ``site`` nothing runs that somebody planted in its site-packages; an environment then does not know its own prefix.
    """
    try:
        done = subprocess.run(
            [str(executable), "-B", "-s", *(() if site else ("-S",)), "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            env=clean_environment(),
            # With -c, a Python without the launcher imports from the current directory first.
            cwd=os.path.abspath(os.sep),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BrokenInterpreter(f"The interpreter {executable} did not answer within {_PATIENCE} seconds.") from error
    except OSError as error:
        raise BrokenInterpreter(
            f"The interpreter {executable} does not start: {error.strerror}. A missing program loader or an archive for another platform looks like this."
        ) from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise BrokenInterpreter(f"The interpreter {executable} ended with exit code {done.returncode}; it said: {said}")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise BrokenInterpreter(f"The interpreter {executable} answered {done.stdout[:200]!r} where its version was wanted.") from error
    return answer


def check_version(executable: Path, *, wanted: str, subject: str, site: bool = True) -> dict[str, Any]:
    """Return what the interpreter says of itself, as ``ask`` does; raises BrokenInterpreter when it is not of the wanted version."""
    answer = ask(executable, site=site)
    if answer["version"] != wanted:
        raise BrokenInterpreter(f"{subject} says that it is Python {wanted}, but {executable} is Python {answer['version']}.")
    return answer
