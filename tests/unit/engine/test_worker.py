# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a job of a worker: what it made, or why not, in a form that the pool tells apart."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import worker
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import hashing
from ansible_collections.hermetic.python.tests.integration.wheelhouse import make_wheel


def unpacking(tmp_path: Path, wheel: Path, **parts: Any) -> dict[str, Any]:
    (tmp_path / "into").mkdir()
    job = {"task": "unpack_wheel", "wheel": str(wheel), "into": str(tmp_path / "into"), "compiles": False}
    return worker.answered(json.dumps({**job, **parts}))


def test_files_are_hashed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    answer = worker.answered(json.dumps({"task": "hash", "paths": [str(tmp_path / "a"), str(tmp_path / "gone")]}))
    assert answer == {"digests": [hashlib.sha256(b"x").hexdigest(), None]}


def test_a_wheel_is_unpacked(tmp_path: Path) -> None:
    answer = unpacking(tmp_path, make_wheel(tmp_path, "alpha").path)
    assert (answer["laid"]["name"], answer["laid"]["version"]) == ("alpha", "1.0")
    assert all((tmp_path / "into" / path).is_file() for path in answer["laid"]["files"])
    json.dumps(answer)


def test_a_wheel_that_is_none_is_said_with_all_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "alpha-1.0-py3-none-any.whl").write_bytes(b"no zip")
    answer = unpacking(tmp_path, tmp_path / "alpha-1.0-py3-none-any.whl")
    assert "alpha-1.0-py3-none-any.whl" in answer["error"]
    assert answer.keys() == {"error", "problems"}


def test_a_limit_is_handed_on(tmp_path: Path) -> None:
    big = make_wheel(tmp_path, "alpha", files={"alpha/data": b"\0" * (2 << 20)}).path
    assert "unpack_limit" in unpacking(tmp_path, big, unpack_limit=1)["error"]


def test_what_the_system_refuses_keeps_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(paths: list[str]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/r/x")

    monkeypatch.setattr(worker, "hash_files", full)
    answer = worker.answered(json.dumps({"task": "hash", "paths": ["x"]}))
    assert answer == {"error": "No space left on device: /r/x", "errno": errno.ENOSPC, "problems": []}
    assert vars(worker)["hash_files"] is not hashing.hash_files
