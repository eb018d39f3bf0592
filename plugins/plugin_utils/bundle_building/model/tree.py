# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of a bundle while it is being built."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ...platforms import Platform


@dataclass(frozen=True)
class PythonVersion:
    """Version of a CPython as its sources spell it, such as 3.12.1 or 3.14.0rc2."""

    text: str

    @property
    def numbers(self) -> tuple[int, int]:
        major, minor = self.text.split(".")[:2]
        return int(major), int(minor)

    @property
    def short(self) -> str:
        return "{}.{}".format(*self.numbers)

    @property
    def tag(self) -> str:
        return "cp{}{}".format(*self.numbers)

    @property
    def runs_engine(self) -> bool:
        return self.numbers >= (3, 9)

    @property
    def isolates(self) -> bool:
        """Whether it knows -I."""
        return self.numbers >= (3, 4)

    @property
    def makes_environments(self) -> bool:
        """Whether it can read locks: it has tomllib."""
        return self.numbers >= (3, 11)

    @property
    def has_safe_path(self) -> bool:
        """Whether it knows -P."""
        return self.numbers >= (3, 11)


@dataclass(frozen=True)
class Tree:
    """A bundle's directory with what the steps of a build must know of it. Paths are relative to ``root``, with '/'."""

    root: Path
    platform: Platform
    python: PythonVersion
    abi: str
    stdlib: str
    interpreter: str
    """The real interpreter: libexec/pythonX.Y, or bin/python.exe."""
    source_paths: tuple[str, ...] = ()
    """Directories of the machine that made it; none of them may stay in a file."""
    build_paths: tuple[str, ...] = ()
    """Directories that its sources were compiled in."""
    sourceless: bool = False
    site_directory: str = "site-packages"
    warnings: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        """The name of the versioned command: python3.12."""
        return f"python{self.python.short}"

    @property
    def site_packages(self) -> str:
        return f"{self.stdlib}/{self.site_directory}"

    @property
    def executable(self) -> str:
        """What a user starts."""
        return "bin/python.exe" if self.platform.system == "windows" else f"bin/{self.command}"

    @property
    def stdlib_directory(self) -> Path:
        return self.root / self.stdlib

    def files(self) -> list[Path]:
        """Return every regular file of the tree, sorted."""
        return sorted(path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())


def copy_file(source: Path, target: Path) -> None:
    """Copy content and nothing else; makes the directories above it. Modes are set when the tree is done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if source.stat().st_mode & 0o111 else 0o644)
