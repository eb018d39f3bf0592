# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The strict subset of requirements files that is a lock: every requirement pinned to one version and to digests."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.vpython.requirement_lines import is_harmless, logical_lines, pin_of, shortened, split_options
from .marker_logic import Verdict, judge

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_INCLUDE = re.compile(r"^(?:(-r|--requirement)|(-c|--constraint))(?:\s*=\s*|\s+|(?<=-[rc]))(.+)$")
_INDEX_OPTION = re.compile(r"^(-i|--index-url|--extra-index-url|-f|--find-links|--no-index|--trusted-host)\b")
# Each is read within the one that includes it.
_MOST_FILES = 200


@dataclass(frozen=True)
class PinnedRequirement:
    """One package pinned to one version and to the digests that its files may have."""

    name: str
    version: Version
    marker: Marker | None
    hashes: frozenset[str]
    """SHA-256 digests, lower case."""
    where: str
    """File and line, for messages."""

    def judge(self, environment: Mapping[str, str], *, unknown: Collection[str] = ()) -> Verdict:
        """Say whether the requirement is meant for a Python with these marker values, of which some are not known."""
        return judge(self.marker, {**environment, "extra": ""}, unknown=unknown, context="metadata")


@dataclass(frozen=True)
class _Constraint:
    name: str
    specifier: SpecifierSet
    where: str


def included_files(file: Path, text: str) -> Iterator[Path]:
    """Yield the local files that ``-r`` and ``-c`` lines name, resolved from the including file's directory."""
    for _unused, line in logical_lines(text):
        if (match := _INCLUDE.match(line)) and "://" not in match[3]:
            # What cannot be read as a path is reported with its line when the file is parsed.
            with contextlib.suppress(ValueError, OSError, RuntimeError):
                yield _resolve(file, match[3])


def parse_requirements(path: Path, *, texts: Mapping[Path, str]) -> tuple[PinnedRequirement, ...]:
    """Parse a lock whose files (and includes) were read before, or raise one error that names every unfit line."""
    pins: list[PinnedRequirement] = []
    constraints: list[_Constraint] = []
    problems: list[str] = []
    _parse_file(path, path, texts, pins, constraints, problems, {(path, False)}, constraining=False)
    for constraint in constraints:
        for pin in pins:
            if pin.name == constraint.name and not constraint.specifier.contains(pin.version, prereleases=True):
                problems.append(
                    f"{pin.where}: {pin.name} {pin.version} is not {constraint.specifier}, as {constraint.where} wants; re-lock"
                )
    if not pins and not problems:
        problems.append(f"{path.name}: no requirement in it; an empty environment is declared with a pylock.toml that has no packages")
    if problems:
        raise HermeticError(
            f"Lock {path} does not pin everything; lock it again with hashes (pip-compile or uv pip compile, --generate-hashes)", problems
        )
    return tuple(pins)


def _parse_file(
    file: Path,
    root: Path,
    texts: Mapping[Path, str],
    pins: list[PinnedRequirement],
    constraints: list[_Constraint],
    problems: list[str],
    seen: set[tuple[Path, bool]],
    *,
    constraining: bool,
) -> None:
    shown = file.relative_to(root.parent) if file.is_relative_to(root.parent) else file
    for number, line in logical_lines(texts[file]):
        where = f"{shown} line {number}"
        if match := _INCLUDE.match(line):
            if "://" in match[3]:
                problems.append(f"{where}: includes {match[3]}; only local files are read, so put a copy beside the lock")
                continue
            try:
                include = _resolve(file, match[3])
            except (ValueError, OSError, RuntimeError) as error:
                problems.append(f"{where}: includes {shortened(match[3])!r}, which is no path: {error}")
                continue
            if len(seen) > _MOST_FILES:
                problems.append(f"{where}: the lock includes more than {_MOST_FILES} files; join them")
                continue
            narrows = constraining or bool(match[2])
            if (include, narrows) not in seen:
                seen.add((include, narrows))
                _parse_file(include, root, texts, pins, constraints, problems, seen, constraining=narrows)
        elif line.startswith("-"):
            if problem := _option_problem(line):
                problems.append(f"{where}: {problem}")
        elif constraining:
            try:
                requirement = parsed_requirement(split_options(line)[0])
            except (ValueError, RecursionError):
                problems.append(f"{where}: {shortened(line)!r} is not a constraint that can be checked; give a name and versions")
                continue
            constraints.append(_Constraint(canonicalize_name(requirement.name), requirement.specifier, where))
        else:
            _parse_requirement(line, where, file.parent, pins, problems)


def _option_problem(line: str) -> str | None:
    if is_harmless(line):
        return None
    if re.match(r"^(-e|--editable)\b", line):
        return (
            f"{shortened(line)!r} is an editable install; if it is the project itself, export the lock without it "
            "(uv export --no-emit-project), else build a wheel of it and lock that"
        )
    if _INDEX_OPTION.match(line):
        return f"the option {line.split()[0].split('=')[0]} names a package source; a lock says what, not from where: use the module's options instead"
    return f"the option {line.split()[0].split('=')[0]} is not understood in a lock; remove it"


def _local_problem(shown: str, place: str, directory: Path) -> str:
    """Say what to do about a directory in a lock: most often it is the project that the lock was made in."""
    path = re.sub(r"\[[^\]]*\]$", "", place.partition("#")[0].strip())
    if re.search(r"\.(whl|tgz|zip|tar\.\w+)$", path, re.IGNORECASE):
        return f"{shown!r} is a URL or path; publish a wheel of it and pin its version with its hash"
    home = directory.resolve()
    try:
        if path.lower().startswith("file:"):
            path = unquote(urlsplit(path).path)
        named = (directory / path.replace("${PROJECT_ROOT}", str(home)).replace("//", "/")).resolve()
    except (OSError, ValueError, RuntimeError):
        named = Path("/")
    without = "export the lock without it (uv export --no-emit-project)"
    if named == home or (named in home.parents and named != named.parent):
        return f"{shown!r} is the project itself; {without}"
    return f"{shown!r} is a file or directory; if it is the project itself, {without}, else publish a wheel of it and pin its version with its hash"


def _parse_requirement(line: str, where: str, directory: Path, pins: list[PinnedRequirement], problems: list[str]) -> None:
    specification, options = split_options(line)
    shown = shortened(specification)
    try:
        requirement = parsed_requirement(specification)
    except (ValueError, RecursionError):
        if re.match(r"^(file:|[./~])", specification, re.IGNORECASE):
            problems.append(f"{where}: {_local_problem(shown, specification, directory)}")
        elif re.match(r"^((git|hg|svn|bzr)\+|[A-Za-z][A-Za-z0-9+.-]*:)", specification):
            problems.append(f"{where}: {shown!r} is a URL or path; publish a wheel of it and pin its version with its hash")
        else:
            problems.append(f"{where}: {shown!r} is not a requirement; expected name==version --hash=sha256:…")
        return
    name = canonicalize_name(requirement.name)
    if requirement.url and requirement.url.lower().startswith("file:"):
        problems.append(f"{where}: {name}: {_local_problem(shortened(requirement.url), requirement.url, directory)}")
        return
    if requirement.url:
        problems.append(f"{where}: {name} comes from a URL; publish a wheel of it and pin its version with its hash")
        return
    version, hashes, found = pin_of(requirement, options)
    problems.extend(f"{where}: {problem}" for problem in found)
    if version is not None and not found:
        pins.append(PinnedRequirement(name, version, requirement.marker, frozenset(hashes), where))


def parsed_requirement(text: str) -> Requirement:
    """Return a requirement by the grammar of packages, whose reader takes longer to load than a run needs that finds its selections kept."""
    from packaging.requirements import Requirement

    return Requirement(text)


def _resolve(file: Path, include: str) -> Path:
    """Return the file that an include names; raises ValueError for a line that names none."""
    words: Iterable[str] = shlex.split(include)
    return (file.parent / next(iter(words), "")).resolve()
