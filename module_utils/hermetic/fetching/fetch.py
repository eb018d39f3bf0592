# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn artifacts, which are digests with sources, into verified files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

from ..errors import BrokenRoot, FetchFailed
from ..fs.atomic import flush, make_directory, patiently, sync_directory
from ..fs.hashing import feed
from ..fs.own_files import is_ours, open_regular
from ..fs.removal import remove_tree
from ..model.artifact import Artifact
from ..os_errors import explain
from ..paths import WINDOWS
from ..text.redaction import shown
from .arrival import Arrival
from .sources import Access, Opened, SourceFailed, Sources, is_remote, origin

_BLOCK = 1 << 20
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_LONGEST_RETRY_AFTER = 120.0
MAXIMUM_SIZE = 4 << 30
"""Bytes of a download whose size nobody knows."""


@dataclass(frozen=True)
class FetchReport:
    """What a call of fetch_all moved: files, bytes read from sources, and the seconds that it took."""

    fetched: int
    bytes: int
    seconds: float


class _WrongContent(Exception):
    """Raised when a source gave a whole file, but another one than the declared."""


class _Stopped(Exception):
    """Raised in the other threads when the disk of this host fails one of them."""


def fetch_all(
    artifacts: Sequence[Artifact],
    destination: Callable[[Artifact], Path],
    *,
    timeout: float,
    retries: int,
    jobs: int = 4,
    credentials: Mapping[str, Mapping[str, str]] | None = None,
    ca_path: str | None = None,
    download_timeout: float = 3600.0,
    minimum_rate: float = 0.0,
    maximum_size: int = MAXIMUM_SIZE,
    arrivals: Mapping[str, Arrival] | None = None,
) -> FetchReport:
    """Bring every artifact whose destination does not exist yet there, verified and durable; what exists is left unread.

    All artifacts are tried before FetchFailed names those that no source had. A ``.part`` file beside the destination keeps
    what an interrupted download had, and the next one goes on from it. ``timeout`` is the longest silence of a server, and
    the time over which ``minimum_rate`` (bytes for each second) is measured; ``download_timeout`` bounds all tries of one
    source together, ``maximum_size`` the bytes of an artifact whose size is not known. ``arrivals`` has, by digest, those who
    read an artifact while it comes.
    """
    begin = time.monotonic()
    missing = {path: artifact for artifact in artifacts for path in [destination(artifact)] if not path.exists()}
    if not missing:
        return FetchReport(fetched=0, bytes=0, seconds=time.monotonic() - begin)
    for directory in {path.parent for path in missing}:
        make_directory(directory)
    access = Access(
        timeout=timeout,
        minimum_rate=minimum_rate,
        download_timeout=download_timeout,
        credentials=credentials or {},
        ca_path=ca_path,
    )
    sources = Sources(access)
    run = _Run(sources, retries, download_timeout=download_timeout, maximum_size=maximum_size, arrivals=arrivals or {})
    unprepared = None
    if any(is_remote(source) for artifact in missing.values() for source in artifact.sources):
        try:
            sources.prepare()
        except SourceFailed as failure:
            # What is on this host is stored all the same: a bundle that was fetched to begin with is not fetched again.
            unprepared = failure
            missing = {path: each for path, artifact in missing.items() for each in [_near(artifact)] if each.sources}
    with ThreadPoolExecutor(max_workers=max(1, min(jobs, len(missing)))) as pool:
        try:
            outcomes = list(pool.map(lambda item: run.fetch(item[1], item[0]), missing.items()))
        except BaseException:
            run.stop.set()
            raise
    if unprepared is not None:
        raise FetchFailed(unprepared.reason) from unprepared
    if run.broken is not None:
        raise run.broken
    failed = [(artifact, reasons) for artifact, reasons in zip(missing.values(), outcomes) if reasons]
    if failed:
        raise FetchFailed(
            f"{len(failed)} of {len(missing)} artifacts could not be fetched from any source. "
            "Correct the sources, or name one that this host can reach, and run again; what was fetched is kept.",
            [f"{artifact.filename} (sha256 {artifact.sha256}): {'; '.join(reasons)}" for artifact, reasons in failed],
            needs=[
                {
                    "sha256": artifact.sha256,
                    "filename": artifact.filename,
                    "size": artifact.size,
                    "tried": [shown(source) for source in artifact.sources],
                }
                for artifact, _unused in failed
            ],
        )
    return FetchReport(fetched=len(missing), bytes=run.transferred, seconds=time.monotonic() - begin)


def _near(artifact: Artifact) -> Artifact:
    """Return the artifact with those of its sources that take no connection."""
    return replace(artifact, sources=tuple(source for source in artifact.sources if not is_remote(source)))


class _Run:
    """What the threads of one call share: the way to the sources, and which servers have proved to be away."""

    def __init__(
        self, sources: Sources, retries: int, *, download_timeout: float, maximum_size: int, arrivals: Mapping[str, Arrival]
    ) -> None:
        self.stop = threading.Event()
        self.broken: BrokenRoot | None = None
        self.transferred = 0
        self._sources = sources
        self._retries = retries
        self._download_timeout = download_timeout
        self._maximum_size = maximum_size
        self._arrivals = arrivals
        self._away: dict[str, str] = {}
        self._guard = threading.Lock()

    def fetch(self, artifact: Artifact, path: Path) -> list[str]:
        """Return nothing when the file is in place, else one reason for each source."""
        whole = False
        try:
            reasons = self._fetch(artifact, path)
            whole = not reasons and self.broken is None
        finally:
            if artifact.sha256 in self._arrivals:
                self._arrivals[artifact.sha256].end(whole=whole)
        return reasons

    def _fetch(self, artifact: Artifact, path: Path) -> list[str]:
        if not artifact.sources:
            return ["no source is known; publish the file or push it from the controller"]
        reasons: list[str] = []
        part = path.with_name(path.name + ".part")
        try:
            for source in artifact.sources:
                reason = self._from_source(artifact, source, part)
                if reason is None:
                    self._place(part, path)
                    return []
                reasons.append(f"{shown(source)}: {reason}")
            if part.exists() and not part.stat().st_size:
                part.unlink()  # there is nothing to go on from
        except _Stopped:
            return ["stopped, since another artifact could not be written"]
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(part)  # on a full disk what is half done is the first thing to go
            with self._guard:
                self.broken = self.broken or explain(error, str(path))
            self.stop.set()
        return reasons

    def _from_source(self, artifact: Artifact, source: str, part: Path) -> str | None:
        """Fill the part file from this source; return why it could not be fetched, or None when it is there and right."""
        attempt = 0
        second_chance = True
        until = time.monotonic() + self._download_timeout
        try:
            place = origin(source) if is_remote(source) else ""
        except ValueError:
            return "this is no usable address"
        while True:
            if place in self._away:
                return f"{self._away[place]} (not tried again in this run)"
            try:
                self._transfer(artifact, source, part, until)
                return None
            except _WrongContent as wrong:
                _discard(part)
                if not second_chance:
                    return f"{wrong}; expected sha256 {artifact.sha256}: the source holds another file, publish the right one there or correct the lock"
                second_chance = False
            except SourceFailed as failure:
                if failure.restart:
                    _discard(part)
                if not failure.retry or attempt >= self._retries:
                    if failure.unreachable:
                        self._away[place] = failure.reason
                    return failure.reason + (f", {attempt + 1} attempts" if attempt else "")
                attempt += 1
                pause = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)
                pause = max(pause, min(failure.pause, _LONGEST_RETRY_AFTER))
                if time.monotonic() + pause >= until:
                    return f"{failure.reason}, {attempt} attempts in {self._download_timeout:g} s (download_timeout)"
                self.stop.wait(pause)

    def _transfer(self, artifact: Artifact, source: str, part: Path, until: float) -> None:
        digest = hashlib.sha256()
        # What another user began is not gone on with: he may still have it open, and write into it after it was verified.
        if os.path.lexists(part) and not is_ours(part):
            remove_tree(part)
        with open(open_regular(part, os.O_RDWR | os.O_CREAT, mode=0o600), "r+b", buffering=0) as file:
            write: Callable[[bytes], int | None] = file.write
            arrival = self._arrivals.get(artifact.sha256)
            have = feed(digest, file, memoryview(bytearray(_BLOCK))) if is_remote(source) else 0
            if have > (self._maximum_size if artifact.size is None else artifact.size):
                have = 0
            if not (have and have == artifact.size):
                opened = self._sources.open(source, offset=have, until=until)
                with contextlib.closing(opened):
                    if opened.offset != have or not have:
                        have, digest = 0, hashlib.sha256()
                        file.truncate(0)
                    file.seek(have)
                    if arrival is not None:
                        arrival.begin(file.fileno(), have)
                        write = arrival.reporting(write)
                    have = self._copy(opened, write, digest, have, artifact.size)
            found = digest.hexdigest()
            if artifact.size is not None and have != artifact.size:
                raise _WrongContent(f"found {have} bytes with sha256 {found} instead of {artifact.size} bytes")
            if found != artifact.sha256.lower():
                raise _WrongContent(f"found sha256 {found}")
            flush(file.fileno())

    def _copy(self, opened: Opened, write: Callable[[bytes], int | None], digest: hashlib._Hash, have: int, size: int | None) -> int:
        limit = self._maximum_size if size is None else size
        if size is None and opened.total is not None and opened.total > limit:
            raise SourceFailed(f"it has {opened.total} bytes, more than the {limit} that a download may have (maximum_size)")
        # Nothing is asked for after the last byte that was announced: some servers keep the connection open.
        while opened.total is None or have < opened.total:
            # One byte more than may come shows that the file is another one.
            block = opened.read(min(_BLOCK, limit - have + 1))
            if not block:
                break
            if self.stop.is_set():
                raise _Stopped
            if have + len(block) > limit:
                if size is None:
                    raise SourceFailed(f"it has more than the {limit} bytes that a download may have (maximum_size)", restart=True)
                raise _WrongContent(f"found more than the {size} bytes that belong to it")
            rest = memoryview(block)
            while rest:
                rest = rest[write(rest) or 0 :]  # type: ignore[arg-type]
            digest.update(block)
            have += len(block)
            with self._guard:
                self.transferred += len(block)
        if opened.total is not None and have < opened.total:
            raise SourceFailed(f"the connection ended after {have} of {opened.total} bytes", retry=True)
        return have

    def _place(self, part: Path, path: Path) -> None:
        if not WINDOWS:
            os.chmod(part, 0o644)
        patiently(lambda: os.replace(part, path))
        sync_directory(path.parent)


def _discard(part: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part)
