# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels that a host asks for by name, version and digest: found in the lock of the controller, and in its package sources.

Where the lock is the host's own, nothing that the host says is an address: a host does not choose what the controller reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import digest_problem, file_name_problem, shown, text_problem
from ..supply import Supply, Wheel

if TYPE_CHECKING:
    from ..locks.lock_file import Lock
    from ..repository.index import Index

_MOST = 10_000


@dataclass(frozen=True)
class Lacked:
    """A package that a host needs one wheel of."""

    name: str
    version: str
    filename: str | None
    digests: tuple[str, ...]


def lacked_of(answer: object) -> list[Lacked]:
    """Read what a host asks for; raises HermeticError where it asks for something else than wheels."""
    if not isinstance(answer, list) or len(answer) > _MOST:
        raise HermeticError(f"The host asks for {shown(answer)}; expected a list of wheels. Nothing of it is used.")
    return [_lacked(each) for each in answer]


def _lacked(entry: object) -> Lacked:
    if isinstance(entry, Mapping):
        name, version, filename, digests = (entry.get(key) for key in ("name", "version", "filename", "digests"))
        if (
            isinstance(name, str)
            and isinstance(version, str)
            and text_problem(name) is None
            and text_problem(version) is None
            and (filename is None or file_name_problem(filename) is None)
            and isinstance(digests, (list, tuple))
            and digests
            and all(digest_problem(each) is None for each in digests)
        ):
            return Lacked(name, version, filename, tuple(digests))
    raise HermeticError(f"The host asks for {shown(entry)}, which is no wheel with its digests. Nothing of its answer is used.")


def wheels_for(lacked: Sequence[Lacked], *, lock: Lock | None, supply: Supply, index: Index | None) -> tuple[Wheel, ...]:
    """Return every wheel that may be meant; raises HermeticError with all packages of which nothing was found."""
    in_lock = _wheels_of(lock) if lock is not None else {}
    found: list[Wheel] = []
    searched: list[Lacked] = []
    for each in lacked:
        named = [in_lock[digest] for digest in each.digests if digest in in_lock]
        mirrored = _mirrored(each, index)
        if named or mirrored:
            found += named or mirrored
        else:
            searched.append(each)
    problems: list[str] = []
    if searched:
        offers = supply.offers()
        known = offers.of([_normalised(each.name) for each in searched])
        for each in searched:
            offer = known[_normalised(each.name)]
            fitting = [
                Wheel(_normalised(each.name), each.version, file.filename, digest, file.size, file.url, file.path)
                for file in offer.files
                if file.filename.endswith(".whl")
                and (each.filename or file.filename) == file.filename
                and _is_version(file.filename, each.version)
                and (digest := offers.digest(file)) in each.digests
            ]
            found += fitting
            if not fitting:
                asked = "; ".join(f"the package source {reason}" for reason in offer.unreadable)
                problems.append(
                    f"{each.name} {each.version}: no package source has a wheel with a locked digest{f' ({asked})' if asked else ''}"
                )
    if problems:
        raise HermeticError(
            "The environment of the script cannot be made: the host lacks wheels that are nowhere else. Publish them, or set repository, "
            f"index_url or find_links. {problems[0]}",
            problems,
        )
    return tuple({wheel.sha256: wheel for wheel in found}.values())


def _mirrored(lacked: Lacked, index: Index | None) -> list[Wheel]:
    """Return the wheel that a repository has by its digest, where the host named its file."""
    if index is None or lacked.filename is None:
        return []
    places = [(digest, place) for digest in lacked.digests if (place := index.wheel(digest)) is not None]
    return [_at(lacked.name, lacked.version, lacked.filename, digest, place) for digest, place in places]


def _at(name: str, version: str, filename: str, digest: str, place: str) -> Wheel:
    remote = "://" in place
    return Wheel(_normalised(name), version, filename, digest, None, place if remote else None, None if remote else place)


def _wheels_of(lock: Lock) -> dict[str, Wheel]:
    """Return the wheels of a lock that says where they are, by digest."""
    if lock.kind != "pylock":
        return {}
    found = {}
    for package in lock.pylock.packages:
        for wheel in package.wheels or []:
            digest = str(wheel.hashes.get("sha256", "")).lower()
            path = _path_of(wheel.path, wheel.url, lock.path.parent)
            if path is not None and not path.is_file():
                continue
            url = wheel.url if path is None else None
            if (url or path) and "@" not in urlsplit(url or "").netloc and file_name_problem(wheel.filename) is None:
                found[digest] = Wheel(
                    package.name, str(package.version or ""), wheel.filename, digest, wheel.size, url, str(path) if path else None
                )
    return found


def _path_of(path: str | None, url: str | None, directory: Path) -> Path | None:
    if path is not None:
        return directory / path
    if urlsplit(url or "").scheme == "file":
        return Path(unquote(urlsplit(url or "").path))
    return None


def _is_version(filename: str, version: str) -> bool:
    from packaging.utils import parse_wheel_filename
    from packaging.version import Version

    try:
        return not version or parse_wheel_filename(filename)[1] == Version(version)
    except ValueError:
        return False


def _normalised(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)
