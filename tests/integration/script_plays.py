# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that run programs on a root of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from plays import Controller, Played
from roots import Root

SCRIPT = "hermetic.python.script"


@dataclass
class Scripts:
    """A controller, and a root whose bin/vpython3 runs its scripts."""

    controller: Controller
    root: Path
    place: Path
    """Where scripts and their locks are written."""

    @property
    def environments(self) -> Path:
        """Where the environments of the user lie."""
        return self.controller.directory / "cache" / "hermetic-vpython" / "environments"

    def made(self) -> list[str]:
        """Return the environments that are there."""
        return sorted(each.name for each in self.environments.iterdir()) if self.environments.is_dir() else []

    def task(self, path: Path | str, *, task: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Return a task that runs a script."""
        return {SCRIPT: {"path": str(path), "root": str(self.root), **options}, **(task or {})}

    def run(self, path: Path | str, *arguments: str, task: dict[str, Any] | None = None, **options: Any) -> Played:
        """Run one script."""
        return self.controller.play([self.task(path, task=task, **options)], *arguments)

    def result(self, path: Path | str, *arguments: str, task: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Run one script that succeeds, and return its result."""
        played = self.run(path, *arguments, task=task, **options)
        assert played.code == 0, played.output
        return played.last


@pytest.fixture
def scripts(tmp_path: Path, program_host: Root) -> Scripts:
    """Return a controller whose scripts run on a root that every user may read."""
    (tmp_path / "work").mkdir()
    # Nothing above it says what programs in it need.
    (tmp_path / "work" / ".gclient").touch()
    return Scripts(Controller(tmp_path / "controller"), program_host.path, tmp_path / "work")
