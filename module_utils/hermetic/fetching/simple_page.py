# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of projects in a simple index, as HTML (PEP 503) and JSON (PEP 691): file names, addresses and digests; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from ..text.grammar import digest_problem, file_name_problem, is_number
from ..text.json_text import parse_json

_DIGEST = re.compile(r"(?:^|&)sha256=([0-9a-fA-F]{64})(?:&|$)")
_PACKAGES = (".whl", ".zip", ".tar.gz")


@dataclass(frozen=True)
class PageFile:
    """A file that a page offers."""

    filename: str
    address: str
    """Whole, but as the page has it otherwise: it may hold credentials, or be no address of the web."""
    sha256: str | None = None
    size: int | None = None
    requires_python: str | None = None
    yanked: str | None = None
    """The reason, perhaps empty; None when it is not yanked."""


def files_of_json(content: bytes, *, base: str) -> list[PageFile]:
    """Parse a project page of the JSON form; raises ValueError that says what it is instead."""
    try:
        page = parse_json(content)
    except ValueError as error:
        raise ValueError(f"is not a project page of a simple index: {error}") from error
    if not isinstance(page, dict) or not isinstance(page.get("files"), list) or not isinstance(page.get("meta", {}), dict):
        raise ValueError("is not a project page of a simple index: it has no list of files")
    version = str(page.get("meta", {}).get("api-version", "1.0"))
    if not version.startswith("1."):
        raise ValueError(f"has version {version} of the simple index; expected 1.x")
    found = (_of_entry(base, entry) for entry in page["files"] if isinstance(entry, dict))
    return [file for file in found if file is not None]


def _of_entry(base: str, entry: Mapping[str, Any]) -> PageFile | None:
    """Return the file that an entry offers, or None for one that offers none: the others are as good as before."""
    hashes, size, requires, yanked = (entry.get(key) for key in ("hashes", "size", "requires-python", "yanked"))
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    return _offered(
        base,
        entry.get("url"),
        filename=entry.get("filename"),
        sha256=sha256 if isinstance(sha256, str) else None,
        size=size if is_number(size) else None,
        requires_python=requires if isinstance(requires, str) else None,
        yanked=None if not yanked else (yanked if isinstance(yanked, str) else ""),
    )


def files_of_html(text: str, *, base: str) -> list[PageFile]:
    """Parse a project page of the HTML form, or any page that links to wheels; raises ValueError for what is no page."""
    parser = _Anchors()
    try:
        parser.feed(text)
        parser.close()
        base = urljoin(base, parser.base) if parser.base else base
    except (AssertionError, ValueError) as error:  # what html.parser has for a declaration that is none, and urljoin for no URL
        raise ValueError(f"is not a page of HTML: {error}") from error
    files = []
    for anchor in parser.anchors:
        location, _unused, fragment = (anchor.get("href") or "").partition("#")
        digest = _DIGEST.search(fragment)
        try:
            filename = unquote(urlsplit(location).path).rpartition("/")[2]
        except ValueError:  # no URL
            continue
        if not filename.endswith(_PACKAGES):
            continue
        file = _offered(
            base,
            location,
            filename=filename,
            sha256=digest[1] if digest else None,
            requires_python=anchor.get("data-requires-python"),
            yanked=(anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
        )
        if file is not None:
            files.append(file)
    return files


class _Anchors(HTMLParser):
    """Collects the attributes of all links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[Mapping[str, str | None]] = []
        self.base: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.anchors.append(dict(attrs))
        elif tag == "base" and self.base is None:
            self.base = dict(attrs).get("href")


def _offered(
    base: str,
    location: object,
    *,
    filename: object,
    sha256: str | None = None,
    size: int | None = None,
    requires_python: str | None = None,
    yanked: str | None = None,
) -> PageFile | None:
    if not isinstance(location, str) or not isinstance(filename, str) or file_name_problem(filename) is not None:
        return None
    try:
        address = urljoin(base, location)
    except ValueError:
        return None
    digest = sha256.lower() if sha256 and digest_problem(sha256.lower()) is None else None
    return PageFile(filename, address, digest, size, requires_python, yanked)
