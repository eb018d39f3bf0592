# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine a task imports: the bundle's only where it is the one that was asked for, and whole."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.engine_of_task import (
    ARCHIVE,
    CODE,
    DIGEST,
    EngineMissing,
    engine_of_bundle,
    engine_that_came,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import zip_of
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip

ASKED = "1" * 64


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return where the bundle that runs this keeps an engine that answers ``from the bundle``."""
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "bundle"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", sys.dont_write_bytecode)
    made = tmp_path / "bundle" / CODE
    made.mkdir(parents=True)
    content = zip_of({"hermetic/__init__.py": b"", "hermetic/part.py": b"answer = 'from the bundle'"}, compressed=False)
    (made / ARCHIVE).write_bytes(content)
    (made / DIGEST).write_text(f"{ASKED}\n{hashlib.sha256(content).hexdigest()}\n")
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "hermetic"]:
        del sys.modules[name]


def test_the_one_that_was_asked_for_is_imported() -> None:
    assert engine_of_bundle(ASKED)("part").answer == "from the bundle"


def _archive_is_a_directory(place: Path) -> None:
    (place / ARCHIVE).unlink()
    (place / ARCHIVE).mkdir()


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "another": (lambda place: (place / DIGEST).write_text(f"{'2' * 64}\n{'3' * 64}\n"), "its engine is 222222222222, and not 111111111111"),
    "none named": (lambda place: (place / DIGEST).write_text(""), "its engine is not named"),
    "no digest": (lambda place: (place / DIGEST).unlink(), "cannot be read"),
    "not text": (lambda place: (place / DIGEST).write_bytes(b"\xff\xfe"), "cannot be read"),
    "no archive": (lambda place: (place / ARCHIVE).unlink(), "cannot be read"),
    "archive is a directory": (_archive_is_a_directory, "cannot be read"),
    "archive cut": (lambda place: (place / ARCHIVE).write_bytes((place / ARCHIVE).read_bytes()[:-1]), "has the SHA-256"),
    "archive not named": (lambda place: (place / DIGEST).write_text(ASKED), "has the SHA-256"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_other_one_is_not(place: Path, damage: str) -> None:
    change, message = DAMAGES[damage]
    change(place)
    before = list(sys.path)
    with pytest.raises(EngineMissing, match=message):
        engine_of_bundle(ASKED)
    assert sys.path == before


def test_the_one_that_came_is_imported_from_where_workers_find_it(tmp_path: Path) -> None:
    import base64

    run = engine_that_came(base64.b64encode(engine_zip()).decode(), directory=tmp_path)
    assert str(run("text.counting").__file__).startswith(str(tmp_path / ARCHIVE))
