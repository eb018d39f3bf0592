# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be compiled within bounds has no byte code, and is named; the rest is compiled: by a foreign Python, and for a bundle."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.target_compile import compile_elsewhere
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.byte_code import LARGEST_SOURCE
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.bytecode import compile_tree
from bundle_samples import tree_at

LONG = f"{'m' * 251}.py"


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, bytes]:
    return {"small.py": b"x = 1\n", "large.py": b"#" * (LARGEST_SOURCE + 1), LONG: b"x = 1\n", "broken.py": b"def"}


def test_by_a_python_that_cannot_run_the_engine(tmp_path: Path, sources: dict[str, bytes]) -> None:
    site = tmp_path / "site"
    site.mkdir()
    files = {}
    for name, data in sources.items():
        (site / name).write_bytes(data)
        files[f"site/{name}"] = FileRecord(0o644, len(data), "")
    warnings = compile_elsewhere(Path(sys.executable), tmp_path, files, subject="pkg-1.0.whl")
    assert {path for path in files if path.endswith("c")} == {"site/small.pyc"}
    assert ["pkg-1.0.whl" in warning and "large.py" in warning for warning in warnings] == [True]


def test_in_a_bundle(tmp_path: Path, sources: dict[str, bytes]) -> None:
    tree = tree_at(tmp_path / "tree", version="{}.{}.{}".format(*sys.version_info[:3]))
    site = tree.root / tree.site_packages
    site.mkdir(parents=True)
    for name, data in sources.items():
        (site / name).write_bytes(data)
    compiled = compile_tree(tree, interpreter=Path(sys.executable))
    assert [path.name.partition(".")[0] for path in site.rglob("*.pyc")] == ["small"]
    assert (compiled.files, compiled.skipped, compiled.bounded) == (1, 3, ("large.py", LONG))
