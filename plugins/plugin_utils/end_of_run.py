# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exit status of a run in which callbacks of ours have a say: Ansible asks none, so the last of them ends the run."""

from __future__ import annotations


class EndOfRun:
    """The callbacks of this process that may end the run; the most telling status counts."""

    _all: list[str] = []  # noqa: RUF012
    _ended: dict[str, int] = {}  # noqa: RUF012

    @classmethod
    def join(cls, callback: str) -> None:
        """Register a callback that will call ``seen`` at the end of a playbook."""
        if callback not in cls._all:
            cls._all.append(callback)

    @classmethod
    def seen(cls, callback: str, status: int) -> None:
        """Note that a callback is done with a playbook, and end the run when all are; 0 leaves Ansible's own status."""
        cls._ended[callback] = status
        if not set(cls._all) <= set(cls._ended):
            return
        statuses, cls._ended = [cls._ended[each] for each in cls._all if cls._ended[each]], {}
        if statuses:
            # This is no error of a callback, so it passes through Ansible to the interpreter.
            raise SystemExit(min(statuses))
