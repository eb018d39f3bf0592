# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots that another user owns, or was given a part of: nothing of them is run or written, and what was given away is taken back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from roots import Declared, Engine, Root, snapshot
from roots_of_others import EVE
from test_root_trust import access_list

pytestmark = pytest.mark.root
COMMANDS: dict[str, dict[str, Any]] = {
    "converge": {},
    "drift": {},
    "info": {},
    "generation": {"generation": {"action": "activate", "number": "previous"}},
}


def everything(root: Root) -> dict[str, Any]:
    """Return all that is in a root, the state included."""
    return snapshot(root.path, sorted(os.listdir(root.path)))


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_root_of_another_user_is_neither_read_nor_written(judged: Root, tmp_path: Path, command: str, check: bool) -> None:
    victim = tmp_path / "victim"
    victim.write_text("secret")
    victim.chmod(0o600)
    lock = judged.path / "state" / "lock"
    lock.unlink()
    lock.symlink_to(victim)
    subprocess.run(["chown", "-hR", str(EVE), str(judged.path)], check=True)
    before = everything(judged)
    result = judged.run(command, check=check, **COMMANDS[command])
    assert result["failed"]
    assert f"belongs to uid {EVE}" in result["msg"] and "become_user: nobody" in result["msg"]
    assert everything(judged) == before
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("secret", 0o600)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_root_below_a_directory_of_another_user_is_refused_and_can_be_accepted(judged: Root, command: str) -> None:
    os.chown(judged.path.parent, EVE, EVE)
    before = everything(judged)
    result = judged.run(command, **COMMANDS[command])
    assert result["failed"]
    assert result["errors"] == [f"{judged.path.parent}: it is owned by uid {EVE} (nobody)"]
    assert "unsafe_parent: true" in result["msg"]
    assert everything(judged) == before
    accepted = judged.run(command, **COMMANDS[command], options={"unsafe_parent": True})
    assert not accepted.get("failed") or "first on this host" in accepted["msg"]


def test_a_root_that_is_made_meanwhile_is_not_written_into(judged: Root, tmp_path: Path, declared: Declared, outside: Engine) -> None:
    # In a sticky directory everybody may make the root first: as a directory of their own, or as a link into one.
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    (tmp_path / "eve").mkdir()
    os.chown(tmp_path / "eve", EVE, EVE)
    (sticky / "root").symlink_to(tmp_path / "eve")
    os.lchown(sticky / "root", EVE, EVE)
    result = Root(sticky / "root", outside, declared).run("converge")
    assert result["failed"] and f"belongs to uid {EVE}" in result["msg"]
    assert list((tmp_path / "eve").iterdir()) == []


PARTS = (
    "bundles",
    "environments",
    "laid",
    "wheels",
    "generations",
    "state",
    "state/receipts",
    "state/receipts/bundles",
    "state/generations",
)


@pytest.mark.parametrize("part", ["bundles", "state", "state/receipts/bundles"])
def test_a_part_that_was_given_away_is_named_and_taken_back(judged: Root, part: str) -> None:
    os.chown(judged.path / part, EVE, EVE)
    found = [finding for finding in judged.drift() if finding["path"] == str(judged.path / part)]
    assert [(finding["kind"], finding["cause"], finding["severity"]) for finding in found] == [("owner", "tampered", "high")]
    planned = judged.converge(check=True)
    assert (judged.path / part).stat().st_uid == EVE
    result = judged.converge()
    assert result["changed"] and result["plan"] == planned["plan"]
    assert (judged.path / part).stat().st_uid == 0
    assert judged.drift("deep") == []
    assert judged.converge()["changed"] is False
    assert judged.python("-c", "import alpha", of="web") == ""


def test_a_part_with_everything_below_it_is_made_again(judged: Root) -> None:
    for part in PARTS:
        subprocess.run(["chown", "-hR", str(EVE), str(judged.path / part)], check=True)
    judged.converge()
    # The owner of a link can change neither it nor the directory that it lies in.
    assert [path for path in judged.path.rglob("*") if os.lstat(path).st_uid and not path.is_symlink()] == []
    assert judged.drift("deep") == []
    assert judged.python("-c", "import alpha", of="web") == ""


def test_what_was_changed_meanwhile_with_its_time_kept_is_found_by_content(judged: Root) -> None:
    os.chown(judged.path / "laid", EVE, EVE)
    file = judged.site("web") / "alpha" / "__init__.py"
    status = file.stat()
    text = file.read_bytes()
    file.write_bytes(text[:-1] + b"#")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    judged.converge(options={"verify": "none"})
    assert (judged.site("web") / "alpha" / "__init__.py").read_bytes() == text


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_root_that_everybody_may_write_is_closed(judged: Root, mode: int) -> None:
    judged.path.chmod(mode)
    assert [finding["kind"] for finding in judged.drift()] == ["mode"]
    judged.converge()
    assert judged.path.stat().st_mode & 0o7777 == 0o755


def test_an_access_list_is_taken_away(judged: Root) -> None:
    access_list(judged.path / "bundles", (0x02, 7, EVE))
    assert {str(finding["path"]) for finding in judged.drift()} == {str(judged.path / "bundles")}
    judged.converge()
    assert "system.posix_acl_access" not in os.listxattr(judged.path / "bundles")


@pytest.mark.parametrize(
    ("command", "more"), [("converge", {}), ("generation", {"generation": {"action": "prune"}}), ("uninstall", {"force": True})]
)
def test_a_lock_with_a_second_name_is_not_emptied(judged: Root, tmp_path: Path, command: str, more: dict[str, Any]) -> None:
    victim = tmp_path / "victim"
    victim.write_text("secret")
    victim.chmod(0o600)
    (judged.path / "state" / "lock").unlink()
    os.link(victim, judged.path / "state" / "lock")
    os.chown(judged.path / "state", EVE, EVE)
    assert not judged.run("drift").get("failed")
    result = judged.run(command, **more)
    assert not result.get("failed"), result["msg"]
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("secret", 0o600)
