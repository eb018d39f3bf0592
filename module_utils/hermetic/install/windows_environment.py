# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an environment on Windows holds of its own: the bundle's programs by hard link, the file that leads them, and commands."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..fs.junction_fallback import absolute_pth
from ..paths import FILE_TIME_IN_ZIP

LAUNCHER_KINDS = {"windows-x86_64": "win-amd64", "windows-x86": "win-ia32", "windows-arm64": "win-arm64"}
PROGRAMS = (".exe", ".dll")

# Commands start the interpreter beside them, wherever the environment lies and whatever its name holds.
_INTERPRETERS = {"console": "<launcher_dir>\\python.exe", "gui": "<launcher_dir>\\pythonw.exe"}


def programs(bundle_tree: Path) -> Iterator[Path]:
    """Return the programs of a bundle and the libraries that Windows looks for beside them."""
    for source in sorted((bundle_tree / "bin").iterdir()):
        if source.suffix.lower() in PROGRAMS and source.is_file():
            yield source


def leading_file(bundle_tree: Path) -> tuple[str, str] | None:
    """Return name and text of the ``._pth`` file that leads the programs to the bundle, and isolates them as it does there."""
    for source in sorted((bundle_tree / "bin").glob("python*._pth")):
        return source.name, absolute_pth(source)
    return None


def command(
    name: str, module: str, attribute: str, section: Any, *, platform: str, interpreters: Mapping[str, str] | None = None
) -> tuple[str, bytes]:
    """Return file name and content of the program that starts an entry point; equal entry points give equal bytes."""
    from installer.scripts import Script

    kind: Any = LAUNCHER_KINDS[platform]
    script, data = Script(name, module, attribute, section).generate((interpreters or _INTERPRETERS)[section], kind)
    packed = zipfile.ZipFile(io.BytesIO(data))
    entries = packed.infolist()
    end = io.BytesIO()
    with zipfile.ZipFile(end, "w") as archive:
        for entry in entries:
            archive.writestr(zipfile.ZipInfo(entry.filename, FILE_TIME_IN_ZIP), packed.read(entry))
    return script, data[: min(entry.header_offset for entry in entries)] + end.getvalue()


class WindowsLaunchers:
    """Programs for entry points; the scripts of a wheel name the interpreter for those who start them by their ending."""

    def __init__(self, python: str, platform: str) -> None:
        self._python = python
        self._platform = platform

    def command(self, name: str, module: str, attribute: str, section: str) -> tuple[str, bytes]:
        """Return file name and content of the program of an entry point."""
        return command(name, module, attribute, section, platform=self._platform)

    def first_line(self, flags: Sequence[str], *, gui: bool) -> bytes:
        """Return the first line of a script; one that asked for ``pythonw`` has no console."""
        python = f"{self._python[: -len('python.exe')]}pythonw.exe" if gui and self._python.lower().endswith("python.exe") else self._python
        return " ".join([f'#!"{python}"', *flags]).encode() + b"\r\n"
