# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts without the secrets that a task gave to a program; pure."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "********"
_SHORTEST = 6


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return the text with each secret replaced, the longest first; what is shorter than six characters is no secret.

    The lines of a secret of several lines, such as a key, are secrets as well.
    """
    for secret in sorted(_parts(secrets), key=lambda part: (-len(part), part)):
        text = text.replace(secret, MASK)
    return text


def masked_tail(text: str, secrets: Iterable[str]) -> str:
    """Return the end of a longer text with each secret replaced, and without what may be the rest of one at its beginning."""
    all_of_them = list(secrets)
    rests = [part[at:] for part in _parts(all_of_them) for at in range(1, len(part)) if text[:1] == part[at] and text.startswith(part[at:])]
    text = text[len(max(rests, key=len, default="")) :]
    return masked(text, all_of_them)


def _parts(secrets: Iterable[str]) -> set[str]:
    parts = {part.strip() for secret in secrets for part in (secret, *secret.splitlines())}
    return {part for part in parts if len(part) >= _SHORTEST}
