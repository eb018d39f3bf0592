# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the scripts of an unpacked wheel that name an interpreter, for environments and for bundles alike; what the first line is, they say."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import BrokenArtifact
from ..paths import extended
from . import engine_library
from .entry_points import commands_for
from .unpack_budget import MIB

_MARK = b"#!python"
# A script with a first line of Python's is a text; what is larger is a program, or an attack on the memory.
_LARGEST = 16 * MIB
# Linux reads no more of a script's first line.
_SHEBANG_LIMIT = 127


class Launchers(Protocol):
    """How scripts start the interpreter of the tree that they lie in."""

    def command(self, name: str, module: str, attribute: str, section: str) -> tuple[str, bytes]:
        """Return file name and content of the script of an entry point."""

    def first_line(self, flags: Sequence[str], *, gui: bool) -> bytes:
        """Return what takes the place of the first line of a script of the wheel."""


def own_scripts(
    files: Mapping[str, Any], entry_points: Sequence[Sequence[Any]], tree: Path, *, filename: str, version: str, launchers: Launchers
) -> dict[str, bytes]:
    """Return the scripts of a wheel that name the interpreter, by their file names; others are shared as they are.

    ``files`` are those of the unpacked wheel in ``tree``, ``version`` is that of the Python that they are for.
    """
    found: dict[str, bytes] = {}
    for path in files:
        if path.startswith("scripts/"):
            text = _python_script(tree / path, path, filename)
            if text is not None:
                found[path[len("scripts/") :]] = _with_first_line(text, path, filename, launchers)
    if entry_points:
        engine_library.enable()
        for name, module, attribute, section in commands_for(entry_points, version=version):
            if not name or "/" in name or "\\" in name or name in (".", ".."):
                raise BrokenArtifact(
                    f"The wheel {filename} has an entry point named {name!r}, which is no file name. Lock another version."
                )
            script, data = launchers.command(name, module, attribute, section)
            found[script] = data
    return found


def _python_script(path: Path, shown: str, filename: str) -> bytes | None:
    with open(extended(path), "rb") as stream:
        if stream.read(len(_MARK)) != _MARK:
            return None
        stream.seek(0)
        text = stream.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise BrokenArtifact(
            f"The wheel {filename} has a script {shown!r} of more than {_LARGEST} bytes that begins with '#!python'. Lock another version."
        )
    return text


def _with_first_line(text: bytes, shown: str, filename: str, launchers: Launchers) -> bytes:
    first, _newline, rest = text.partition(b"\n")
    program, *flags = first[2:].split() or [b""]
    try:
        words = [flag.decode("ascii") for flag in flags]
    except UnicodeDecodeError:
        raise BrokenArtifact(
            f"The wheel {filename} has a script {shown!r} whose first line is no plain text: {first[:100]!r}. Lock another version."
        ) from None
    return launchers.first_line(words, gui=program.lower().startswith(b"pythonw")) + rest


class PosixLaunchers:
    """Scripts with the absolute path of their interpreter in the first line."""

    def __init__(self, python: str) -> None:
        self._python = python

    def command(self, name: str, module: str, attribute: str, section: str) -> tuple[str, bytes]:
        """Return file name and content of the script of an entry point."""
        from installer.scripts import Script

        section_of: Any = section
        return Script(name, module, attribute, section_of).generate(self._python, "posix")

    def first_line(self, flags: Sequence[str], *, gui: bool) -> bytes:
        """Return the line that the kernel reads; one that is too long for it, or has a blank in the path, goes through the shell."""
        del gui
        line = self._python.encode()
        plain = " ".join(flags).encode()
        if b" " not in line and len(line) + len(plain) + 4 <= _SHEBANG_LIMIT:
            return b"#!" + line + (b" " + plain if plain else b"") + b"\n"
        # The shell reads the first lines as a command, Python as a string.
        words = " ".join(map(shlex.quote, [self._python, *flags])).encode()
        return b"#!/bin/sh\n'''exec' " + words + b' "$0" "$@"\n' + b"' '''\n"
