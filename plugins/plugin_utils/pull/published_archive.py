# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repository publishes as the archive of the fleet now, by the same metadata as its bundles."""

from __future__ import annotations

import secrets
from pathlib import Path

from ..net.controller_cache import ControllerCache
from ..net.http_source import HttpSource
from ..repository.index import load_index
from ..repository.published_file import PublishedFile
from .settings import PublishedSource


def announced(source: PublishedSource, cache: Path) -> PublishedFile:
    """Return what the repository has under the name now: one conditional request where nothing changed.

    The cache remembers what this host has seen, so that nothing older is ever taken.
    """
    http = HttpSource(ca_path=source.ca_path or None) if not source.repository.startswith("/") else None
    # A run of its own: what an earlier one was answered is asked for again.
    run = secrets.token_hex(8)
    index = load_index(source.repository, public_key=source.public_key, cache=ControllerCache(cache), http=http, run=run)
    return index.file(source.name)
