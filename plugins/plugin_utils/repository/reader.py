# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting the bytes of a repository's index and of its signature; ``fresh`` asks again whatever is remembered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.redaction import shown
from ..net.controller_cache import ControllerCache, digest_of
from ..net.url_credentials import below

if TYPE_CHECKING:
    from ..net.http_source import HttpSource

INDEX = "index.json"
SIGNATURE = "index.json.sig"
_SETTLED = timedelta(seconds=2)
_SIZE_LIMIT = 32 << 20
PUBLISHED = ("published", "here")
VALIDATORS = (("If-None-Match", "etag"), ("If-Modified-Since", "modified"))


@dataclass(frozen=True)
class DirectoryReader:
    """Reads them from a directory."""

    directory: Path

    def __call__(self, *, with_signature: bool, fresh: bool = False) -> tuple[bytes, bytes | None]:
        del fresh  # a directory is read each time
        try:
            signed = (self.directory / SIGNATURE).read_bytes() if with_signature else None
        except FileNotFoundError:
            signed = None
        try:
            with open(self.directory / INDEX, "rb") as stream:
                content = stream.read(_SIZE_LIMIT + 1)
            if len(content) > _SIZE_LIMIT:
                raise HermeticError(f"The {INDEX} of the repository {self.directory} has more than {_SIZE_LIMIT} bytes; publish it again")
            return content, signed
        except OSError as error:
            raise HermeticError(
                f"The repository {self.directory} has no readable {INDEX}: {error.strerror or error}; "
                "name the directory of a repository that the repository module made"
            ) from error


@dataclass(frozen=True)
class WebReader:
    """Reads them from a web server, no more often than need be."""

    base: str
    http: HttpSource
    cache: ControllerCache | None
    max_age: float
    run: str
    """What is remembered is believed within this run only: the next one asks, if only for what changed."""

    def __call__(self, *, with_signature: bool, fresh: bool) -> tuple[bytes, bytes | None]:
        if self.cache is None:
            return self._asked(with_signature, {})[:2]
        key = digest_of([self.base, with_signature])

        published = self.cache.read(*PUBLISHED)

        def recent(kept: Any) -> bool:
            if fresh or not _is_answer(kept) or kept.get("run") != self.run or kept.get("published") != published:
                return False
            return bool(0 <= time.time() - kept["asked"] < self.max_age)

        def ask() -> dict[str, Any]:
            if self.cache is None:
                raise AssertionError("self.cache is set by now")
            kept = None if fresh else self.cache.read("index", key)
            kept = kept if _is_answer(kept) else None
            known = {name: kept["answer"][field] for name, field in VALIDATORS if kept["answer"].get(field)} if kept else {}
            asked = {"asked": time.time(), "run": self.run, "published": published}
            content, signed, answer = self._asked(with_signature, known)
            if answer is None and kept:
                return {**kept, **asked}
            return {
                **asked,
                "content": content.decode("utf-8", "surrogateescape"),
                "signature": signed.decode("ascii", "replace") if signed is not None else None,
                "answer": answer,
            }

        kept = self.cache.memo("index", key, ask, valid=recent)
        return kept["content"].encode("utf-8", "surrogateescape"), kept["signature"].encode() if kept["signature"] is not None else None

    def _asked(self, with_signature: bool, known: Mapping[str, str]) -> tuple[bytes, bytes | None, dict[str, str | None] | None]:
        # Nobody between may answer from memory.
        answer = self.http.get(below(self.base, INDEX), headers={"Cache-Control": "no-cache", **known})
        if answer.status == 404:
            raise HermeticError(f"The repository {shown(self.base)} has no {INDEX}: HTTP 404; give the URL of the directory that holds it")
        if answer.status == 304:
            return b"", None, None
        signed = None
        if with_signature:
            second = self.http.get(below(self.base, SIGNATURE), headers={"Cache-Control": "no-cache"})
            signed = second.content if second.status == 200 else None
        return answer.content, signed, validators(answer.headers)


def published_here(cache: ControllerCache) -> None:
    """Note that this controller published something: whatever index is remembered, in whatever run, is asked for again."""
    cache.write(*PUBLISHED, time.time_ns())


def _is_answer(kept: Any) -> bool:
    """Return whether what the cache holds is what was put there: anything else counts as nothing."""
    if not isinstance(kept, dict) or not isinstance(kept.get("content"), str) or not isinstance(kept.get("asked"), (int, float)):
        return False
    answer = kept.get("answer")
    texts = [kept.get("signature"), *((answer.get(field) for _name, field in VALIDATORS) if isinstance(answer, dict) else [0])]
    try:
        kept["content"].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return all(text is None or (isinstance(text, str) and text.isascii() and text.isprintable()) for text in texts)


def validators(headers: Mapping[str, str]) -> dict[str, str | None]:
    # A file that changes twice within one second keeps its Last-Modified, and with many servers its ETag, which they make of time
    # and size: neither proves anything until that second has passed (RFC 9110, 8.8.2.2).
    try:
        modified = parsedate_to_datetime(headers["Last-Modified"])
    except (KeyError, TypeError, ValueError):
        return {"etag": headers.get("ETag"), "modified": None}
    try:
        settled = parsedate_to_datetime(headers["Date"]) - modified >= _SETTLED
    except (KeyError, TypeError, ValueError):
        settled = False
    return {"etag": headers.get("ETag"), "modified": headers["Last-Modified"]} if settled else {"etag": None, "modified": None}
