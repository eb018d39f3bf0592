# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a command gets at a root: as far as it is usable, with its directories taken back from others, and alone where it changes anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..errors import BrokenRoot
from ..fs.atomic import make_directory
from ..fs.locking import hold
from ..generations import root_trust
from ..generations.foreign_obstacles import foreign_obstacles
from ..generations.root_mounts import require_writable
from ..model.layout import Layout
from ..model.request import Request
from ..mounts import is_read_only
from ..paths import WINDOWS
from ..records.root_record import open_up_nothing
from ..windows import acl as windows_acl


def require_usable(layout: Layout) -> None:
    """Raise BrokenRoot with everything at the root that would have to be overwritten and that no run of ours made."""
    obstacles = foreign_obstacles(layout)
    if obstacles:
        raise BrokenRoot(f"The root {layout.root} cannot be used; nothing was changed.", obstacles)


def secured(request: Request, layout: Layout) -> tuple[Request, list[root_trust.Untrusted]]:
    """Take back the directories of the root that another user may change, or name them where nothing may be changed.

    What such a directory holds is verified by content, whatever was asked for.
    """
    changes = request.command != "drift" and not request.check
    untrusted = root_trust.take_back(layout) if changes else root_trust.untrusted_directories(layout)
    if untrusted:
        request = replace(request, options=replace(request.options, verify="deep"))
    return request, untrusted


@contextmanager
def reading(layout: Layout, request: Request, warnings: list[str]) -> Iterator[float]:
    """Hold the lock while reading, where there is one that may be held; reading must not need the right to write."""
    untrusted = root_trust.untrusted_directories(layout)
    read_only = is_read_only(layout.state)
    if untrusted or not layout.state.is_dir() or not (os.access(layout.lock, os.R_OK) if read_only else os.access(layout.state, os.W_OK)):
        if untrusted:
            warnings.append(f"{layout.lock} was not opened, since another user may change what is there. Converge to take the root back.")
        elif layout.state.is_dir() and not read_only:
            warnings.append(f"{layout.lock} cannot be held by this user, so a run that changes the root at this moment may show as drift.")
        yield 0.0
        return
    with hold(layout.lock, timeout=request.options.lock_timeout, purpose=request.command) as waited:
        yield waited


@contextmanager
def writing(layout: Layout, request: Request, warnings: list[str]) -> Iterator[float]:
    """Make the root where it is missing, and hold its lock; gives the seconds that it was waited for."""
    require_writable(layout)
    fresh = not layout.state.is_dir()
    make_directory(layout.root)
    # Somebody else may have been faster in a directory that everybody may write.
    root_trust.require_trusted(layout.root, unsafe_parent=request.options.unsafe_parent)
    if WINDOWS and fresh:
        windows_acl.protect(layout.root)
    if fresh:
        warnings += open_up_nothing(layout.root)
    make_directory(layout.state)
    with hold(layout.lock, timeout=request.options.lock_timeout, purpose=request.command) as waited:
        yield waited
