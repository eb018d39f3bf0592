# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update makes of the prebuilt wheels of an index: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...module_utils.hermetic.model.byte_code import stated
from ...module_utils.hermetic.model.prebuilt import archive_filename
from ..repository.prebuilt_artifact import PREBUILT
from .change import Change, Placement
from .prebuilt_wheels import PrebuiltFile, WantedPrebuilt


def missing_prebuilt(
    index: Mapping[str, Any], wanted: Sequence[WantedPrebuilt], present: Callable[[str, int], bool]
) -> list[WantedPrebuilt]:
    """Return those wheels for which an index has no archive, or has lost it."""

    def is_there(each: WantedPrebuilt) -> bool:
        entry = index.get(PREBUILT, {}).get(each.sha256, {}).get(each.byte_code.digest)
        return entry is not None and present(entry["path"], entry["size"])

    return [each for each in wanted if not is_there(each)]


def add_prebuilt(index: dict[str, Any], file: PrebuiltFile, changes: list[Change], placements: list[Placement]) -> None:
    """Have an index name an archive; one that is not made yet leaves its place empty."""
    wheel, byte_code = file.wheel.sha256, file.wheel.byte_code
    archives = index.setdefault(PREBUILT, {}).setdefault(wheel, {})
    lost = byte_code.digest in archives
    reason = "its file was missing or damaged" if lost else f"compiled for {byte_code.cache_tag} ({byte_code.digest[:12]})"
    changes.append(Change("restore_prebuilt" if lost else "add_prebuilt", f"wheel:{file.wheel.filename}", reason))
    if file.path is None or file.entry is None:
        archives.setdefault(byte_code.digest, {})
        return
    path = f"{PREBUILT}/{file.entry['sha256']}/{archive_filename(file.wheel.tree_id)}"
    archives[byte_code.digest] = {**file.entry, "path": path}
    placements.append(Placement(file.path, path, file.entry["sha256"]))


def prune_prebuilt(index: dict[str, Any], changes: list[Change], dropped: list[str]) -> None:
    """Take out what stands for wheels that are gone, and for byte code that no release reads any more."""
    releases = (release for bundle in index["bundles"].values() for release in bundle["releases"].values())
    entries = [entry for release in releases for entry in release["platforms"].values()]
    read = {found.digest for entry in entries if (found := stated(entry["python"], engine=entry["engine"])) is not None}
    for sha256, archives in sorted(index.get(PREBUILT, {}).items()):
        for byte_code in sorted(archives):
            reason = (
                "its wheel is not in the repository"
                if sha256 not in index["wheels"]
                else None
                if byte_code in read
                else "no release reads its byte code"
            )
            if reason is not None:
                path = archives.pop(byte_code)["path"]
                dropped.append(path)
                changes.append(Change("remove_prebuilt", f"file:{path}", reason))
    if PREBUILT in index:
        index[PREBUILT] = {sha256: archives for sha256, archives in index[PREBUILT].items() if archives}
        if not index[PREBUILT]:
            del index[PREBUILT]


def described_prebuilt(index: Mapping[str, Any]) -> list[str]:
    """Return what an index has as lines that a person can compare."""
    return sorted(
        f"prebuilt {_wheel_name(index, sha256)} for byte code {byte_code[:12]}"
        for sha256, archives in index.get(PREBUILT, {}).items()
        for byte_code in archives
    )


def _wheel_name(index: Mapping[str, Any], sha256: str) -> str:
    wheel = index["wheels"].get(sha256)
    return str(wheel["path"].rpartition("/")[2]) if wheel is not None else sha256
