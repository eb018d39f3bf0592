# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interpreters of a root that are asked what they are."""

from __future__ import annotations

from roots import Root

PYTHONS = (None, "one")
"""The system Python, and that of an environment."""


def program(root: Root, of: str | None) -> str:
    """Return the path of the system Python, or of that of an environment."""
    return str(root.path / "envs" / of / "bin/python" if of else root.path / "bin/python")
