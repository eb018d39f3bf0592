# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting the bytes of metadata and targets, from a directory or a web server, bounded by what they may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.text.redaction import shown
from ..net.size_limits import TooLarge
from ..net.url_credentials import below

if TYPE_CHECKING:
    from ..net.http_source import HttpSource

TIMESTAMP_LIMIT = 16 << 10
ROOT_LIMIT = 512 << 10
SNAPSHOT_LIMIT = 2 << 20
TARGETS_LIMIT = 32 << 20


def endless(path: str, repository: str) -> BrokenArtifact:
    """Return the error of a file without an end, as far as anybody wants to know."""
    return BrokenArtifact(
        f"{path} of the repository {shown(repository)} has more bytes than it may have, or than the metadata says (endless data). "
        "Nothing of it is used: look at the server"
    )


@dataclass(frozen=True)
class SourceAnswer:
    """What a source has: ``content`` is None where there is no such file, or where it is what the reader knows."""

    content: bytes | None
    unchanged: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class MetadataSource(Protocol):
    """Gives the files of a repository by their paths."""

    def read(self, path: str, *, limit: int, headers: Mapping[str, str] | None = None) -> SourceAnswer:
        """Read a file of at most so many bytes; a larger one raises ``TooLarge``."""


@dataclass(frozen=True)
class DirectorySource:
    """The files of a directory."""

    directory: Path

    def read(self, path: str, *, limit: int, headers: Mapping[str, str] | None = None) -> SourceAnswer:
        """Read a file of at most so many bytes."""
        del headers
        try:
            with open(self.directory / path, "rb") as stream:
                content = stream.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return SourceAnswer(None)
        except OSError as error:
            raise HermeticError(f"The repository {self.directory} cannot be read: {path}: {error.strerror or error}") from error
        if len(content) > limit:
            raise TooLarge(f"{self.directory}/{path}", limit)
        return SourceAnswer(content)


@dataclass(frozen=True)
class WebSource:
    """The files of a web server, asked past every cache."""

    base: str
    http: HttpSource

    def read(self, path: str, *, limit: int, headers: Mapping[str, str] | None = None) -> SourceAnswer:
        """Read a file of at most so many bytes, if it is not the one that the conditions in ``headers`` name."""
        answer = self.http.get(
            below(self.base, quote(path)), headers={"Cache-Control": "no-cache", **(headers or {})}, limit=limit, absent=(403, 404)
        )
        return SourceAnswer(answer.content if answer.status == 200 else None, answer.status == 304, answer.headers)
