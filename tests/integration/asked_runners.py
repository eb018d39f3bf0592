# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin/vpython3 with a stand-in for its other half, which keeps the question and makes nothing: what it found, without any Python."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.launcher import Compiler, compile_runner
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.tree import PythonVersion

STAND_IN = """#!/bin/sh
cat <&3 > "$KEEP"
exit 9
"""


@dataclass(frozen=True)
class AskedRunner:
    """A bundle of nothing but the launcher and the stand-in."""

    tree: Path

    @property
    def command(self) -> Path:
        """What a user starts."""
        return self.tree / "bin" / "vpython3"

    def start(self, *arguments: str | Path, place: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
        """Start it with a root and a directory for what is kept."""
        variables = {"PATH": "/usr/bin:/bin", "VPYTHON_VIRTUALENV_ROOT": str(place / "root"), "KEEP": str(place / "question")}
        variables.update(settings.pop("variables", {}))
        # A group or others may not write what the runner makes.
        return subprocess.run(
            [str(self.command), *(str(each) for each in arguments)],
            env=variables, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, umask=0o022, **settings,
        )  # fmt: skip

    def question(self, *arguments: str | Path, place: Path, **settings: Any) -> dict[str, str]:
        """Return the question that it asks, as fields."""
        kept = place / "question"
        kept.unlink(missing_ok=True)
        done = self.start(*arguments, place=place, **settings)
        assert done.returncode == 9, done.stderr
        return fields_of(kept.read_bytes())

    def refusal(self, *arguments: str | Path, place: Path, **settings: Any) -> str:
        """Return why it asks none."""
        done = self.start(*arguments, place=place, **settings)
        assert done.returncode not in (0, 9)
        assert not (place / "question").exists()
        return done.stderr


def fields_of(content: bytes) -> dict[str, str]:
    """Return the fields of a question."""
    found = {}
    while content:
        head, _unused, rest = content.partition(b"\n")
        name, size = head.split()
        found[name.decode()] = rest[: int(size)].decode("utf-8", "surrogateescape")
        content = rest[int(size) + 1 :]
    return found


def asked_runner(tree: Path, compiler: Compiler) -> AskedRunner:
    """Make such a bundle."""
    compile_runner(tree / "bin" / "vpython3", python=PythonVersion("3.12.1"), compiler=compiler)
    (tree / "bin" / "python3.12").write_text(STAND_IN)
    (tree / "bin" / "python3.12").chmod(0o755)
    (tree / "bundle.json").write_text("{}\n")
    return AskedRunner(tree)
