# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reference client fetches with: our sources, within the limits that it states, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO
from urllib.parse import unquote

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface

from ...module_utils.hermetic.errors import HermeticError
from .metadata_source import TARGETS_LIMIT, MetadataSource

ORIGIN = "repository:///"
"""The client wants addresses; where the files are is the source's matter."""


class SourceFetcher(FetcherInterface):
    """Fetches from a source; ``last`` is what was requested last, ``received`` what came."""

    def __init__(self, source: MetadataSource, *, known: Mapping[str, bytes] | None = None) -> None:
        self._source = source
        self._known = dict(known or {})
        self._limit = TARGETS_LIMIT
        self.last = ""
        self.received: dict[str, bytes] = {}

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Download a file of at most so many bytes."""
        self._limit = max_length
        with super().download_file(url, max_length) as stream:
            yield stream

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = unquote(url.removeprefix(ORIGIN))
        self.last = path
        # What was read to learn whether anything changed is not read again.
        content = self._known.pop(path, None)
        if content is None:
            try:
                content = self._source.read(path, limit=self._limit).content
            except HermeticError as error:
                raise DownloadError(str(error)) from error
        if content is None:
            raise DownloadHTTPError(f"{path} is not there", 404)
        self.received[path] = content
        return iter((content,))
