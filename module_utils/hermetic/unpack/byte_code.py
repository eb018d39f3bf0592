# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile one source for the Python that runs this, within bounds."""

from __future__ import annotations

import importlib.util
import marshal
import os
import struct
import sys
from collections.abc import Sequence
from types import CodeType

# Unchecked: the byte code is used without reading the source, so that running never writes into a read-only tree.
_UNCHECKED_HASH = struct.pack("<I", 0b01)
_HEAD = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH
# CPython has one object for each text of one of these characters.
_SHARED_CHARACTERS = "\u0100"
LARGEST_SOURCE = 8 << 20
"""Compiling takes up to two hundred times the size of a source in memory; a larger one is installed without byte code."""


def cache_path(source: str) -> str:
    """Return where the byte code of a source lies in a tree, for the Python that runs this."""
    return str(importlib.util.cache_from_source(source)).replace(os.sep, "/")


def source_fingerprint(source: bytes | memoryview) -> bytes:
    """Return what byte code says of the source that it was compiled from; the same for one series of Python only."""
    return importlib.util.source_hash(source)


def fingerprint_of(code: bytes | memoryview) -> bytes | None:
    """Return what byte code says of its source; None for what this Python would not take, or would hold against the source's file."""
    head = bytes(code[: len(_HEAD) + 8])
    return head[len(_HEAD) :] if head.startswith(_HEAD) and len(head) == len(_HEAD) + 8 else None


def byte_code(source: bytes, *, shown_as: str) -> bytes | None:
    """Return the content of the ``.pyc`` of a source, or None when this Python cannot compile it.

    A wheel may hold sources that are no Python of this version (templates, test data): pip, uv and compileall pass over them too.
    """
    try:
        code = compile(source, shown_as, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, UnicodeDecodeError):
        return None
    return b"".join((_HEAD, source_fingerprint(source), _same_bytes(code)))


def _same_bytes(code: CodeType) -> bytes:
    """Return the same bytes for the same code, whatever this process compiled before.

    What ``marshal`` writes as a reference depends on which objects are one by chance, and on how many others hold them. So each
    object is made on its own, by way of the format without references, and held once more while it is written. It also writes
    whether a text is interned; a text of one character may be the same object in the whole process, and is so from here on.
    """
    try:
        code = marshal.loads(marshal.dumps(code, 2))
    except ValueError:
        # A constant that the old format does not know, as Python 3.14 has them.
        return marshal.dumps(code)
    held = _held(code)
    for value in {value for value in held if isinstance(value, str) and len(value) == 1}:
        if value < _SHARED_CHARACTERS:
            sys.intern(value)
    written = marshal.dumps(code)
    del held
    return written


def _held(code: CodeType) -> list[object]:
    """Return every part of a code, each of which has one holder more while the list lives; whole tuples of parts are not among them.

    The parts are added a tuple at a time: one by one was measured at a tenth of the time of compiling.
    """
    held: list[object] = []
    codes = [code]
    while codes:
        each = codes.pop()
        held += (each, each.co_filename, each.co_name, getattr(each, "co_qualname", None))
        held += (*each.co_names, *each.co_varnames, *each.co_freevars, *each.co_cellvars)
        nested: list[tuple[object, ...] | frozenset[object]] = [each.co_consts]
        while nested:
            constants = nested.pop()
            held += constants
            codes += [constant for constant in constants if isinstance(constant, CodeType)]
            nested += [constant for constant in constants if isinstance(constant, (tuple, frozenset))]
    return held


def without_byte_code(sources: Sequence[str]) -> str:
    """Return the sentence that says which sources have none on purpose."""
    return (
        f"{len(sources)} sources were installed without byte code, because they have more than {LARGEST_SOURCE >> 20} MiB or too long a name: "
        f"{', '.join(sources[:3])}{', …' if len(sources) > 3 else ''}. They are compiled whenever they are imported."
    )
