# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that stands for a specification, by the rules of vpython3 on a host."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.in_force import lock_in_force, python_problem
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.reading.files import read_specification
from programs_samples import block, locked, script
from supply_samples import LINUX, LINUX_39

PROTO = 'python_version: "3.9"\nwheel: < name: "infra/python/wheels/x-py3" version: "version:1.0" >\n'


def test_the_lock_of_the_text_is_in_force(tmp_path: Path) -> None:
    path = script(tmp_path / "tool.py", "x")
    lock = locked(path, block("x"))
    found = lock_in_force(read_specification(path))
    assert found is not None and found.path == lock
    path.write_text(path.read_text() + "# more code\n")
    assert lock_in_force(read_specification(path)) is not None
    path.write_text(path.read_text().replace('"x"', '"x>1"'))
    with pytest.raises(HermeticError, match=r"pylock.tool-py.toml is not current.*hermetic-spec lock"):
        lock_in_force(read_specification(path))


def test_a_lock_lies_beside_the_target_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = script(tmp_path / "real" / "tool.py", "x")
    lock = locked(path, block("x"))
    (tmp_path / "link.py").symlink_to(path)
    found = lock_in_force(read_specification(tmp_path / "link.py"))
    assert found is not None and found.path.resolve() == lock.resolve()


def test_requirements_are_compared_by_versions(tmp_path: Path) -> None:
    path = tmp_path / "vpython.toml"
    path.write_text(block("x>=1"))
    lock = tmp_path / "vpython.toml.uv.lock"
    lock.write_text(f"x==1.5 --hash=sha256:{'a' * 64}\n")
    assert lock_in_force(read_specification(path)) is not None
    lock.write_text(f"x==0.5 --hash=sha256:{'a' * 64}\n")
    with pytest.raises(HermeticError, match=r"x is locked to 0.5"):
        lock_in_force(read_specification(path))


def test_what_declares_nothing_needs_none(tmp_path: Path) -> None:
    assert lock_in_force(read_specification(script(tmp_path / "tool.py"))) is None
    # A list of wheels is known by its lock alone, even where it lists none; requirements with hashes are none of it.
    path = tmp_path / "tool.py.vpython3"
    path.write_text(PROTO)
    (tmp_path / "tool.py.vpython3.uv.lock").write_text(f"x==1.0 --hash=sha256:{'a' * 64}\n")
    with pytest.raises(HermeticError, match="is not locked"):
        lock_in_force(read_specification(path))


def test_a_lock_of_another_tool_is_none(tmp_path: Path) -> None:
    path = script(tmp_path / "tool.py", "x")
    lock = locked(path, block("x"))
    lock.write_text(lock.read_text().partition("[tool.hermetic]")[0])
    with pytest.raises(HermeticError, match="does not say which specification"):
        lock_in_force(read_specification(path))


def test_a_bundle_of_another_python_is_named(tmp_path: Path) -> None:
    new = read_specification(script(tmp_path / "tool.py", python=">=3.12"))
    assert python_problem(new, [LINUX]) is None
    assert "3.9.18" in str(python_problem(new, [LINUX, LINUX_39]))
    assert python_problem(read_specification(script(tmp_path / "any.py")), [LINUX_39]) is None
    path = tmp_path / "x.vpython3"
    path.write_text(PROTO)
    assert python_problem(read_specification(path), [LINUX_39]) is None
    assert "3.12.1" in str(python_problem(read_specification(path), [LINUX]))
