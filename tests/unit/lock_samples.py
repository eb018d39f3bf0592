# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requirements with hashes, and a supply that reads them."""

from __future__ import annotations

from pathlib import Path

from supply_samples import (
    sha256,
)


def names(selection: object) -> list[str]:
    return [wheel.filename for wheel in selection.wheels]  # type: ignore[attr-defined]


def requirements(tmp_path: Path, *wheels: Path, extra: str = "") -> Path:
    pins: dict[str, list[str]] = {}
    for wheel in wheels:
        pins.setdefault("==".join(wheel.name.split("-")[:2]), []).append(f"--hash=sha256:{sha256(wheel)}")
    path = tmp_path / "requirements.txt"
    path.write_text("".join(f"{pin} {' '.join(hashes)}\n" for pin, hashes in pins.items()) + extra)
    return path
