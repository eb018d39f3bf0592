# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request in, one result out, for roots that are empty, unusable or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.commands.dispatch import run
from host_samples import digest

BUNDLE = {"name": "python", "release": "3.12.1+1", "sha256": digest("bundle"), "default": True}


def request(tmp_path: Path, command: str, **parts: Any) -> dict[str, Any]:
    return {"format": 1, "command": command, "root": str(tmp_path / "root"), **parts}


@pytest.mark.parametrize("command", ["info", "drift", "generation", "converge"])
def test_a_root_that_is_a_file_is_named(tmp_path: Path, command: str) -> None:
    (tmp_path / "root").write_text("precious")
    result = run(request(tmp_path, command, declaration={}, generation={"action": "prune"}))
    assert result["failed"]
    assert str(tmp_path / "root") in result["msg"]
    assert (tmp_path / "root").read_text() == "precious"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_root_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    result = run(request(tmp_path, "converge", declaration={"bundles": [BUNDLE]}))
    assert "permission denied" in result["msg"]


def test_info_of_nothing(tmp_path: Path) -> None:
    result = run(request(tmp_path, "info"))
    assert result == {
        "changed": False,
        "info": {"root": str(tmp_path / "root"), "generation": None, "in_force": None, "generations": [], "bundles": [], "virtualenvs": []},
        "warnings": [],
    }


@pytest.mark.parametrize(
    "generation",
    [{"action": "activate", "number": "previous"}, {"action": "pin", "number": 1}, {"action": "prune"}],
)
def test_a_host_without_generations_has_none_to_work_on(tmp_path: Path, generation: dict[str, Any]) -> None:
    result = run(request(tmp_path, "generation", generation=generation))
    assert result["failed"]
    assert "holds no generation yet" in result["msg"]
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("generation", "expected"),
    [
        ({"action": "activate", "number": "previous"}, "none is previous"),
        ({"action": "activate", "number": 7}, "Generation 7 is not below"),
        ({"action": "activate", "number": "seven"}, "expected a number or 'previous'"),
        ({"action": "pin", "number": 7}, "Generation 7 is not below"),
        ({"action": "explode"}, "expected activate, pin, unpin or prune"),
    ],
)
def test_a_generation_that_is_not_there_is_named(tmp_path: Path, generation: dict[str, Any], expected: str) -> None:
    (tmp_path / "root/state").mkdir(parents=True)
    assert expected in run(request(tmp_path, "generation", generation=generation))["msg"]
