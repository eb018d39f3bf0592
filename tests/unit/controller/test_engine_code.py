# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of an engine names its content, and nothing else."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import digest_of_members, engine_members, zip_of


def _engine(place: Path, **files: str) -> Path:
    for name, text in files.items():
        path = place / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return place


def test_the_digest_depends_on_names_and_content_only(tmp_path: Path) -> None:
    first = engine_members(_engine(tmp_path / "a", one="x = 1", two="y = 2"))
    again = engine_members(_engine(tmp_path / "b", two="y = 2", one="x = 1"))
    (tmp_path / "b" / "one.pyc").write_bytes(b"no source")
    assert digest_of_members(first) == digest_of_members(dict(reversed(again.items())))
    others = [
        engine_members(_engine(tmp_path / "c", one="x = 2", two="y = 2")),
        engine_members(_engine(tmp_path / "d", one="x = 1", three="y = 2")),
        engine_members(_engine(tmp_path / "e", one="x = 1")),
    ]
    assert len({digest_of_members(each) for each in (first, *others)}) == 4


def test_a_zip_is_the_same_bytes_whatever_the_order() -> None:
    members = {"b.py": b"2", "a.py": b"1"}
    assert zip_of(members, compressed=False) == zip_of(dict(reversed(members.items())), compressed=False)
    assert zip_of(members, compressed=True) != zip_of(members, compressed=False)
