#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lock what the project's own environments consist of: for each requirements file, the releases and their hashes, below requirements/.

The locks are for every Python from 3.11 and every platform, name no index, and agree with each other. A release that still fits is kept.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sanity import pip_settings

PROJECT = Path(__file__).resolve().parents[1]
OLDEST_PYTHON = "3.11"
HEAD = "# Written by `make lock` from {}. Not to be edited.\n"
_PACKAGE = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]*?))?(?: \\)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?: \\)?")


@dataclass(frozen=True)
class Lock:
    """A lock, the requirements file that it is made from, and the locks that are installed with it."""

    name: str
    source: str
    above: tuple[str, ...] = ()
    alone: bool = False
    """Shares no environment with the others, and need not agree with them."""
    without_dependencies: bool = False

    @property
    def path(self) -> Path:
        """The file."""
        return PROJECT / "requirements" / f"{self.name}.txt"


LOCKS = (
    Lock("controller", "requirements.txt"),
    Lock("compiler", "requirements-compiler.txt"),
    Lock("test", "requirements-test.txt", ("controller",)),
    Lock("molecule", "requirements-molecule.txt", ("controller", "test")),
    Lock("browser", "requirements-browser.txt", ("controller", "test")),
    Lock("axe", "requirements-axe.txt", ("controller", "test", "browser"), without_dependencies=True),
    Lock("bench", "requirements-bench.txt", ("controller",)),
    Lock("mypy39", "requirements-mypy39.txt", alone=True),
)


def entries(text: str) -> dict[str, str]:
    """Return the text of each package of a lock by its first line, and refuse what is neither a package nor a hash."""
    found: dict[str, str] = {}
    head = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if _PACKAGE.fullmatch(stripped):
            head = stripped
            found[head] = line
        elif head and _HASH.fullmatch(stripped):
            found[head] += f"\n{line}"
        else:
            raise ValueError(f"{stripped!r} is neither name==version nor a hash")
    return found


def package(head: str) -> tuple[str, str, str]:
    """Return name, version and marker of the first line of an entry."""
    match = _PACKAGE.fullmatch(head)
    if not match:
        raise ValueError(f"{head!r} is not name==version")
    return match["name"], match["version"], (match["marker"] or "").strip()


def _compile(sources: Iterable[str], output: Path, *options: str) -> str:
    command = [
        str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version", OLDEST_PYTHON,
        "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate", "--output-file", str(output),
    ]  # fmt: skip
    subprocess.run([*command, *options, *(str(PROJECT / source) for source in sources)], check=True, env=_environment())
    return output.read_text(encoding="utf-8")


def _environment() -> dict[str, str]:
    """Return an environment in which uv asks the index of pip, whose address may hold a password and so is no argument."""
    settings = pip_settings()["global"]
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    return {**os.environ, **{variable: settings[name] for name, variable in names.items() if name in settings}}


def _sources(lock: Lock) -> list[str]:
    by_name = {each.name: each for each in LOCKS}
    return [*(by_name[name].source for name in lock.above), lock.source]


def lock_all(*, upgrade: bool) -> None:
    """Write every lock."""
    options = ["--upgrade"] if upgrade else []
    with tempfile.TemporaryDirectory() as directory:
        everything = Path(directory) / "everything.txt"
        shared = [lock for lock in LOCKS if not lock.alone and not lock.without_dependencies]
        # uv keeps what the output file of before says.
        everything.write_text("".join(lock.path.read_text(encoding="utf-8") for lock in shared if lock.path.exists()), encoding="utf-8")
        _compile([lock.source for lock in shared], everything, *options)
        for lock in LOCKS:
            output = Path(directory) / f"{lock.name}.txt"
            if lock.alone or lock.without_dependencies:
                if lock.path.exists():
                    output.write_bytes(lock.path.read_bytes())
                text = _compile([lock.source], output, *options, *(["--no-deps"] if lock.without_dependencies else []))
            else:
                text = _compile(_sources(lock), output, "--constraints", str(everything))
            above = {
                head for name in lock.above for head in entries((PROJECT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))
            }
            kept = [entry for head, entry in entries(text).items() if head not in above]
            lock.path.parent.mkdir(exist_ok=True)
            lock.path.write_text(HEAD.format(lock.source) + "\n".join(kept) + "\n", encoding="utf-8")


def main() -> None:
    """Write every lock, with the newest releases where the command line says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest release of everything")
    lock_all(upgrade=parser.parse_args().upgrade)


if __name__ == "__main__":
    main()
