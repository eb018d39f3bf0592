# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive of a prebuilt wheel as an artifact, and whether an index speaks of such archives as it should; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils.hermetic.model.layout import laid_id
from ...module_utils.hermetic.text.grammar import digest_problem, is_number, shown, version_problem

PREBUILT = "prebuilt"
"""Where an index has them: by the wheel's digest, and below that by the digest of the byte code."""


@dataclass(frozen=True)
class PrebuiltArtifact:
    """An unpacked wheel with its byte code, packed: what it stands for, and where it lies."""

    wheel: str
    byte_code: str
    sha256: str
    size: int
    filename: str
    location: str
    unpacked: int
    receipt: str
    """The digest of the receipt that a host writes of the tree; see ``records.vouching``."""
    python: str
    """The version of the Python that compiled it."""

    @property
    def tree_id(self) -> str:
        """The tree that it unpacks to on a host."""
        return laid_id(self.wheel, byte_code=self.byte_code)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where to get it, as the engine's request wants it."""
        return (self.location,)


def prebuilt_artifact(wheel: str, byte_code: str, entry: Mapping[str, Any], *, location: str) -> PrebuiltArtifact:
    """Return what an entry of an index, which was judged before, says."""
    return PrebuiltArtifact(
        wheel=wheel,
        byte_code=byte_code,
        sha256=entry["sha256"],
        size=entry["size"],
        filename=entry["path"].rpartition("/")[2],
        location=location,
        unpacked=entry["unpacked"],
        receipt=entry["receipt"],
        python=entry["python"],
    )


def prebuilt_problems(prebuilt: object, *, file_problems: Callable[[str, object, object], Iterator[str]]) -> Iterator[str]:
    """Yield what is wrong with what an index says of prebuilt wheels; ``file_problems`` judges path, digest and size of a file."""
    if prebuilt is None:
        return
    if not isinstance(prebuilt, Mapping):
        yield f"{PREBUILT} is {shown(prebuilt)}; expected an object"
        return
    for wheel, archives in prebuilt.items():
        where = f"what is prebuilt of wheel {shown(wheel)}"
        if digest_problem(wheel) is not None or not isinstance(archives, Mapping):
            yield f"{where}: it is {shown(archives)}; expected an object, under the SHA-256 of a wheel"
            continue
        for byte_code, entry in archives.items():
            here = f"{where} for the byte code {shown(byte_code)}"
            if digest_problem(byte_code) is not None:
                yield f"{here}: expected a SHA-256"
            yield from file_problems(here, entry, entry.get("sha256") if isinstance(entry, Mapping) else None)
            if isinstance(entry, Mapping):
                yield from _entry_problems(here, entry)


def _entry_problems(where: str, entry: Mapping[str, Any]) -> Iterator[str]:
    if not is_number(entry.get("unpacked")):
        yield f"{where}: its unpacked size is {shown(entry.get('unpacked'))}; expected a number of bytes"
    if digest_problem(entry.get("receipt")) is not None:
        yield f"{where}: its receipt is {shown(entry.get('receipt'))}; expected a SHA-256"
    if problem := version_problem(entry.get("python")):
        yield f"{where}: its python is {shown(entry.get('python'))}; {problem}"
