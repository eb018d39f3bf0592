# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a host finds of files that another user could change, and the refusals that follow from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...module_utils.hermetic.errors import HermeticError

_MARK = "hermetic-distrust-1 "


@dataclass(frozen=True)
class Distrust:
    """A file or directory that another user owns or may write."""

    part: str
    """``root``: the root has another owner. ``parent``: a directory above. ``home``: the root or its bundles. ``part``: a bundle."""
    kind: str
    """``owner`` or ``mode``."""
    uid: int
    mode: str
    path: str

    def words(self) -> str:
        """Return what was found, as a sentence."""
        if self.kind == "owner":
            return f"{self.path} is owned by uid {self.uid} ({self.mode})"
        return f"{self.path} may be written by others than its owner, uid {self.uid} ({self.mode})"


def parse_distrust(stdout: str) -> tuple[Distrust, ...]:
    """Read what the scripts report that others may change; a line of another form is an error."""
    found = []
    for line in stdout.splitlines():
        if not line.startswith(_MARK):
            continue
        match = re.fullmatch(r"(parent|root|home|part) (owner|mode) (\d+) (\S+) (/.*)", line[len(_MARK) :])
        if match is None:
            raise HermeticError(f"The probe's answer cannot be read: {line!r} does not name what another user may change.")
        found.append(Distrust(part=match[1], kind=match[2], uid=int(match[3]), mode=match[4], path=match[5]))
    return tuple(dict.fromkeys(found))


def refuse_untrusted(distrust: Sequence[Distrust], *, root: str, uid: int | None = None) -> None:
    """Raise an error when another user owns the root, or may change a directory above it."""
    foreign = [each for each in distrust if each.part == "root"]
    if foreign:
        run = "" if uid is None else f", and this task runs as uid {uid}"
        raise HermeticError(
            f"The root {root} belongs to uid {foreign[0].uid}{run}: nothing was run from it and nothing was written. "
            f"Become its owner (become: true, become_user: that user), or choose a root that this user or root owns. If root should own it, "
            f"give root the directory itself (chown root {root}, without -R), and converge: what others left in it is then replaced."
        )
    above = [each.words() for each in distrust if each.part == "parent"]
    if above:
        raise HermeticError(
            f"The root {root} lies below a directory that another user may change, who could replace the root with another one; "
            f"nothing was run from it and nothing was written: {'; '.join(above)}. Give that directory to root and take the permission to write "
            "from others (chown root, chmod go-w, setfacl -b), choose another root, or accept it with unsafe_parent: true.",
            above,
        )


def shown_distrust(distrust: Sequence[Distrust]) -> str:
    """Return what others may change of the root itself, as words."""
    return "; ".join(each.words() for each in distrust if each.part in ("home", "part"))
