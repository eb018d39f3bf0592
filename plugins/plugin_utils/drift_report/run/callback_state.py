# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the callback in this process, and in its forks: whether it receives events, and who enabled it."""

from __future__ import annotations

from ansible import constants as C  # noqa: N812

CALLBACK = "hermetic.python.drift_report"


class CallbackState:
    """The callback of this process."""

    by_role = False
    """Whether only plays with the role are reported on, since nobody but the role asked for the callback."""
    active = False
    """Whether the callback receives events; forks of ansible-playbook see what was true when they began."""


def ask_for_callback() -> None:
    """Have ansible-playbook load the callback; works until its first play begins, when it loads what is in this list."""
    if CALLBACK not in C.CALLBACKS_ENABLED:
        CallbackState.by_role = True
        C.CALLBACKS_ENABLED.append(CALLBACK)
