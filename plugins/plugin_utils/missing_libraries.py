# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which libraries the controller lacks, in the words of the package index, and which Python has them; needs nothing but the standard library."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
"""What the controller needs; it is part of the installed collection."""
_FIRST_LINE = re.compile(rb"#!\s*(?P<python>/\S*/python[0-9.]*)\s*")
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<versions>[^;#\s]*)\s*(?:;\s*sys_platform\s*==\s*[\"'](?P<platform>\w+)[\"'])?"
)


def explain_import(subject: str, error: ImportError) -> str:
    """Return what is to be done about an import of the controller that failed: every missing library at once.

    Raise it without a cause: Ansible appends the text of the cause, which names a module and no package.
    """
    missing = missing_libraries()
    install = f"{sys.executable} -m pip install -r {REQUIREMENTS}"
    if missing and (Path(sys.prefix) / "bundle.json").is_file():
        # An installation would be drift, and gone with the next release.
        return (
            f"{subject} runs with {sys.executable}, which belongs to a bundle and must not be changed. It needs a Python with these packages: "
            f"{', '.join(missing)}. Put the directory of ansible-playbook, whose Python has them, into PATH, or start it with a Python of your "
            f"own, into which they are installed by: -m pip install -r {REQUIREMENTS}"
        )
    if missing:
        return (
            f"{subject} needs Python packages on the controller that are missing or too old: {', '.join(missing)}. "
            f"Install them for the Python that runs Ansible: {install}"
        )
    return (
        f"{subject} cannot use the Python packages of the controller, although all of {REQUIREMENTS} are installed: {error}. "
        f"Reinstall them for the Python that runs Ansible: {install} --force-reinstall"
    )


def python_of_ansible() -> str | None:
    """Return the Python that the ``ansible-playbook`` of PATH starts with, unless it runs this already."""
    program = shutil.which("ansible-playbook")
    if program is None:
        return None
    try:
        with open(program, "rb") as file:
            first = file.readline(4096)
    except OSError:
        return None
    found = _FIRST_LINE.fullmatch(first)
    python = os.fsdecode(found["python"]) if found is not None else None
    return python if python is not None and python != sys.executable and os.access(python, os.X_OK) else None


def missing_libraries(lines: Iterable[str] | None = None) -> list[str]:
    """Return the requirements that are not installed, as the requirements file states them."""
    if lines is None:
        lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [f"{name}{versions}" for name, versions in _requirements(lines) if not _is_installed(name, versions)]


def _requirements(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _REQUIREMENT.match(line.strip())
        if found is not None and found["platform"] in (None, sys.platform):
            yield found["name"], found["versions"]


def _is_installed(name: str, versions: str) -> bool:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    try:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
    except ImportError:
        # It is one of those that are missing, and is named itself; what only it could compare counts as installed.
        return True
    try:
        return SpecifierSet(versions).contains(installed, prereleases=True)
    except InvalidSpecifier:
        return True
