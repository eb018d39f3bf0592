# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting the archive that a bundle is made from, always checked."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ....module_utils.hermetic.errors import BrokenArtifact, InvalidRequest
from ....module_utils.hermetic.text.redaction import redacted
from ...net.http_source import HttpSource
from ...net.local_file import sha256_of
from ...net.url_credentials import split_credentials
from ..model.request import ArchiveSource


def obtain(source: ArchiveSource, *, cache: Path) -> Path:
    """Return a local file with the wanted digest; what came over the network is kept below ``cache``."""
    if urlsplit(source.location).scheme in ("http", "https"):
        kept = cache / source.sha256 / (unquote(Path(urlsplit(source.location).path).name) or "archive")
        if not (kept.is_file() and sha256_of(kept) == source.sha256):
            kept.parent.mkdir(parents=True, exist_ok=True)
            url, credentials = split_credentials(source.location)
            HttpSource(credentials=credentials).save(url, kept, sha256=source.sha256)
        return kept
    local = Path(unquote(urlsplit(source.location).path)) if source.location.startswith("file://") else Path(source.location).expanduser()
    if not local.is_file():
        raise InvalidRequest(f"archive {redacted(source.location)}: there is no such file; name a path or an http(s) URL")
    found = sha256_of(local)
    if found != source.sha256:
        raise BrokenArtifact(f"archive {local.name} has SHA-256 {found}, expected {source.sha256}")
    return local
