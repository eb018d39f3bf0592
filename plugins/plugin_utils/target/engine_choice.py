# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a request may be carried out by the equal engine that a bundle carries, or takes the controller's own."""

from __future__ import annotations

import base64

from .engine_zip import engine_zip
from .request import Request, removes_root

NEEDS_ENGINE = "needs_engine"
"""Stands in the answer of a host whose bundle does not hold the engine that it was taken to hold; says what was found."""


def may_run_own_engine(request: Request) -> bool:
    """Return whether the engine of the bundle will do, if it is the same one.

    A host cannot vouch for itself with code of its own, so the controller's verifies in depth. What removes the root removes the bundle.
    """
    return request["options"].get("verify") != "deep" and not removes_root(request)


def engine_to_send() -> str:
    """Return the engine as a parameter of the module."""
    return base64.b64encode(engine_zip()).decode("ascii")
