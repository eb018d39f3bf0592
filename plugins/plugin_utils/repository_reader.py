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

from ..module_utils.hermetic.errors import HermeticError
from .controller_cache import ControllerCache, digest_of

if TYPE_CHECKING:
    from .http_source import HttpSource

INDEX = "index.json"
SIGNATURE = "index.json.sig"
_SETTLED = timedelta(seconds=2)
_VALIDATORS = (("If-None-Match", "etag"), ("If-Modified-Since", "modified"))


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
            return (self.directory / INDEX).read_bytes(), signed
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

    def __call__(self, *, with_signature: bool, fresh: bool) -> tuple[bytes, bytes | None]:
        if self.cache is None:
            return self._asked(with_signature, {})[:2]
        key = digest_of([self.base, with_signature])

        def recent(kept: Any) -> bool:
            return not fresh and _is_answer(kept) and 0 <= time.time() - kept["asked"] < self.max_age

        def ask() -> dict[str, Any]:
            if self.cache is None:
                raise AssertionError("self.cache is set by now")
            kept = None if fresh else self.cache.read("index", key)
            kept = kept if _is_answer(kept) else None
            known = {name: kept["answer"][field] for name, field in _VALIDATORS if kept["answer"].get(field)} if kept else {}
            content, signed, answer = self._asked(with_signature, known)
            if answer is None and kept:
                return {**kept, "asked": time.time()}
            return {
                "asked": time.time(),
                "content": content.decode("utf-8", "surrogateescape"),
                "signature": signed.decode("ascii", "replace") if signed is not None else None,
                "answer": answer,
            }

        kept = self.cache.memo("index", key, ask, valid=recent)
        return kept["content"].encode("utf-8", "surrogateescape"), kept["signature"].encode() if kept["signature"] is not None else None

    def _asked(self, with_signature: bool, known: Mapping[str, str]) -> tuple[bytes, bytes | None, dict[str, str | None] | None]:
        answer = self.http.get(f"{self.base}/{INDEX}", headers=known)
        if answer.status == 404:
            raise HermeticError(f"The repository {self.base} has no {INDEX}: HTTP 404; give the URL of the directory that holds it")
        if answer.status == 304:
            return b"", None, None
        signed = None
        if with_signature:
            second = self.http.get(f"{self.base}/{SIGNATURE}")
            signed = second.content if second.status == 200 else None
        return answer.content, signed, {"etag": answer.headers.get("ETag"), "modified": _settled_time(answer.headers)}


def _is_answer(kept: Any) -> bool:
    """Tell whether what the cache holds is what was put there: anything else counts as nothing."""
    if not isinstance(kept, dict) or not isinstance(kept.get("content"), str) or not isinstance(kept.get("asked"), (int, float)):
        return False
    answer = kept.get("answer")
    texts = [kept.get("signature"), *((answer.get(field) for _name, field in _VALIDATORS) if isinstance(answer, dict) else [0])]
    try:
        kept["content"].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return all(text is None or (isinstance(text, str) and text.isascii() and text.isprintable()) for text in texts)


def _settled_time(headers: Mapping[str, str]) -> str | None:
    # A file that changes twice within one second keeps its Last-Modified: such a time proves nothing until it has passed
    # (RFC 9110, 8.8.2.2).
    modified = headers.get("Last-Modified")
    try:
        age = parsedate_to_datetime(headers["Date"]) - parsedate_to_datetime(headers["Last-Modified"])
    except (KeyError, TypeError, ValueError):
        return None
    return modified if age >= _SETTLED else None
