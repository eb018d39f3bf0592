# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the launcher found and wants an environment for; pure.

It comes as fields, each a line with name and length, and then so many bytes: what was hashed, and not what lies in the files by now.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InvalidRequest
from ..text.grammar import digest_problem

TOML_KINDS = ("toml", "script")
KINDS = ("none", "textproto", "inline", *TOML_KINDS)
LOCK_KINDS = ("none", "pylock", "requirements")

_HEAD = re.compile(rb"([a-z-]{1,32}) ([0-9]{1,9})")


@dataclass(frozen=True)
class Question:
    """A program's specification and lock, and where its environment is to lie."""

    bundle: str
    """The tree of the bundle that was started."""
    host: str
    """The root that it is installed in; empty where it lies in none."""
    generation: str
    """Where the link of that root to its generation in force leads."""
    root: str
    entry: str
    """The name of the entry by which the launcher finds the environment."""
    kind: str
    file: str
    text: bytes
    lock_kind: str
    lock_file: str
    """The lock; where there is none, what it would be called."""
    lock: bytes
    unlocked: bool
    tool: str
    log_level: str

    @property
    def text_digest(self) -> str:
        """The SHA-256 of the specification, by which a lock names it."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def subject(self) -> str:
        """What messages call the specification."""
        return self.file or ("the code of -c" if self.kind == "script" else "the program")


def parse_question(content: bytes) -> Question:
    """Read the fields of a question; raises InvalidRequest where they are not what the launcher writes."""
    fields = _fields(content)

    def text(name: str) -> str:
        return fields.get(name, b"").decode("utf-8", "surrogateescape")

    kind, lock_kind = text("kind") or "none", text("lock-kind") or "none"
    question = Question(
        bundle=text("bundle"),
        host=text("host"),
        generation=text("generation"),
        root=text("root"),
        entry=text("entry"),
        kind=kind,
        file=text("file"),
        text=fields.get("text", b""),
        lock_kind=lock_kind,
        lock_file=text("lock-file"),
        lock=fields.get("lock", b""),
        unlocked=text("unlocked") == "1",
        tool=text("tool"),
        log_level=text("log-level") or "warning",
    )
    if not question.bundle or not question.root or kind not in KINDS or lock_kind not in LOCK_KINDS:
        raise InvalidRequest("The question of the launcher lacks the bundle, the root, or a known kind; install the bundle again.")
    if question.tool != "prune" and digest_problem(question.entry) is not None:
        raise InvalidRequest("The question of the launcher names no entry; install the bundle again.")
    return question


def _fields(content: bytes) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    at = 0
    while at < len(content):
        end = content.find(b"\n", at)
        head = _HEAD.fullmatch(content[at:end]) if end >= 0 else None
        if head is None:
            break
        size = int(head[2])
        found[head[1].decode("ascii")] = content[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
        if content[at - 1 : at] != b"\n":
            break
    if at != len(content) or "end" not in found:
        raise InvalidRequest("The question of the launcher is cut off; run again.")
    return found
