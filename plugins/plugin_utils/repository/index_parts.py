# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An index in parts, one for each role that publishes: what a role may publish is what its paths match; pure."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ...module_utils.hermetic.errors import BrokenArtifact
from ..trust.layout import TARGETS
from .index_document import parse_index
from .published_file import FILES
from .rollout_record import ROLLOUTS, rollout_path


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Return whether a path is one of those that are delegated; an asterisk matches within one name."""
    names = path.split("/")
    wanted = [pattern.split("/") for pattern in patterns]
    return any(len(each) == len(names) and all(map(fnmatchcase, names, each)) for each in wanted)


def split_index(index: Mapping[str, Any], delegated: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Return the part of each role; a release goes where its archives belong, a channel where its release is, a record by its own path."""
    shared = {key: value for key, value in index.items() if key not in ("bundles", "wheels", "prebuilt", FILES)}
    parts: dict[str, dict[str, Any]] = {role: {**copy.deepcopy(shared), "bundles": {}, "wheels": {}} for role in (TARGETS, *delegated)}

    def owner(path: str) -> str:
        return next((role for role, patterns in delegated.items() if matches(path, patterns)), TARGETS)

    for name, bundle in index["bundles"].items():
        for release, entry in bundle["releases"].items():
            for platform, archive in entry["platforms"].items():
                part = parts[owner(archive["path"])]["bundles"].setdefault(name, {"channels": {}, "releases": {}})
                part["releases"].setdefault(release, {"platforms": {}})["platforms"][platform] = archive
        for channel, release in bundle["channels"].items():
            holder = next(part for part in parts.values() if release in part["bundles"].get(name, {}).get("releases", {}))
            holder["bundles"][name]["channels"][channel] = release
        for rollout, record in bundle.get(ROLLOUTS, {}).items():
            part = parts[owner(rollout_path(name, rollout))]["bundles"].setdefault(name, {"channels": {}, "releases": {}})
            part.setdefault(ROLLOUTS, {})[rollout] = record
    for sha256, wheel in index["wheels"].items():
        parts[owner(wheel["path"])]["wheels"][sha256] = wheel
    for sha256, archives in (index.get("prebuilt") or {}).items():
        for byte_code, entry in archives.items():
            if entry:
                parts[owner(entry["path"])].setdefault("prebuilt", {}).setdefault(sha256, {})[byte_code] = entry
    for name, entry in (index.get(FILES) or {}).items():
        parts[owner(entry["path"])].setdefault(FILES, {})[name] = entry
    return parts


def merged_index(parts: Mapping[str, Mapping[str, Any]], delegated: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the index that the parts are, after each was found to have only what its role may publish."""
    newest = max(parts.values(), key=lambda part: part["serial"])
    found: dict[str, Any] = {**parts[TARGETS], "serial": newest["serial"], "generated": newest.get("generated")}
    found = {**found, "bundles": {}, "wheels": {}}
    for kind in ("prebuilt", FILES):
        found.pop(kind, None)
    problems = [
        f"the role {role} has {path}, which is not delegated to it"
        for role, part in parts.items()
        if role in delegated
        for path, beginning in _paths(part)
        if not (matches(path, delegated[role]) and path.startswith(beginning))
    ]
    for role, part in parts.items():
        for name, bundle in part["bundles"].items():
            into = found["bundles"].setdefault(name, {"channels": {}, "releases": {}})
            for channel, release in bundle["channels"].items():
                problems += [f"channel {channel} of {name} is in two roles, {role} is one"] if channel in into["channels"] else []
                into["channels"][channel] = release
            for release, entry in bundle["releases"].items():
                platforms = into["releases"].setdefault(release, {"platforms": {}})["platforms"]
                problems += [
                    f"{name} {release} for {each} is in two roles, {role} is one" for each in entry["platforms"] if each in platforms
                ]
                platforms.update(entry["platforms"])
            for rollout, record in bundle.get(ROLLOUTS, {}).items():
                records = into.setdefault(ROLLOUTS, {})
                problems += [f"roll-out {rollout} of {name} is in two roles, {role} is one"] if rollout in records else []
                records[rollout] = record
        found["wheels"].update(part["wheels"])
        for sha256, archives in (part.get("prebuilt") or {}).items():
            found.setdefault("prebuilt", {}).setdefault(sha256, {}).update(archives)
        for name, entry in (part.get(FILES) or {}).items():
            problems += [f"file {name} is in two roles, {role} is one"] if name in found.get(FILES, {}) else []
            found.setdefault(FILES, {})[name] = entry
    if problems:
        raise BrokenArtifact("The roles of the repository publish what they must not; nothing of it is used", problems)
    return found


def same_but_for_time(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two parts name the same files."""
    times = ("serial", "generated")
    return {key: value for key, value in one.items() if key not in times} == {
        key: value for key, value in other.items() if key not in times
    }


def is_empty(part: Mapping[str, Any]) -> bool:
    """Return whether a part names no file."""
    return not (part["bundles"] or part["wheels"] or part.get("prebuilt") or part.get(FILES))


def index_bytes(index: Mapping[str, Any]) -> bytes:
    """Return an index as it is published."""
    return json.dumps(index, indent=1, sort_keys=True).encode() + b"\n"


def whole_index(parts: Mapping[str, bytes], delegated: Mapping[str, Sequence[str]], *, subject: str) -> bytes:
    """Return the bytes of the index that verified parts are."""
    if not delegated:
        return parts[TARGETS]
    return index_bytes(
        merged_index({role: parse_index(part, subject=f"{subject}, role {role}") for role, part in parts.items()}, delegated)
    )


def _paths(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each path, and what it must begin with: who may publish wheels publishes no bundle that lies among them."""
    for name, bundle in part["bundles"].items():
        for release, entry in bundle["releases"].items():
            yield from ((archive["path"], f"bundles/{name}/{release}/") for archive in entry["platforms"].values())
        yield from ((rollout_path(name, rollout), f"bundles/{name}/") for rollout in bundle.get(ROLLOUTS, {}))
    yield from ((wheel["path"], f"wheels/{sha256}/") for sha256, wheel in part["wheels"].items())
    for archives in (part.get("prebuilt") or {}).values():
        yield from ((entry["path"], "prebuilt/") for entry in archives.values())
    yield from ((entry["path"], f"{FILES}/{name}/") for name, entry in (part.get(FILES) or {}).items())
