# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which form a file's text has, by its name and what is in it, and the specification in it; pure."""

from __future__ import annotations

from pathlib import PurePath

from .guarded_block import Block, find_guarded_block
from .problem import Problem, Unreadable
from .script_block import find_script_block
from .specification import Form, Specification, WheelList
from .text_proto import parse_text_proto
from .toml_form import parse_toml_form

TOML_NAME = "vpython.toml"
SUFFIXES = (".vpython3", ".vpython")
# The longest real one has 12 KiB, and a hundred packages.
LARGEST_SPECIFICATION = 1 << 20
_MOST_PACKAGES = 2000
_PROGRAMS = (".py", ".py3", ".pyw", ".sh")


def form_of_name(name: str) -> Form | None:
    """Return the form that a file of this name has, or None where its content decides."""
    if name.lower().endswith(".toml"):
        return Form.TOML
    return Form.TEXT_PROTO if name.endswith(SUFFIXES) else None


def specification_in(text: str, *, path: str, form: Form | None = None) -> Specification | None:
    """Return the specification in the text of a file, or None where it is a program that says nothing; raises Unreadable.

    The text has LF as line ends, and no byte order mark. Bytes that are no UTF-8 stand as surrogates, and are refused where they matter.
    """
    form = form or form_of_name(PurePath(path).name)
    if form in (Form.TOML, Form.TEXT_PROTO):
        return _parsed(form, Block(text, 1, ""), path)
    if _is_program(text, path):
        return specification_of_program(text, path=path)
    # A text proto under another name may speak of blocks in its comments, and a block consists of comments for a text proto.
    whole = _text_proto_in(text, path)
    if whole is not None and whole.content != WheelList():
        return whole
    return specification_of_program(text, path=path) or whole or _parsed(Form.TEXT_PROTO, Block(text, 1, ""), path)


def _text_proto_in(text: str, path: str) -> Specification | None:
    try:
        return _parsed(Form.TEXT_PROTO, Block(text, 1, ""), path)
    except Unreadable:
        return None


def specification_of_program(text: str, *, path: str) -> Specification | None:
    """Return the specification that a program has in it: the block of PEP 723, else the one between guards, else None.

    What follows a NUL is no text of a program, but the archive behind the first line of a zipapp.
    """
    text = text.partition("\0")[0]
    for form, find in ((Form.SCRIPT, find_script_block), (Form.INLINE, find_guarded_block)):
        try:
            block = find(text)
        except Unreadable as error:
            raise error.moved(path=path, lines=0, columns=0) from None
        if block is not None:
            return _parsed(form, block, path)
    return None


def _is_program(text: str, path: str) -> bool:
    return PurePath(path).suffix in _PROGRAMS or text.startswith("#!")


def _parsed(form: Form, block: Block, path: str) -> Specification:
    try:
        if len(block.text) > LARGEST_SPECIFICATION:
            raise Unreadable([Problem("too-large", f"its specification has more than {LARGEST_SPECIFICATION} characters")])
        _refuse_bytes(block.text)
        content, positions = (
            parse_text_proto(block.text) if form.is_legacy else parse_toml_form(block.text, may_be_empty=form is Form.SCRIPT)
        )
    except Unreadable as error:
        raise error.moved(path=path, lines=block.first_line - 1, columns=len(block.prefix)) from None
    count = len(content.wheels if isinstance(content, WheelList) else content.dependencies)
    if count > _MOST_PACKAGES:
        raise Unreadable([Problem("too-many", f"it asks for {count} packages; at most {_MOST_PACKAGES} are read", path=path)])
    return Specification(form, block.text, content, path, block.first_line, len(block.prefix), positions)


def _refuse_bytes(text: str) -> None:
    """Refuse what was no UTF-8."""
    if text.isascii():
        return
    problems = [
        Problem("encoding", "the line is not UTF-8; save the file as UTF-8", line=number)
        for number, line in enumerate(text.split("\n"), 1)
        if not line.isascii() and any("\udc80" <= character <= "\udcff" for character in line)
    ]
    if problems:
        raise Unreadable(problems)
