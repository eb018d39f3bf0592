# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots for the tests of what looks at one and changes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from root_samples import SampleRoot, pretend, sample_root


@pytest.fixture
def declared_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleRoot:
    """Return a root that is not there yet, with a bundle and the environments ``one`` and ``two`` declared."""
    pretend(monkeypatch)
    return sample_root(tmp_path, "one", "two")


@pytest.fixture
def root(declared_root: SampleRoot) -> SampleRoot:
    """Return a root that is as declared."""
    declared_root.converge()
    return declared_root
