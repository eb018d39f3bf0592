# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes to a host with a script: itself, what says what it needs, and its lock; or one error before any host is looked at."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.carried_program import program_of_task
from programs_samples import block, locked, script
from task_samples import options_of


def carried(path: Path | str, **given: Any) -> dict[str, Any]:
    program = program_of_task(options_of("script", path=str(path), **given), find=str)
    return dict(program.document)


def names(document: dict[str, Any]) -> list[str]:
    return list(document["files"])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / ".gclient").touch()
    return tmp_path


def test_a_script_that_declares_nothing_takes_an_empty_specification_along(place: Path) -> None:
    (place / "tool.py").write_text("pass\n")
    document = carried(place / "tool.py")
    assert (names(document), document["script"], document["specification"]) == (["tool.py", "vpython.toml"], "tool.py", "vpython.toml")
    assert base64.b64decode(document["files"]["vpython.toml"]) == b""
    assert document["arguments"] == []


def test_a_block_in_the_script_takes_the_lock_along(place: Path) -> None:
    path = script(place / "tool.py", "x==1")
    locked(path, block("x==1"))
    document = carried(path)
    assert (names(document), "specification" in document) == (["tool.py", "pylock.tool-py.toml"], False)
    # One that needs nothing needs no lock either.
    assert names(carried(script(place / "empty.py"))) == ["empty.py"]


def test_a_specification_beside_or_above_is_named(place: Path) -> None:
    (place / "below").mkdir()
    (place / "below" / "tool.py").write_text("pass\n")
    (place / "vpython.toml").write_text(block("x==1"))
    locked(place / "vpython.toml", block("x==1"))
    document = carried(place / "below" / "tool.py")
    assert (names(document), document["specification"]) == (["tool.py", "vpython.toml", "pylock.vpython-toml.toml"], "vpython.toml")


def test_a_text_proto_above_keeps_the_name_that_its_lock_has(place: Path) -> None:
    text = 'wheel: < name: "infra/python/wheels/x-py3" version: "version:1.0" >\n'
    (place / "tool.py").write_text("pass\n")
    (place / ".vpython3").write_text(text)
    locked(place / ".vpython3", text)
    document = carried(place / "tool.py")
    assert (names(document), document["specification"]) == (["tool.py", ".vpython3", "pylock.vpython3.toml"], ".vpython3")


@pytest.mark.parametrize("end", ["", "# more\n"])
def test_a_lock_is_missing_or_current_or_not(place: Path, end: str) -> None:
    path = script(place / "tool.py", "x==1")
    with pytest.raises(HermeticError, match="is not locked"):
        carried(path)
    locked(path, block("x==1") + end)
    if not end:
        carried(path)
        return
    with pytest.raises(HermeticError, match=r"is not current.*hermetic-spec lock"):
        carried(path)


def test_everything_that_is_wrong_is_said_at_once(place: Path) -> None:
    path = script(place / "tool.py", "x==1")
    with pytest.raises(HermeticError) as caught:
        carried(path, arguments=["a\0"], environment={"A=": "1", "B": [], "C": None}, creates="")
    text = "\n".join(caught.value.problems)
    assert all(part in text for part in ("is not locked", "Argument 1", "'A='", "'B'", "'C'", "creates"))


def test_a_script_of_the_host_takes_nothing_along() -> None:
    document = carried("tool.py", remote_src=True, stdin="x", environment={"A": True, "B": 1.5})
    assert "files" not in document
    assert (document["script"], document["uses_lock"]) == ("tool.py", True)
    assert document["environment"] == {"A": "True", "B": "1.5"}
    assert base64.b64decode(document["stdin"]) == b"x\n"
    assert carried("tool.py", remote_src=True, transfer="push")["uses_lock"] is False


def test_what_is_no_script_is_refused(place: Path) -> None:
    (place / "vault.py").write_text("$ANSIBLE_VAULT;1.1;AES256\n00\n")
    for path, says in ((place, "cannot be read"), (place / "vault.py", "Vault"), ("https://x.example/tool.py", "address")):
        with pytest.raises(HermeticError, match=says):
            carried(path)


def test_a_large_script_is_for_the_host(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.hermetic.python.plugins.plugin_utils.target.carried_program._LARGEST", 10)
    (place / "large.py").write_text("#" * 11)
    with pytest.raises(HermeticError, match="remote_src"):
        carried(place / "large.py")
