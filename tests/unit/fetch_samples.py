# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An artifact, fetching it below a directory, and what is there afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.fetch import FetchReport, fetch_all
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.artifact import Artifact

BODY = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(BODY).hexdigest()


def artifact(*sources: str, size: int | None = len(BODY), sha256: str = DIGEST, filename: str = "x-1.0.whl") -> Artifact:
    return Artifact(sha256=sha256, filename=filename, size=size, sources=sources)


def get(tmp_path: Path, *artifacts: Artifact, retries: int = 2, timeout: float = 5, **more: Any) -> FetchReport:
    return fetch_all(
        artifacts, lambda wanted: tmp_path / "wheels" / wanted.sha256 / wanted.filename, timeout=timeout, retries=retries, **more
    )


def place(tmp_path: Path, filename: str = "x-1.0.whl") -> Path:
    return tmp_path / "wheels" / DIGEST / filename


def leftovers(tmp_path: Path) -> list[str]:
    return [path.name for path in tmp_path.rglob("*.part")]
