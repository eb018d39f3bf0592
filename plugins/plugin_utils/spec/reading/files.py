# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the text of a specification or a program from a file, within bounds."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ..formats.problem import Problem, Unreadable
from ..formats.recognition import LARGEST_SPECIFICATION, form_of_name, specification_in, specification_of_program
from ..formats.specification import Form, Specification

LARGEST_PROGRAM = 64 << 20


def read_specification(path: str | os.PathLike[str], *, form: Form | None = None) -> Specification:
    """Return the specification in a file, whatever form it has; raises Unreadable where there is none."""
    shown = os.fspath(path)
    whole = form in (Form.TOML, Form.TEXT_PROTO) or form_of_name(Path(shown).name) is not None
    found = specification_in(read_text(shown, largest=LARGEST_SPECIFICATION if whole else LARGEST_PROGRAM), path=shown, form=form)
    if found is None:
        message = (
            "the program says nothing about packages; add a block '# /// script' (PEP 723), or name the file that holds its specification"
        )
        raise Unreadable([Problem("no-specification", message, path=shown)])
    return found


def read_from_program(path: str | os.PathLike[str]) -> Specification | None:
    """Return the specification that a program has in it, or None; also for what only Python can read, such as a pipe.

    What lies further back than a program is long, such as the archive of a zipapp, declares nothing.
    """
    shown = os.fspath(path)
    try:
        content = _content(shown, LARGEST_PROGRAM)
    except (OSError, ValueError):
        return None
    return specification_of_program(text_of(content or b""), path=shown)


def read_text(path: str, *, largest: int) -> str:
    """Return the text of a regular file: without byte order mark, with LF as line ends, and bytes that are no UTF-8 as surrogates."""
    try:
        content = _content(path, largest + 1)
    except ValueError as error:  # a NUL in the path
        raise _unreadable(path, f"it is no path: {error}") from error
    except OSError as error:
        reason = "it is a directory" if error.errno == errno.EISDIR or Path(path).is_dir() else (error.strerror or str(error))
        raise _unreadable(path, reason) from error
    if content is None:
        raise _unreadable(path, "it is no regular file")
    if len(content) > largest:
        raise _unreadable(path, f"it has more than {largest} bytes; a specification is short, and so is a program that holds one")
    return text_of(content)


def _content(path: str, most: int) -> bytes | None:
    """Return the first bytes of a regular file; None for anything else, which is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def text_of(content: bytes) -> str:
    """Return bytes as the text that a specification is read from, and its digest made of."""
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(path: str, reason: str) -> Unreadable:
    return Unreadable([Problem("unreadable", reason, path=path)])
