# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller remembers on disk between tasks, forks and runs; deleting the directory costs time and nothing else."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ...module_utils.hermetic.errors import BrokenArtifact, FetchFailed, HermeticError
from ...module_utils.hermetic.fs.record_files import read_json
from ...module_utils.hermetic.text.grammar import digest_problem
from ...module_utils.hermetic.text.redaction import shown
from .local_file import replacing, sha256_of
from .private_directory import intruders, make_private

if TYPE_CHECKING:
    from .http_source import HttpSource


@dataclass(frozen=True)
class ControllerCache:
    """A private directory that any number of processes use at once."""

    directory: Path

    @classmethod
    def at(cls, directory: str | Path | None = None) -> ControllerCache:
        """Open the cache at a directory, or at ``$XDG_CACHE_HOME/hermetic.python``; it is made at the first write."""
        if directory:
            return cls(Path(directory).expanduser())
        base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        # A relative one is invalid and to be ignored, says the specification of base directories.
        return cls((base if base.is_absolute() else Path("~/.cache").expanduser()) / "hermetic.python")

    def read(self, kind: str, key: str) -> Any | None:
        """Return what was written under this kind and key, or None; a damaged entry counts as none."""
        try:
            return read_json(self._entry(kind, key))
        except (FileNotFoundError, ValueError):
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def write(self, kind: str, key: str, value: Any) -> None:
        """Keep a JSON value under this kind and key; readers see the old or the new one, never a part."""
        path = self._entry(kind, key)
        try:
            self._make_directory(path.parent)
            with replacing(path) as stream:
                stream.write(json.dumps(value, separators=(",", ":")).encode())
        except OSError as error:
            raise self._unusable(error) from error

    def memo(
        self,
        kind: str,
        key: str,
        compute: Callable[[], Any],
        *,
        valid: Callable[[Any], bool] = lambda value: True,
        keep: Callable[[Any], bool] = lambda value: True,
        refresh: bool = False,
    ) -> Any:
        """Return the kept value if ``valid`` says so of whatever is there, else compute it and, if it may be kept, keep it.

        Of many processes one computes, the others wait for it.
        """
        if not refresh and (found := self.read(kind, key)) is not None and valid(found):
            return found
        with self.hold(f"{kind}-{key}"):
            if not refresh and (found := self.read(kind, key)) is not None and valid(found):
                return found
            value = compute()
            if keep(value):
                self.write(kind, key, value)
            return value

    def digest(self, path: str | Path) -> str:
        """Return the SHA-256 of a local file, remembered for as long as the file's inode, size and time stay the same."""
        state = os.stat(path)
        key = digest_of([os.path.abspath(path), state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns])
        return str(self.memo("digest", key, lambda: sha256_of(path), valid=lambda kept: digest_problem(kept) is None))

    def download(
        self, sources: str | Sequence[str], *, sha256: str, filename: str, http: HttpSource | None = None, size: int | None = None
    ) -> Path:
        """Return a local file with this digest: a source that is a path, else the kept copy, else a download from the first URL that works.

        The file is verified on every call, since anybody who can write here could otherwise choose what is installed.
        """
        sources = [sources] if isinstance(sources, str) else list(sources)
        tried: list[str] = []
        for source in sources:
            path = local_path(source)
            if path is None:
                continue
            if not path.is_file():
                tried.append(f"{path}: no such file")
            elif (found := sha256_of(path)) != sha256:
                tried.append(f"{path}: has SHA-256 {found}, expected {sha256}")
            else:
                return path
        kept = self._own_directory / "artifacts" / sha256 / os.path.basename(filename)
        with self.hold(f"artifact-{sha256}"):
            if kept.is_file():
                if sha256_of(kept) == sha256:
                    return kept
                kept.unlink()
            for source in sources:
                if local_path(source) is not None:
                    continue
                if http is None:
                    tried.append(f"{shown(source)}: no HTTP client was given")
                    continue
                try:
                    self._make_directory(kept.parent)
                    http.save(source, kept, sha256=sha256, size=size)
                    return kept
                except (FetchFailed, BrokenArtifact) as error:
                    tried.append(error.message)
                except OSError as error:
                    raise self._unusable(error) from error
        raise FetchFailed(
            f"{filename} could not be fetched; make one of its sources reachable from the controller", tried or ["it has no source at all"]
        )

    def private(self, kind: str, name: str) -> Path:
        """Return a directory of this cache, made if need be; who changes it holds a name for that."""
        path = self._own_directory / kind / name
        try:
            self._make_directory(path)
        except OSError as error:
            raise self._unusable(error) from error
        return path

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Keep other processes out of this name; the kernel lets go when the holder dies."""
        try:
            path = self._own_directory / "locks" / digest_of(name)[:32]
            self._make_directory(path.parent)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            # Not filelock's, which takes longer to import than most tasks take here (docs/decisions/0004).
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _entry(self, kind: str, key: str) -> Path:
        return self._own_directory / kind / f"{key}.json"

    @cached_property
    def _own_directory(self) -> Path:
        """The directory, after it was found to be one that nobody else can change: what lies there decides what is installed."""
        problems = intruders(self.directory)
        if problems:
            raise HermeticError(
                f"The controller's cache {self.directory} is not used, since another user could change it: {problems[0]}. "
                "Take the right to write from others, or let XDG_CACHE_HOME name a directory of your own",
                problems,
            )
        return self.directory

    def _make_directory(self, path: Path) -> None:
        make_private(self.directory)
        make_private(path)

    def _unusable(self, error: OSError) -> HermeticError:
        return HermeticError(f"The controller's cache {self.directory} cannot be used: {error}; let XDG_CACHE_HOME name another directory")


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def local_path(location: str) -> Path | None:
    """Return the path that a plain path or file URL means, or None for any other URL."""
    if location[:5].lower() == "file:":
        return Path(unquote(urlsplit(location).path))
    return None if "://" in location else Path(location).expanduser()
