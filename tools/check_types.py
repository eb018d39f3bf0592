#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the types of everything that is Python: strictly, and what runs on hosts once more as its oldest Python understands it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
COLLECTION = "ansible_collections.hermetic.python"
OLDEST_PYTHON_OF_HOSTS = "3.9"
ON_HOSTS = ("module_utils", "modules")
ON_THE_CONTROLLER = ("plugin_utils", "action", "callback", "filter", "lookup")


@dataclass(frozen=True)
class Part:
    """What mypy checks in one run: the arguments that name it, and where its imports are found."""

    name: str
    arguments: tuple[str, ...]
    bases: tuple[str, ...] = ()


def _packages(*names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--package", f"{COLLECTION}.{name}"))


def _scripts() -> Iterator[str]:
    for path in sorted((PROJECT / "tools").iterdir()):
        if path.is_file() and (path.suffix == ".py" or path.read_bytes().startswith(b"#!/usr/bin/env python3")):
            yield str(path.relative_to(PROJECT))


def parts() -> Iterator[Part]:
    """Yield what there is to check. Folders of tests have files of the same name, and so are runs of their own."""
    yield Part("plugins", _packages(*(f"plugins.{name}" for name in (*ON_HOSTS, *ON_THE_CONTROLLER))))
    yield Part("bench", _packages("bench"), ("tests/report",))
    yield Part("tools", ("--scripts-are-modules", *_scripts()), ("tools", "tests", "tests/windows"))
    yield Part("tests", ("tests/conftest.py",), ("tests",))
    folders = sorted(path.relative_to(PROJECT).as_posix() for path in (PROJECT / "tests").iterdir() if any(path.glob("**/*.py")))
    for folder in folders:
        # A package is found from its parent; the others say in their conftest.py which folders they take files from.
        own = () if (PROJECT / folder / "__init__.py").exists() else (folder,)
        others = (each for each in folders if each != folder and not (PROJECT / each / "__init__.py").exists())
        yield Part(folder, (folder,), (*own, "tests", *others, "tools"))


def check(part: Part, mypy: Path, *options: str) -> bool:
    """Return whether mypy finds nothing."""
    bases = os.pathsep.join([*part.bases, ".collections"])
    print(f"{part.name}: ", end="", flush=True)
    return (
        subprocess.run([str(mypy), *options, *part.arguments], cwd=PROJECT, env={**os.environ, "MYPYPATH": bases}, check=False).returncode
        == 0
    )


def main() -> int:
    """Return 0 when nothing is wrong."""
    names = [part.name for part in parts()]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", metavar="PART", help=f"only these: {', '.join(names)}")
    parser.add_argument(
        "--oldest", type=Path, metavar="MYPY", help="a mypy that knows the oldest Python of hosts, which checks what runs on them"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.part) - set(names)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    mypy = Path(sys.executable).with_name("mypy")
    results = [check(part, mypy) for part in parts() if not arguments.part or part.name in arguments.part]
    if arguments.oldest:
        hosts = Part(f"on hosts, Python {OLDEST_PYTHON_OF_HOSTS}", _packages(*(f"plugins.{name}" for name in ON_HOSTS)))
        results.append(check(hosts, arguments.oldest, "--python-version", OLDEST_PYTHON_OF_HOSTS))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
