# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What simple indexes (PEP 503 and PEP 691) and wheel directories offer of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.utils import canonicalize_name, parse_sdist_filename

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.fetching.simple_page import PageFile, files_of_html, files_of_json
from ...module_utils.hermetic.text.grammar import digest_problem
from ...module_utils.hermetic.text.redaction import shown
from ..net.controller_cache import ControllerCache, digest_of, local_path
from ..net.url_credentials import below, certain, split_credentials
from .package_sources import PackageSources

if TYPE_CHECKING:
    from ..net.http_source import HttpSource

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@dataclass(frozen=True)
class OfferedFile:
    """A file that an index or a directory offers; exactly one of ``url`` and ``path`` is set."""

    filename: str
    url: str | None = None
    path: str | None = None
    sha256: str | None = None
    size: int | None = None
    requires_python: str | None = None
    yanked: str | None = None
    """The reason, perhaps empty; None when it is not yanked."""


@dataclass(frozen=True)
class Offer:
    """All that is offered of one project, and which places could not be asked."""

    files: tuple[OfferedFile, ...]
    unreadable: tuple[str, ...] = ()


class WheelCandidates:
    """Asks every configured place for a project, once; ``http`` is called when the first of them is on the web."""

    def __init__(self, sources: PackageSources, *, http: Callable[[], HttpSource], cache: ControllerCache) -> None:
        self.sources = sources
        self._http = http
        self._cache = cache
        self._offers: dict[str, Offer] = {}
        self._linked: Offer | None = None

    def of(self, projects: Iterable[str]) -> dict[str, Offer]:
        """Return what is offered of each project (normalised names), reading the pages in parallel."""
        if self.sources.unknown:
            raise HermeticError(f"The lock's wheels cannot be looked up: {self.sources.unknown}")
        names = list(projects)
        missing = [name for name in names if name not in self._offers]
        if missing:
            linked = self._links()
            questions = [(name, index) for name in missing for index in self.sources.index_urls]
            with ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(lambda question: self._page(*question), questions))
            for name in missing:
                pages = [answer for question, answer in zip(questions, answers, strict=True) if question[0] == name]
                files = [file for page in pages for file in page.files]
                files += [file for file in linked.files if _project_of(file.filename) == name]
                self._offers[name] = Offer(tuple(files), (*(text for page in pages for text in page.unreadable), *linked.unreadable))
        return {name: self._offers[name] for name in names}

    def digest(self, file: OfferedFile) -> str:
        """Return the SHA-256 of an offered file, read from the file itself where its page does not say."""
        if file.sha256:
            return file.sha256
        if file.path:
            return self._cache.digest(file.path)
        url = file.url or ""
        return str(
            self._cache.memo(
                "url-digest", digest_of(url), lambda: self._http().digest(url), valid=lambda kept: digest_problem(kept) is None
            )
        )

    def _page(self, project: str, index: str) -> Offer:
        directory = local_path(index)
        if directory is not None:
            page = directory / project / "index.html"
            if not page.is_file():
                return Offer(())
            return Offer(tuple(parse_html(page.read_text("utf-8", "replace"), base=page.resolve().as_uri())))
        return self._remote(below(index, f"{quote(project)}/"))

    def _links(self) -> Offer:
        if self._linked is None:
            files: list[OfferedFile] = []
            unreadable: list[str] = []
            for location in self.sources.find_links:
                path = local_path(location)
                if path is None:
                    remote = self._remote(location)
                    files.extend(remote.files)
                    unreadable.extend(remote.unreadable)
                elif path.is_dir():
                    files.extend(_directory(path))
                elif path.suffix in (".html", ".htm"):
                    files.extend(parse_html(path.read_text("utf-8", "replace"), base=path.resolve().as_uri()))
                elif path.is_file():
                    files.append(OfferedFile(path.name, path=str(path.absolute()), size=path.stat().st_size))
            self._linked = Offer(tuple(files), tuple(unreadable))
        return self._linked

    def _remote(self, url: str) -> Offer:
        try:
            answer = self._http().get(url, headers={"Accept": _ACCEPT, "Accept-Encoding": "gzip"})
            if answer.status == 404:
                return Offer(())
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind.endswith("json"):
                return Offer(tuple(parse_json(answer.content, base=answer.url)))
            return Offer(tuple(parse_html(answer.content.decode("utf-8", "replace"), base=answer.url)))
        except HermeticError as error:
            # The same words for all pages of a server that fail in one way, so that a reader sees them once.
            place, reason = getattr(error, "place", None), getattr(error, "reason", None)
            return Offer((), (f"{place}: {reason}" if place and reason else _first_words(error),))


def _first_words(error: HermeticError) -> str:
    return "; ".join([error.message, *error.problems[:3]])


def parse_json(content: bytes, *, base: str) -> list[OfferedFile]:
    """Parse a project page of the JSON form."""
    return _offered(lambda: files_of_json(content, base=base), base)


def parse_html(text: str, *, base: str) -> list[OfferedFile]:
    """Parse a project page of the HTML form, or any page that links to wheels."""
    return _offered(lambda: files_of_html(text, base=base), base)


def _offered(parse: Callable[[], list[PageFile]], base: str) -> list[OfferedFile]:
    try:
        files = parse()
    except ValueError as error:
        raise HermeticError(f"{shown(base)}: {error}") from error
    found = []
    for file in files:
        try:
            url = split_credentials(certain(file.address))[0]
            path = local_path(url)
        except (ValueError, RuntimeError):  # no URL, or a home that nobody has
            continue
        place = {"path": str(path)} if path else {"url": url}
        found.append(
            OfferedFile(
                file.filename, sha256=file.sha256, size=file.size, requires_python=file.requires_python, yanked=file.yanked, **place
            )
        )
    return found


def _directory(path: Path) -> list[OfferedFile]:
    return [
        OfferedFile(file.name, path=str(file.absolute()), size=file.stat().st_size)
        for file in sorted(path.iterdir())
        if file.name.endswith((".whl", ".zip", ".tar.gz")) and file.is_file()
    ]


def _project_of(filename: str) -> str:
    if filename.endswith(".whl"):
        return canonicalize_name(filename.split("-")[0])
    try:
        return parse_sdist_filename(filename)[0]
    except ValueError:  # InvalidSdistFilename, and versions with more digits than Python reads
        return ""
