# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a path is really written, on file systems that fold case."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.case_folding import as_written


def test_where_case_counts_a_path_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "Root").mkdir()
    (tmp_path / "rOOT").mkdir()
    for path in (tmp_path / "Root", tmp_path / "rOOT", tmp_path / "root", tmp_path / "Root" / "there" / "not", Path("/")):
        assert as_written(path) == path
