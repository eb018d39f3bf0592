# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update makes of a repository's index: pure, shared by check mode and the real thing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import name_problem
from ..repository.bundle_archive import DESCRIBED, INDEXED, archive_name
from ..repository.index_document import SELECTED_FOR
from ..repository.release_order import newest_first
from ..repository.rollout_record import COMPLETED, Record
from .change import Change, Placement
from .file_plan import NamedFile, described_files, plan_file
from .prebuilt_plan import add_prebuilt, described_prebuilt, prune_prebuilt
from .prebuilt_wheels import PrebuiltFile
from .rollout_change import RolloutChange, described_rollouts, record_rollout, remove_old_rollouts, staged_move, staged_releases


@dataclass(frozen=True)
class Archive:
    """A bundle archive to publish."""

    path: Path
    sha256: str
    size: int
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class WheelFile:
    """A wheel to publish; in check mode it may not be here yet, and then its size may be unknown."""

    filename: str
    sha256: str
    path: Path | None
    size: int | None
    selected_for: tuple[str, ...] = ()
    """Labels of the targets that a lock selects it for."""


@dataclass(frozen=True)
class ChannelMove:
    """A channel that is to name a release."""

    bundle: str
    channel: str
    release: str


@dataclass(frozen=True)
class Update:
    """Everything that one task wants of a repository."""

    archives: Sequence[Archive] = ()
    wheels: Sequence[WheelFile] = ()
    prebuilt: Sequence[PrebuiltFile] = ()
    files: Sequence[NamedFile] = ()
    channels: Sequence[ChannelMove] = ()
    keep: int | None = None
    """Prune: how many of the newest releases stay beside those that a channel names; None prunes nothing."""
    prune_wheels: bool = False
    """Prune all wheels that are not in ``wheels``."""
    refresh: bool = False
    """Renew the metadata whose time is half over."""
    pending: bool = False
    """Let others sign later what this task cannot sign alone."""
    rollout: RolloutChange | None = None
    begin: bool = False
    """Create an index where there is none, even if nothing is published: not for tasks about a repository that has to be there."""


@dataclass(frozen=True)
class Plan:
    """The index after an update (with the old serial), and how to get there."""

    index: dict[str, Any]
    changes: tuple[Change, ...]
    placements: tuple[Placement, ...]
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]


def plan_update(current: Mapping[str, Any], update: Update, *, present: Callable[[str, int], bool]) -> Plan:
    """Plan an update, or raise one error with everything that stands against it.

    ``present`` says whether a file of that path and size is in the repository: what was lost is put back.
    """
    index = copy.deepcopy(dict(current))
    changes: list[Change] = []
    placements: list[Placement] = []
    dropped: list[str] = []
    warnings: list[str] = []
    problems: list[str] = []
    for archive in update.archives:
        _publish(index, archive, present, changes, placements, problems)
    for wheel in update.wheels:
        _add_wheel(index, wheel, present, changes, placements, problems)
    for each in update.prebuilt:
        add_prebuilt(index, each, changes, placements)
    for file in update.files:
        plan_file(index, file, present, changes, placements, dropped, problems)
    record = record_rollout(index, update.rollout, changes, problems) if update.rollout is not None else None
    # The run that is done last moves the channel for all.
    waits = update.rollout is not None and update.rollout.state == COMPLETED and record is not None and record["state"] != COMPLETED
    for move in () if waits else (*update.channels, *_staged(current, update.rollout, record)):
        _move(index, move, changes, warnings, problems)
    if update.keep is not None:
        _prune_releases(index, update.keep, changes, dropped)
    if update.prune_wheels:
        wanted = {wheel.sha256 for wheel in update.wheels}
        for sha256 in [sha256 for sha256 in index["wheels"] if sha256 not in wanted]:
            path = index["wheels"].pop(sha256)["path"]
            dropped.append(path)
            changes.append(Change("remove_wheel", f"wheel:{path.rpartition('/')[2]}", "no lock or wheel of this task names it"))
    if update.keep is not None:
        prune_prebuilt(index, changes, dropped)
    if update.rollout is not None:
        remove_old_rollouts(index, update.rollout.moment, changes)
    if problems:
        raise HermeticError("The repository was not changed", problems)
    return Plan(index, tuple(changes), tuple(placements), tuple(dropped), tuple(warnings))


def described(index: Mapping[str, Any]) -> str:
    """Return an index as lines that a person can compare."""
    lines = []
    for name, bundle in sorted(index["bundles"].items()):
        lines += [f"bundle {name}: channel {channel} is {release}" for channel, release in sorted(bundle["channels"].items())]
        for release in newest_first(bundle["releases"]):
            for platform, entry in sorted(bundle["releases"][release]["platforms"].items()):
                lines.append(f"bundle {name}: release {release} for {platform}, sha256 {entry['sha256']}")
    lines += sorted(f"wheel {wheel['path'].rpartition('/')[2]}, sha256 {sha256}" for sha256, wheel in index["wheels"].items())
    lines += [*described_prebuilt(index), *described_files(index), *described_rollouts(index)]
    return "".join(f"{line}\n" for line in lines)


def _publish(
    index: dict[str, Any],
    archive: Archive,
    present: Callable[[str, int], bool],
    changes: list[Change],
    placements: list[Placement],
    problems: list[str],
) -> None:
    name, release, platform = (archive.metadata[key] for key in ("name", "release", "platform"))
    path = f"bundles/{name}/{release}/{archive_name(name=name, release=release, platform=platform)}"
    bundle = index["bundles"].setdefault(name, {"channels": {}, "releases": {}})
    platforms = bundle["releases"].setdefault(release, {"platforms": {}})["platforms"]
    subject = f"bundle:{name}"
    known = platforms.get(platform)
    if known is not None and known["sha256"] != archive.sha256:
        problems.append(
            f"{archive.path}: release {release} of {name} for {platform} is published with SHA-256 {known['sha256']}, this is {archive.sha256}; "
            "a release never changes: build it under a new revision"
        )
        return
    if known is None:
        platforms[platform] = {
            "path": path,
            "sha256": archive.sha256,
            "size": archive.size,
            **{key: archive.metadata.get(key) for key in (*INDEXED, *DESCRIBED)},
        }
        changes.append(Change("publish", subject, f"release {release} for {platform} is new"))
    elif any(known.get(key) is None for key in DESCRIBED):
        known.update((key, archive.metadata.get(key)) for key in DESCRIBED)
        changes.append(Change("describe", subject, f"release {release} for {platform} was published without {', '.join(DESCRIBED)}"))
        if present(known["path"], known["size"]):
            return
        path = known["path"]
    elif not present(known["path"], known["size"]):
        path = known["path"]
        changes.append(Change("restore", subject, f"the archive of release {release} for {platform} was missing or damaged"))
    else:
        return
    placements.append(Placement(archive.path, path, archive.sha256))


def _add_wheel(
    index: dict[str, Any],
    wheel: WheelFile,
    present: Callable[[str, int], bool],
    changes: list[Change],
    placements: list[Placement],
    problems: list[str],
) -> None:
    try:
        parse_wheel_filename(wheel.filename)
    except InvalidWheelFilename as error:
        problems.append(f"{wheel.path or wheel.filename}: {error}; give a wheel under the name that its index gave it")
        return
    known = index["wheels"].get(wheel.sha256)
    marked = sorted({*((known or {}).get(SELECTED_FOR) or ()), *wheel.selected_for})
    marks = {SELECTED_FOR: marked} if marked else {}
    if known is not None and present(known["path"], known["size"]):
        if marked != (known.get(SELECTED_FOR) or []):
            index["wheels"][wheel.sha256] = {**known, **marks}
            changes.append(Change("describe", f"wheel:{wheel.filename}", f"it is the wheel of a lock for {', '.join(wheel.selected_for)}"))
        return
    path = known["path"] if known else f"wheels/{wheel.sha256}/{wheel.filename}"
    reason = "its file was missing or damaged" if known else "it is new"
    changes.append(Change("restore_wheel" if known else "add_wheel", f"wheel:{wheel.filename}", reason))
    index["wheels"][wheel.sha256] = {**(known or {"path": path, "size": wheel.size}), **marks}
    if wheel.path is not None:
        placements.append(Placement(wheel.path, path, wheel.sha256))


def _move(index: dict[str, Any], move: ChannelMove, changes: list[Change], warnings: list[str], problems: list[str]) -> None:
    bundle = index["bundles"].get(move.bundle)
    if bundle is None:
        problems.append(f"bundle {move.bundle!r} is not in the repository; bundles: {', '.join(sorted(index['bundles'])) or 'none'}")
        return
    problem = name_problem(move.channel)
    if problem is not None:
        problems.append(f"channel {move.channel!r} is not a name; {problem}")
        return
    if move.release not in bundle["releases"]:
        releases = ", ".join(newest_first(bundle["releases"])) or "none"
        problems.append(f"bundle {move.bundle!r} has no release {move.release!r} for channel {move.channel!r}; releases: {releases}")
        return
    before = bundle["channels"].get(move.channel)
    if before == move.release:
        return
    bundle["channels"][move.channel] = move.release
    changes.append(Change("move_channel", f"bundle:{move.bundle}", f"channel {move.channel}: {before or 'none'} -> {move.release}"))
    if before is not None:
        lost = sorted(set(bundle["releases"][before]["platforms"]) - set(bundle["releases"][move.release]["platforms"]))
        if lost:
            warnings.append(
                f"Channel {move.channel} of {move.bundle} has nothing for {', '.join(lost)} any more: release {before} was there for it, {move.release} is not"
            )


def _staged(current: Mapping[str, Any], change: RolloutChange | None, record: Record | None) -> list[ChannelMove]:
    move = staged_move(current["bundles"].get(change.bundle, {}), record, change) if change is not None else None
    return [ChannelMove(change.bundle, *move)] if change is not None and move is not None else []


def _prune_releases(index: dict[str, Any], keep: int, changes: list[Change], dropped: list[str]) -> None:
    for name, bundle in sorted(index["bundles"].items()):
        named = set(bundle["channels"].values()) | staged_releases(bundle)
        others = [release for release in newest_first(bundle["releases"]) if release not in named]
        for release in others[keep:]:
            dropped += [entry["path"] for entry in bundle["releases"].pop(release)["platforms"].values()]
            changes.append(Change("remove_release", f"bundle:{name}", f"no channel names release {release}, and {keep} newer ones stay"))
