# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host is refused before anything is decided for it: by what was found there, and what the inventory expects. Pure."""

from __future__ import annotations

from ...module_utils.hermetic.errors import HermeticError
from .host_mounts import judged_by_engine, refuse_read_only
from .host_probe import HostFacts
from .host_trust import refuse_untrusted


def refuse_other_platform(found: str, *, expected: str | None) -> None:
    """Raise an error where the inventory names another platform than the host has."""
    if expected and expected != found:
        raise HermeticError(
            f"The variable hermetic_platform is {expected}, and the host is {found}. Correct the variable, or remove it: the platform is detected."
        )


def refuse_unusable_root(facts: HostFacts, *, changes: bool) -> None:
    """Raise an error for a root that nothing may be run from, or that the task is to change and cannot; ``changes`` says that it is to."""
    if facts.root_type == "other":
        raise HermeticError(
            f"The root {facts.root} is there and is no directory; nothing was changed. Move it away, or choose another root."
        )
    refuse_untrusted(facts.distrust, root=facts.root, uid=facts.uid)
    if not changes or judged_by_engine(facts):
        return
    refuse_read_only(facts)
    if not facts.root_writable:
        raise HermeticError(
            f"The root {facts.root} cannot be written by the user with uid {facts.uid}; nothing was changed. "
            "Become a user who can (become: true), or choose a root of that user's own."
        )
