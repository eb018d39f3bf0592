# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start an interpreter and hear what it says of itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BrokenInterpreter
from ..model.confinement import missing_landmarks
from ..system_limits import no_more_processes
from ..text.json_text import parse_json
from .start_failure import start_failure
from .subprocess_environment import clean_environment

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
        refused = no_more_processes(error, executable)
        if refused is not None:
            raise refused from error
        raise BrokenInterpreter(f"The interpreter {executable} does not start: {start_failure(error, executable)}") from error
    if done.returncode != 0:
        last_line = (done.stderr.strip().splitlines() or ["none"])[-1]
        raise BrokenInterpreter(
            f"The interpreter {executable} ended with exit code {done.returncode}; the last line of its error output: {last_line}"
        )
    try:
        answer = parse_json(done.stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not all(isinstance(answer.get(key), str) for key in ("version", "prefix")):
        raise BrokenInterpreter(f"The interpreter {executable} answered {done.stdout[:200]!r}; expected its version.")
    return answer


def check_version(executable: Path, *, expected: str, subject: str, site: bool = True) -> dict[str, Any]:
    """Return what the interpreter says of itself, as ``ask`` does; raises BrokenInterpreter when it is not of the expected version."""
    answer = ask(executable, site=site)
    if answer["version"] != expected:
        raise BrokenInterpreter(f"{subject} says that it is Python {expected}, but {executable} is Python {answer['version']}.")
    return answer


def taken_from_elsewhere(answer: Mapping[str, Any], *trees: Path) -> list[str]:
    """Return the places outside of some trees that an interpreter takes its standard library from, by what it says of itself.

    Whatever a ``.pth`` file adds comes after the first directory for packages, and is the affair of who put it there.
    """
    places = [str(answer["prefix"]), str(answer["base_prefix"])]
    for entry in answer["path"]:
        if os.path.basename(entry) in ("site-packages", "dist-packages"):
            break
        places.append(str(entry))
    inside = tuple(_comparable(tree) for tree in trees)
    return sorted({place for place in places if place and not _comparable(place).startswith(inside)})


def also_searched(info: Mapping[str, Any], root: Path) -> tuple[Path, ...]:
    """Return the trees besides its own that the interpreter of a bundle may name.

    One that looks above its tree finds ``lib`` of the root, which leads to the default bundle, and to its landmarks where they are of one version.
    """
    return (root,) if missing_landmarks(info) else ()


def _comparable(path: str | Path) -> str:
    return os.path.join(os.path.normcase(os.path.realpath(path)), "")


def check_own_tree(answer: Mapping[str, Any], *trees: Path, subject: str) -> None:
    """Raise BrokenInterpreter where an interpreter takes its standard library from outside of its trees."""
    elsewhere = taken_from_elsewhere(answer, *trees)
    if elsewhere:
        raise BrokenInterpreter(
            f"{subject} takes its standard library from {', '.join(elsewhere)}, outside of its own tree {trees[0]}. Remove what lies there, "
            "rebuild the bundle with this release of bundle_build, and publish it as a new release."
        )
