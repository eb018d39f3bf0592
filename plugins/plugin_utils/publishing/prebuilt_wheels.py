# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels are to be prebuilt for which byte code, and why others are not; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.model.byte_code import ByteCode, stated
from ...module_utils.hermetic.model.layout import laid_id

if TYPE_CHECKING:
    from ..locks.wheel_selection import Selection
    from ..repository.bundle_artifact import BundleArtifact

# Before it, a set of constants is written in the order of a random hash: no two compilations give the same bytes.
OLDEST = (3, 11)


@dataclass(frozen=True)
class WantedPrebuilt:
    """A wheel that bundles of a byte code take; ``version`` is that of the Python of one of them."""

    sha256: str
    filename: str
    byte_code: ByteCode
    version: str

    @property
    def tree_id(self) -> str:
        """The tree that it unpacks to on a host."""
        return laid_id(self.sha256, byte_code=self.byte_code.digest)

    @property
    def for_windows(self) -> bool:
        """Whether the wheel is for Windows alone, by the platforms that its name lists."""
        platforms = self.filename.removesuffix(".whl").rpartition("-")[2].split(".")
        return all(each.startswith("win") for each in platforms)


@dataclass(frozen=True)
class PrebuiltFile:
    """An archive to publish; in check mode it is not made, and only what it stands for is known."""

    wheel: WantedPrebuilt
    path: Path | None = None
    entry: Mapping[str, Any] | None = None
    """What the index says of it, without its path."""


def wanted_of(bundles: Sequence[BundleArtifact], selections: Mapping[tuple[str, str], Selection]) -> tuple[list[WantedPrebuilt], list[str]]:
    """Return each selected wheel once for each byte code, and a sentence for each bundle that none can be prebuilt for.

    Of bundles with one byte code, the newest version counts.
    """
    found: dict[tuple[str, str], WantedPrebuilt] = {}
    reasons = []
    for bundle in sorted(bundles, key=lambda bundle: _numbers(str(bundle.python["version"]))):
        wheels = [wheel for (_name, label), selection in selections.items() if label == bundle.target.label for wheel in selection.wheels]
        version = str(bundle.python["version"])
        byte_code = stated(bundle.python, engine=bundle.engine)
        reason = _reason_against(byte_code, version)
        if reason is not None or byte_code is None:
            reasons.append(f"Nothing is prebuilt for the bundle '{bundle.name}' {bundle.release} for {bundle.platform}: {reason}.")
            continue
        for wheel in wheels:
            found[byte_code.digest, wheel.sha256] = WantedPrebuilt(wheel.sha256, wheel.filename, byte_code, version)
    return list(found.values()), reasons


def planned_only(wanted: Sequence[WantedPrebuilt]) -> tuple[list[PrebuiltFile], list[str]]:
    """Return what would be made, as far as that is known before it is tried."""
    return [PrebuiltFile(each) for each in wanted], []


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _reason_against(byte_code: ByteCode | None, version: str) -> str | None:
    if byte_code is None:
        return "it does not state its byte code; build it again with this release of bundle_build"
    if not byte_code.by_engine:
        return f"its Python {version} compiles wheels itself, since it cannot run the engine"
    if _numbers(version)[:2] < OLDEST:
        return f"Python {version} gives other bytes each time that it compiles a source; {'.'.join(map(str, OLDEST))} and newer do not"
    return None
