# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that declare their packages, their locks, and bin/vpython3 of a host that runs them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wheelhouse import Wheel

SHOWS = (
    "import sys, json; json.dump({'prefix': sys.prefix, 'argv': sys.argv, 'executable': sys.executable, 'path': sys.path}, sys.stdout)\n"
)


def script_text(*requirements: str, body: str = SHOWS, python: str | None = None) -> str:
    """Return a program with a block of PEP 723."""
    lines = [f"requires-python = {json.dumps(python)}"] if python else []
    lines.append(f"dependencies = {json.dumps(list(requirements))}")
    return "".join(["#!/usr/bin/env vpython3\n# /// script\n", *(f"# {line}\n" for line in lines), "# ///\n", body])


def block_of(*requirements: str, python: str | None = None) -> str:
    """Return the specification in such a program, as it is hashed."""
    return (f"requires-python = {json.dumps(python)}\n" if python else "") + f"dependencies = {json.dumps(list(requirements))}\n"


def pylock(specification: str, wheels: Sequence[Wheel], *, addresses: bool = True, python: str | None = None) -> str:
    """Return a lock of wheels for a specification."""
    digest = hashlib.sha256(specification.encode()).hexdigest()
    lines = ['lock-version = "1.0"', 'created-by = "tests"', *([f'requires-python = "{python}"'] if python else []), ""]
    for wheel in wheels:
        version = wheel.filename.split("-")[1]
        place = f'path = "{wheel.path}"' if addresses else f'name = "{wheel.filename}"\nurl = "https://nowhere.invalid/{wheel.filename}"'
        lines += ["[[packages]]", f'name = "{wheel.name}"', f'version = "{version}"', "[[packages.wheels]]", place]
        lines += ["[packages.wheels.hashes]", f'sha256 = "{wheel.sha256}"', ""]
    lines += [] if wheels else ["packages = []"]
    lines += ["[tool.hermetic]", "format = 1", f'specification = "sha256:{digest}"']
    return "\n".join(lines) + "\n"


def lock_of(file: Path) -> Path:
    """Return where the lock of a file lies."""
    return file.with_name(f"pylock.{file.name.removeprefix('.').replace('.', '-')}.toml")


def write_program(
    directory: Path, wheels: Sequence[Wheel] = (), *, name: str = "tool.py", body: str = SHOWS, addresses: bool = True
) -> Path:
    """Write a program that declares wheels, with its lock beside it."""
    requirements = [f"{wheel.name}=={wheel.filename.split('-')[1]}" for wheel in wheels]
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / name
    program.write_text(script_text(*requirements, body=body))
    lock_of(program).write_text(pylock(block_of(*requirements), wheels, addresses=addresses))
    return program


def check_complete(root: Path) -> int:
    """Check that every entry leads to an environment with all that its receipt says; returns how many entries there are."""
    directory = root / "by-spec"
    entries = [entry for entry in directory.iterdir() if not entry.name.startswith(".")] if directory.is_dir() else []
    for entry in entries:
        # On Windows, an entry is a file with the text of the link.
        target = entry if entry.is_symlink() else directory / entry.read_text().strip()
        environment = target.resolve(strict=True)
        receipt = json.loads((root / "state" / "receipts" / "environments" / f"{environment.name}.json").read_text())
        missing = [path for path in receipt["own_files"] if not (environment / path).is_file()]
        # The receipts of wheels follow: a maker that ended before them leaves a complete environment, whose wheels others unpack again.
        laid_receipts = [root / "state" / "receipts" / "laid" / f"{laid}.json" for laid in receipt["laid"]]
        assert len(list((environment / receipt["site_packages"]).glob("*.dist-info/RECORD"))) == len(laid_receipts)
        for laid_receipt in laid_receipts:
            files = json.loads(laid_receipt.read_text())["files"] if laid_receipt.exists() else {}
            missing += [
                path for path in files if path.startswith("site/") and not (environment / receipt["site_packages"] / path[5:]).is_file()
            ]
        assert missing == []
    return len(entries)


@dataclass(frozen=True)
class Runner:
    """bin/vpython3 of a host, as a user with a home starts it."""

    command: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it gets: nothing of who runs the tests."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "TMPDIR": str(self.home / "tmp"), **self.variables}

    @property
    def root(self) -> Path:
        """Where its environments lie."""
        return self.home / ".cache" / "hermetic-vpython"

    def start(self, *arguments: str | Path, **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run it, whatever comes of it."""
        settings = {"env": self.environment, "timeout": 120, "stdin": subprocess.DEVNULL, **settings}
        if "input" in settings:
            del settings["stdin"]
        return subprocess.run(
            [str(self.command), *(str(each) for each in arguments)], capture_output=True, text=True, check=False, **settings
        )

    def shown(self, *arguments: str | Path, **settings: Any) -> dict[str, Any]:
        """Run a program that shows where it runs."""
        done = self.start(*arguments, **settings)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def environments(self) -> list[str]:
        """Return the environments that are there."""
        directory = self.root / "environments"
        return sorted(os.listdir(directory)) if directory.is_dir() else []
