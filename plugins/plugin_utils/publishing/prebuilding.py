# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the archives of prebuilt wheels by the code with which hosts unpack and compile wheels themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.model.byte_code import ByteCode
from ...module_utils.hermetic.model.manifest import file_records
from ...module_utils.hermetic.model.prebuilt import archive_filename
from ...module_utils.hermetic.model.receipts import LaidReceipt
from ...module_utils.hermetic.model.wheel_name import distribution
from ...module_utils.hermetic.process.pool import Workers
from ...module_utils.hermetic.process.subprocess_environment import core_count
from ...module_utils.hermetic.records.vouching import digest
from ...module_utils.hermetic.text.counting import counted
from .compiling_python import LocalBundle, find_python
from .prebuilt_wheels import PrebuiltFile, WantedPrebuilt

if TYPE_CHECKING:
    from ..repository.bundle_artifact import BundleArtifact


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a directory for one making, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="hermetic-prebuilt-") as directory:
        yield Path(directory).resolve()


def prebuild(
    wanted: Sequence[WantedPrebuilt], files: Mapping[str, Path], *, bundles: Sequence[LocalBundle], place: Path
) -> tuple[list[PrebuiltFile], list[str]]:
    """Make archives below ``place``, and return them with a sentence for each that is not made.

    ``files`` has the wheels by their digests, ``bundles`` are those whose Python may be used for it.
    """
    made: list[PrebuiltFile] = []
    skipped: list[str] = []
    for number, byte_code in enumerate(dict.fromkeys(each.byte_code for each in wanted)):
        wheels = [each for each in wanted if each.byte_code == byte_code]
        own = place / str(number)
        own.mkdir()
        python = find_python(byte_code, version=wheels[0].version, bundles=bundles, workplace=own)
        if python is None:
            skipped.append(_without_python(byte_code, wheels))
            continue
        jobs = [_job(each, files[each.sha256], own, index) for index, each in enumerate(wheels)]
        for each, job, answer in zip(wheels, jobs, Workers(python, count=core_count(0)).run(jobs), strict=True):
            if "refused" in answer:
                skipped.append(f"{each.filename} is not prebuilt for {byte_code.cache_tag}. {answer['refused']}")
            else:
                made.append(PrebuiltFile(each, Path(job["archive"]), _entry(each, answer["made"])))
    return made, skipped


def local_bundles(bundles: Sequence[BundleArtifact], published: Mapping[str, Path]) -> list[LocalBundle]:
    """Return the archives of bundles on this controller: in the repository, or (``published``, by digest) about to go there."""
    return [
        LocalBundle(bundle.platform, bundle.python, bundle.sha256, published.get(bundle.sha256) or Path(bundle.location))
        for bundle in bundles
        if bundle.engine
    ]


def _without_python(byte_code: ByteCode, wheels: Sequence[WantedPrebuilt]) -> str:
    subject = f"{counted(len(wheels), 'wheel')} {'is' if len(wheels) == 1 else 'are'} not prebuilt for {byte_code.cache_tag}"
    return (
        f"{subject}: this controller has no Python of that series whose byte code has the magic number {byte_code.magic}. "
        "Publish the release for the controller's own platform too, or install such a Python."
    )


def _job(wanted: WantedPrebuilt, wheel: Path, place: Path, number: int) -> dict[str, Any]:
    return {
        "task": "prebuild_wheel",
        "wheel": str(wheel),
        "sha256": wanted.sha256,
        "archive": str(place / f"{number}-{archive_filename(wanted.tree_id)}"),
        "into": str(place / f"tree-{number}"),
        "windows": wanted.for_windows,
    }


def _entry(wanted: WantedPrebuilt, made: Mapping[str, Any]) -> dict[str, Any]:
    found = made["laid"]
    receipt = LaidReceipt(
        id=wanted.tree_id,
        wheel=wanted.sha256,
        filename=wanted.filename,
        byte_code=wanted.byte_code.digest,
        python=made["python"],
        bundle=None,
        name=distribution(found["name"]),
        version=found["version"],
        dist_info=found["dist_info"],
        entry_points=found["entry_points"],
        owner=None,
        files=file_records(found["files"]),
        directories={},
        stamp="",
    )
    return {**{key: made[key] for key in ("sha256", "size", "unpacked", "python")}, "receipt": digest(receipt)}
