# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions of the launcher, and locks, for tests of the room that answers them."""

from __future__ import annotations

import hashlib
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.question import Question, parse_question

ENTRY = "e" * 64


def written(**fields: str | bytes) -> bytes:
    """Return a question as the launcher writes it; names have - for _."""
    named = {name.replace("_", "-"): value.encode() if isinstance(value, str) else value for name, value in fields.items()}
    return b"".join(b"%s %d\n%s\n" % (name.encode(), len(value), value) for name, value in named.items())


def question(**fields: str | bytes) -> Question:
    """Return a question about a specification, by default an empty one."""
    known: dict[str, Any] = {
        "bundle": "/host/bundles/python-3.12.1+1-0123456789ab",
        "root": "/root",
        "entry": ENTRY,
        "file": "/programs/tool.py",
    }
    return parse_question(written(**{**known, **fields, "end": ""}))


def digest(text: str) -> str:
    """Return what a lock calls a specification."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
