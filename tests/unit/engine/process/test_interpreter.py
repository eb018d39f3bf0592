# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an interpreter says of itself, and which of it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenInterpreter
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import interpreter


def test_an_interpreter_that_tells_of_another_home_is_refused(tmp_path: Path) -> None:
    tree = tmp_path / "bundle"
    own = [f"{tree}/lib/python312.zip", f"{tree}/lib/python3.12", f"{tree}/lib/python3.12/site-packages", "/what/a/pth/adds"]
    answer = {"prefix": str(tree), "base_prefix": str(tree), "path": ["", *own]}
    interpreter.check_own_tree(answer, tree, subject="it")
    for changed in ({"prefix": str(tmp_path)}, {"path": [f"{tmp_path}/lib/python312.zip", *own]}, {"path": [f"{tree}2/lib"]}):
        with pytest.raises(BrokenInterpreter, match="outside of its own tree"):
            interpreter.check_own_tree({**answer, **changed}, tree, subject="it")
