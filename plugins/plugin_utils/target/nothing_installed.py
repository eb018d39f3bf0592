# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host has nothing at its root. Pure."""

from __future__ import annotations

from ...module_utils.hermetic.errors import HermeticError
from .host_probe import HostFacts


class NothingInstalled(HermeticError):
    """Raised for a host that was given nothing, or of which nothing is left."""

    def __init__(self, root: str) -> None:
        super().__init__(
            f"Nothing is installed below {root}, so there is nothing to repair. "
            "Install what is declared first: the playbook hermetic.python.site, or hermetic.python.system with state present."
        )


def is_untouched(facts: HostFacts) -> bool:
    """Return whether a host has nothing at the root, so that its plan is known without asking it."""
    return facts.interpreter is None and not facts.damaged and facts.root_type in ("missing", "empty")
