# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands at a root in the way of the engine that the engine did not make."""

from __future__ import annotations

import os
from pathlib import Path

from ..fs import links
from ..model.layout import STABLE_LINKS, Layout
from ..paths import WINDOWS
from . import fallback_remains
from .profile import stable_links


def foreign_obstacles(layout: Layout) -> list[str]:
    """Return a sentence for everything at the root that the engine would have to overwrite but did not make."""
    found = []
    if os.path.lexists(layout.root) and not layout.root.is_dir():
        return [f"{layout.root} is no directory; expected a directory for the root. Move it away or declare another root."]
    for name in (*STABLE_LINKS, "current"):
        path = layout.root / name
        if os.path.lexists(path) and not links.is_link(path):
            # In a root of ours, a fallback directory that has lost its mark is known by what it holds.
            not_ours = fallback_remains.foreign_entries(path, layout) if WINDOWS and layout.state.is_dir() and path.is_dir() else None
            if not_ours == []:
                continue
            found.append(
                f"{path} is a {'directory' if path.is_dir() else 'file'} of something else; expected a link that this project makes. "
                + (f"It holds {', '.join(not_ours[:5])}{' and more' if not_ours[5:] else ''}. " if not_ours else "")
                + "Move it away or declare another root."
            )
        elif (
            not layout.state.is_dir() and links.is_link(path) and not any(links.points_to(path, own) for own in _own_targets(layout, path))
        ):
            found.append(
                f"{path} is a link to {links.read(path)}, and {layout.root} is no root of this project; expected a directory that is free. "
                "Move the link away or declare another root."
            )
    for path in layout.own_directories().values():
        if path != layout.root and os.path.lexists(path) and (links.is_link(path) or not path.is_dir()):
            found.append(f"{path} is no directory; expected one that this project makes. Move it away or declare another root.")
    return found


def _own_targets(layout: Layout, link: Path) -> list[str]:
    """Return where a link of ours may lead; for the one to a generation, any below the root will do."""
    target = links.read(link)
    if link == layout.current and target is not None and os.path.dirname(target) in ("generations", str(layout.generations)):
        return [target]
    return [target for stable, target in stable_links(layout).items() if stable == link]
