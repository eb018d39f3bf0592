# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds a bundle: a relocatable, hermetic CPython with a fixed package set, as one archive with the same bytes every time."""

from __future__ import annotations

from .build import BuildReport, build, inputs_of
from .model.request import ArchiveSource, BuildRequest, InterpreterSource, StandaloneSource, Wheel

__all__ = ["ArchiveSource", "BuildReport", "BuildRequest", "InterpreterSource", "StandaloneSource", "Wheel", "build", "inputs_of"]
