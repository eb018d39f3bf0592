# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place with an index that is served, specifications, and the command hermetic-spec as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supply_samples import Served, make_html_index

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = PROJECT / "tools" / "hermetic-spec"
WHEELS = {
    "alpha-1.0-py3-none-any.whl": (),
    "alpha-2.0-py3-none-any.whl": ("beta>=1",),
    "beta-1.0-cp311-cp311-manylinux_2_17_x86_64.whl": (),
    "beta-1.0-cp311-cp311-win_amd64.whl": (),
    "beta-1.0-cp312-cp312-win_amd64.whl": (),
}


def wheel_with(directory: Path, filename: str, *requires: str, salt: str = "") -> Path:
    """Write a wheel that requires others."""
    name, version, *_more, python, abi, platform = filename.removesuffix(".whl").split("-")
    directory.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"Requires-Dist: {each}\n" for each in requires)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(directory / filename, "w") as wheel:
        wheel.writestr(f"{name}.py", f"SALT = {salt!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {python}-{abi}-{platform}\n")
        wheel.writestr(f"{info}/RECORD", "")
    return directory / filename


@dataclass
class Done:
    """What the command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass
class Place:
    """A directory with specifications, and the index that the command is configured with."""

    directory: Path
    server: Served
    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def publish(self, wheels: dict[str, tuple[str, ...]], *, salt: str = "") -> None:
        """Put wheels into the index."""
        files = self.root / "files"
        for filename, requires in wheels.items():
            wheel_with(files, filename, *requires, salt=salt)
        make_html_index(self.root, sorted(files.iterdir()))

    def write(self, name: str, text: str) -> Path:
        """Write a file into the directory."""
        path = self.directory / name
        path.write_text(text)
        return path

    @property
    def variables(self) -> dict[str, str]:
        """The environment of the command: an index, and a home with nothing in it."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        home = self.directory.parent / "home"
        home.mkdir(exist_ok=True)
        settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": f"{self.server.url}/simple", "HOME": str(home)}
        return {**kept, **settings, "XDG_CACHE_HOME": str(home / "cache"), **self.environment}

    def run(self, *arguments: str) -> Done:
        """Run the command in the directory."""
        command = [sys.executable, str(COMMAND), *arguments]
        done = subprocess.run(command, cwd=self.directory, env=self.variables, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)
