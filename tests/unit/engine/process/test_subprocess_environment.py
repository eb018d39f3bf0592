# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What processes of the engine start with: nothing that steers Python or the linker, and as many as are wanted."""

from __future__ import annotations

import os

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.subprocess_environment import (
    clean_environment,
    code_path,
    core_count,
)

STEERING = [
    *("PYTHONPATH", "PYTHONHOME", "pythonstartup", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"),
    *("LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PIP_INDEX_URL", "UV_CACHE_DIR"),
]


@pytest.mark.parametrize("name", STEERING)
def test_what_steers_python_is_dropped(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "evil")
    assert name not in clean_environment()


@pytest.mark.parametrize("name", ["PATH", "HOME", "LANG", "MY_PYTHON", "TMPDIR"])
def test_everything_else_is_handed_on(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    assert clean_environment()[name] == "x"


def test_the_code_is_found_where_this_package_lies() -> None:
    assert os.path.isfile(os.path.join(code_path(), *core_count.__module__.split(".")) + ".py")


def test_as_many_as_asked_for_or_one_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert core_count(7) == 7
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3}, raising=False)
    assert core_count(0) == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert core_count(0) == 1
