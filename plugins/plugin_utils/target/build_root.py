# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a job has its Python: the root that it names, or one below the directory that its CI system gave it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.printable import printable
from .declared_state import with_single_problem
from .host_probe import usable_root
from .windows_host import usable_windows_root

NAME = ".hermetic-python"
"""What the root is called below the directory of a job."""
JOB_DIRECTORIES = (
    ("GITHUB_ACTIONS", ("RUNNER_TEMP", "GITHUB_WORKSPACE")),
    ("GITLAB_CI", ("CI_PROJECT_DIR",)),
    ("SWARMING_TASK_ID", ("PWD",)),
)
"""The variable by which a CI system is known, and those that may name the directory of its job."""
VARIABLES = tuple(dict.fromkeys(name for known, directories in JOB_DIRECTORIES for name in (known, *directories)))
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# A path below a root takes up to some 400 bytes of the 4,096 that Linux allows; macOS, with 1,024, says so itself.
_MOST_BYTES = 3500


def build_root(given: str | None, environment: Mapping[str, str], *, local: bool, files: Mapping[str, str | None] | None = None) -> str:
    """Return the root of a job: the one that is given, else one below the directory of the job that runs this controller.

    ``local`` says whether the host of the task is the machine of the controller: the variables of a job mean nothing elsewhere.
    ``files`` are the paths of files for the job, by the variables that name them. Raises HermeticError with everything that is wrong.
    """
    return _usable(given or _of_job(environment, local=local), {name: path for name, path in (files or {}).items() if path})


def _of_job(environment: Mapping[str, str], *, local: bool) -> str:
    if not local:
        raise HermeticError(
            "No root is given, and the host is another machine than the controller, whose job directory means nothing there. "
            "Set build_python_root to a directory of that host."
        )
    for known, directories in JOB_DIRECTORIES:
        found = next((environment[name] for name in directories if environment.get(name)), None)
        if environment.get(known) and found:
            return str(PurePosixPath(found) / NAME)
    raise HermeticError(
        "No root is given, and no directory of a job is known to hold one: this is a job neither of GitHub (GITHUB_ACTIONS) nor of GitLab "
        "(GITLAB_CI) nor of Swarming (SWARMING_TASK_ID). Set build_python_root to a directory of the job."
    )


def _usable(root: str, files: Mapping[str, str]) -> str:
    """Return the root without a separator at its end, so that the name of a file beside it can be made of it."""
    windows = _WINDOWS.match(root) is not None
    problems = []
    try:
        root = usable_windows_root(root) if windows else usable_root(root)
    except HermeticError as error:
        problems.append(f"build_python_root: {error.message}")
    else:
        problems += [f"build_python_root: {problem}" for problem in _root_problems(root, windows=windows)]
    for name, path in files.items():
        problems += [f"{name}: {problem}" for problem in _file_problems(path, root, windows=windows)]
    if problems:
        raise HermeticError(with_single_problem("The Python of the job cannot be put there; nothing was changed.", problems), problems)
    return root


def _root_problems(root: str, *, windows: bool) -> Iterator[str]:
    if root.startswith("~"):
        yield f"{root} is below the home of whoever runs the task there; name the directory from the top"
    separator = ";" if windows else ":"
    if separator in root[2:]:
        yield f"{root} has a '{separator}', which separates the directories of PATH; choose another directory"
    if len(root.encode(errors="surrogateescape")) > _MOST_BYTES:
        yield f"it has more than {_MOST_BYTES} bytes, so that paths below it would be longer than systems allow; choose a shorter one"


def _file_problems(path: str, root: str, *, windows: bool) -> Iterator[str]:
    kind = PureWindowsPath if windows else PurePosixPath
    if not (_WINDOWS.match(path) if windows else path.startswith("/")):
        yield f"{printable(path)} is no absolute path; name the file from the top"
    elif kind(path).is_relative_to(kind(root)):
        yield f"{printable(path)} lies in the root, which holds nothing but what is installed; put it beside the root"
    if _CONTROL.search(path):
        yield f"{printable(path)} has a control character, which would end a line of the files for the job; choose another name"
    if ".." in kind(path).parts:
        yield f"{printable(path)} goes through '..'; write the path that it leads to"
