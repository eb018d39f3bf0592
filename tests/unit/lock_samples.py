# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requirements with hashes, and a supply that reads them."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from supply_samples import make_wheel, sha256


def local_supply(place: Path, *, links: str = "links") -> Supply:
    """Return a supply with an index and a directory of wheels below ``place`` and nothing else."""
    directories = {"index_url": (place / "simple").as_uri(), "find_links": [str(place / links)]}
    return Supply.from_options({"cache": place / "cache", **directories, "ca_path": "/none", "retries": 0})


def wheels_with_tags(directory: Path, name: str, *tags: str) -> list[Path]:
    """Make a wheel of a package for each tag."""
    return [make_wheel(directory / "wheels", f"{name}-1.0-{tag}.whl") for tag in tags]


def names(selection: object) -> list[str]:
    return [wheel.filename for wheel in selection.wheels]  # type: ignore[attr-defined]


def requirements(tmp_path: Path, *wheels: Path, extra: str = "") -> Path:
    pins: dict[str, list[str]] = {}
    for wheel in wheels:
        pins.setdefault("==".join(wheel.name.split("-")[:2]), []).append(f"--hash=sha256:{sha256(wheel)}")
    path = tmp_path / "requirements.txt"
    path.write_text("".join(f"{pin} {' '.join(hashes)}\n" for pin, hashes in pins.items()) + extra)
    return path
