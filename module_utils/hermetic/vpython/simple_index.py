# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a simple index (PEP 503, PEP 691) what it offers of a project."""

from __future__ import annotations

import time
from urllib.parse import quote, urljoin

from ..fetching.simple_page import PageFile, files_of_html, files_of_json
from ..fetching.sources import Access, SourceFailed, Sources, is_remote

_LARGEST_PAGE = 64 << 20


class SimpleIndex:
    """Asks one index for projects."""

    def __init__(self, address: str, access: Access) -> None:
        self._address = address.rstrip("/") + "/"
        self._sources = Sources(access)
        self._patience = access.download_timeout

    def files_of(self, project: str) -> list[PageFile]:
        """Return what is offered of a project; raises SourceFailed where the index cannot be asked."""
        address = urljoin(self._address, f"{quote(project)}/")
        if not is_remote(address):
            address = urljoin(address, "index.html")
        content = self._read(address)
        try:
            if content.lstrip()[:1] == b"{":
                return files_of_json(content, base=address)
            return files_of_html(content.decode("utf-8", "replace"), base=address)
        except ValueError as error:
            raise SourceFailed(f"the page {error}") from error

    def _read(self, address: str) -> bytes:
        opened = self._sources.open(address, until=time.monotonic() + self._patience)
        try:
            parts, size = [], 0
            while block := opened.read(1 << 16):
                size += len(block)
                if size > _LARGEST_PAGE:
                    raise SourceFailed(f"the page has more than {_LARGEST_PAGE} bytes")
                parts.append(block)
        finally:
            opened.close()
        return b"".join(parts)
