# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the members of an archive begin, as a repository's index and a request state it."""

from __future__ import annotations

from ..text.grammar import is_number, shown

# One for each MiB of what the largest archive may unpack to.
_MOST = 1 << 17


def members_problem(value: object, *, size: object) -> str | None:
    """Return why a value does not say where the members of an archive of this size begin, or None; nothing and an empty list are fine.

    Whether members do begin there, only the archive itself tells.
    """
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        return f"{shown(value)} is no list; expected offsets in the archive"
    if len(value) > _MOST:
        return f"there are {len(value)}; {_MOST} is the most that an archive has"
    bad = [offset for offset in value if not is_number(offset)]
    if bad:
        return f"the offset {shown(bad[0])} is no number of bytes"
    if value[0] != 0:
        return f"the first is at {value[0]}; expected 0, where the archive begins"
    for before, offset in zip(value, value[1:]):
        if offset <= before:
            return f"the offset {offset} follows {before}; expected each to be greater than the one before"
    if is_number(size) and value[-1] >= int(str(size)):
        return f"the offset {value[-1]} lies behind the end of the archive, which has {size} bytes"
    return None
