# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a document is the index of a repository: every name, path and number in it, by the grammar that bundles and hosts share; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ...module_utils.hermetic.model.archive_members import members_problem
from ...module_utils.hermetic.model.bundle_json import metadata_problems
from ...module_utils.hermetic.text.grammar import (
    digest_problem,
    file_name_problem,
    is_number,
    name_problem,
    path_problem,
    release_problem,
    shown,
)
from ...module_utils.hermetic.text.json_text import parse_json, plain_problem
from ..platforms import Target
from .bundle_archive import MANIFEST, MEMBERS, UNPACKED
from .prebuilt_artifact import PREBUILT, prebuilt_problems
from .published_file import FILES, published_files_problems
from .rollout_record import ROLLOUTS, rollout_problems

FORMAT = 1
SELECTED_FOR = "selected_for"
"""Of a wheel: the labels of the targets that it is the best for, of those that a mirrored lock allowed."""
_SHOWN = 50


def parse_index(content: bytes, *, subject: str) -> dict[str, Any]:
    """Parse an index and check all that its readers rely on, or raise one error with every problem."""
    try:
        index = parse_json(content)
    except ValueError as error:
        raise BrokenArtifact(f"{subject} is not JSON: {error}") from error
    if not isinstance(index, dict) or not is_number(index.get("format"), least=FORMAT, most=FORMAT):
        found = shown(index.get("format")) if isinstance(index, dict) else shown(index)
        raise HermeticError(f"{subject} has format {found}; this version of the collection reads format {FORMAT}")
    problems = index_problems(index)
    if problems:
        raise BrokenArtifact(f"{subject} cannot be used; publish it again", problems)
    return index


def index_problems(index: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with an index."""
    problems = list(_problems(index))
    if not problems and (problem := plain_problem(index)) is not None:
        problems.append(problem)
    more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    return problems[:_SHOWN] + more


def _problems(index: Mapping[str, Any]) -> Iterator[str]:
    if not is_number(index.get("serial")):
        yield f"serial is {shown(index.get('serial'))}; expected a number"
    bundles, wheels = index.get("bundles"), index.get("wheels")
    if not isinstance(bundles, Mapping) or not isinstance(wheels, Mapping):
        yield "it lacks or misplaces bundles or wheels; expected two objects"
        return
    for name, bundle in bundles.items():
        if problem := name_problem(name):
            yield f"bundle {shown(name)}: {problem}"
        elif not isinstance(bundle, Mapping) or not all(isinstance(bundle.get(part), Mapping) for part in ("channels", "releases")):
            yield f"bundle {name}: it lacks channels or releases; expected two objects"
        else:
            yield from _bundle_problems(name, bundle)
            yield from rollout_problems(name, bundle.get(ROLLOUTS))
    for sha256, wheel in wheels.items():
        yield from _file_problems(f"wheel {shown(sha256)}", wheel, sha256)
        labels = wheel.get(SELECTED_FOR) if isinstance(wheel, Mapping) else None
        if labels is not None and not (isinstance(labels, list) and all(name_problem(label) is None for label in labels)):
            yield f"wheel {shown(sha256)}: its {SELECTED_FOR} is {shown(labels)}; expected a list of platforms with ABI tags"
    yield from prebuilt_problems(index.get(PREBUILT), file_problems=_file_problems)
    yield from published_files_problems(index.get(FILES), file_problems=_file_problems)


def _bundle_problems(name: str, bundle: Mapping[str, Any]) -> Iterator[str]:
    for channel, release in bundle["channels"].items():
        if problem := name_problem(channel):
            yield f"channel {shown(channel)} of {name}: {problem}"
        elif not isinstance(release, str) or release not in bundle["releases"]:
            yield f"channel {channel} of {name} names release {release if release_problem(release) is None else shown(release)}, which is not there"
    for release, entry in bundle["releases"].items():
        if problem := release_problem(release):
            yield f"release {shown(release)} of {name}: {problem}"
        elif not isinstance(entry, Mapping) or not isinstance(entry.get("platforms"), Mapping):
            yield f"release {release} of {name}: it lacks platforms; expected an object"
        else:
            for platform, archive in entry["platforms"].items():
                yield from _archive_problems(name, release, platform, archive)


def _archive_problems(name: str, release: str, platform: str, archive: object) -> Iterator[str]:
    where = f"{name} {release} for {shown(platform)}"
    if not isinstance(archive, Mapping):
        yield f"{where}: it is {shown(archive)}; expected an object"
        return
    yield from _file_problems(where, archive, archive.get("sha256"))
    if archive.get(MANIFEST) is not None and digest_problem(archive[MANIFEST]) is not None:
        yield f"{where}: its manifest is {shown(archive[MANIFEST])}; expected a SHA-256"
    if archive.get(UNPACKED) is not None and not is_number(archive[UNPACKED]):
        yield f"{where}: its unpacked size is {shown(archive[UNPACKED])}; expected a number of bytes"
    if problem := members_problem(archive.get(MEMBERS), size=archive.get("size")):
        yield f"{where}: its members cannot be: {problem}"
    metadata = {**archive, "format": FORMAT, "name": name, "release": release, "platform": platform}
    problems = metadata_problems(metadata)
    yield from (f"{where}: {problem}" for problem in problems)
    if not problems:
        try:
            Target.of(platform, python=archive["python"], libc=archive.get("libc"), macos=archive.get("macos"))
        except HermeticError as error:
            yield from (f"{where}: {problem}" for problem in error.problems or [error.message])


def _file_problems(where: str, entry: object, sha256: object) -> Iterator[str]:
    if not isinstance(entry, Mapping):
        yield f"{where}: it is {shown(entry)}; expected an object"
        return
    path = entry.get("path")
    problem = path_problem(path)
    if problem is not None:
        yield f"{where}: its path {shown(path)} leaves the repository, or is none: {problem}"
    elif isinstance(path, str) and (problem := file_name_problem(path.rpartition("/")[2])):
        yield f"{where}: its path {shown(path)} ends in no file name: {problem}"
    if digest_problem(sha256) is not None:
        yield f"{where}: {shown(sha256)} is not a SHA-256"
    if not is_number(entry.get("size")):
        yield f"{where}: its size is {shown(entry.get('size'))}"
