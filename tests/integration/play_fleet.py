# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One controller, a repository with releases, locks, and a root for the tests of plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plays import Controller, Played
from roots import Archive
from wheelhouse import Wheel

SYSTEM = "hermetic.python.system"


def lock_text(*wheels: Wheel) -> str:
    """Return a hashed requirements file."""
    parts = [wheel.filename.split("-") for wheel in wheels]
    return "".join(f"{part[0]}=={part[1]} --hash=sha256:{wheel.sha256}\n" for part, wheel in zip(parts, wheels, strict=True))


class Fleet:
    """One controller, a repository, locks, and a root."""

    def __init__(self, directory: Path, archives: list[Archive], wheels: dict[str, Wheel]) -> None:
        self.directory = directory
        self.controller = Controller(directory / "controller")
        self.repository = directory / "repository"
        self.wheels = wheels
        self.root = directory / "root"
        published = self.controller.play(
            [
                {
                    "hermetic.python.repository": {
                        "path": str(self.repository),
                        "archives": [str(archive.path) for archive in archives],
                        "channel": "stable",
                        "release": archives[0].release,
                    }
                }
            ]
        )
        assert published.code == 0, published.output
        self.lock("one", wheels["alpha-1.0"], wheels["beta-1.0"])
        self.lock("two", wheels["beta-1.0"], wheels["gamma-1.0"])

    def lock(self, name: str, *wheels: Wheel) -> str:
        """Write a lock and return its path."""
        path = self.directory / f"{name}-requirements.txt"
        path.write_text(lock_text(*wheels))
        return str(path)

    def options(self, **options: Any) -> dict[str, Any]:
        """Return the options of the module system, with two VirtualEnvs."""
        return {
            "root": str(self.root),
            "repository": str(self.repository),
            "find_links": [str(self.wheels["alpha-1.0"].path.parent)],
            "bundles": [{"name": "python"}],
            "virtualenvs": [
                {"name": "one", "lock": str(self.directory / "one-requirements.txt")},
                {"name": "two", "lock": str(self.directory / "two-requirements.txt")},
            ],
            **options,
        }

    def module(self, module: str, /, *arguments: str, task: dict[str, Any] | None = None, **options: Any) -> Played:
        """Run one module."""
        return self.controller.play([{f"hermetic.python.{module}": options, **(task or {})}], *arguments)


@pytest.fixture(scope="module")
def fleet(
    tmp_path_factory: pytest.TempPathFactory, bundle_archive: Archive, later_bundle_archive: Archive, wheels: dict[str, Wheel]
) -> Fleet:
    """Return a repository with two releases, and a root that the first test converges."""
    return Fleet(tmp_path_factory.mktemp("fleet"), [bundle_archive, later_bundle_archive], wheels)
