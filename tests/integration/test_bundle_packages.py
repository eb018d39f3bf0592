# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts of the packages of a bundle start the Python beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.packages import install_packages
from bundle_samples import tree_at, wheel_at


@pytest.mark.parametrize("first", ["#!python", "#!pythonw", "#!python3", "#!python3 -u", "#!python3.12 -X dev -W ignore", "#!python\r"])
def test_a_script_of_a_wheel_starts_the_python_beside_it(tmp_path: Path, first: str) -> None:
    wheel = wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", {"demo-1.0.data/scripts/demo": f"{first}\nimport sys\nprint(sys.argv[1:])\n"})
    tree = tree_at(tmp_path / "tree", version="{}.{}.1".format(*sys.version_info[:2]))
    install_packages(tree, [wheel], scripts=True)
    (tree.root / "bin" / tree.command).symlink_to(sys.executable)
    (tmp_path / "link").symlink_to(tree.root / "bin" / "demo")
    done = subprocess.run([str(tmp_path / "link"), "a b", "'c'"], capture_output=True, text=True, check=True)
    assert done.stdout == """['a b', "'c'"]\n"""
