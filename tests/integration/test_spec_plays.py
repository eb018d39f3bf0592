# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""VirtualEnvs that are declared by a specification, in real plays: the lock beside it, and nothing else, decides what they hold."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from play_fleet import Fleet
from programs import block_of, lock_of, pylock, write_program


def declared_by(fleet: Fleet, **virtualenvs: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a host with these VirtualEnvs."""
    return fleet.options(virtualenvs=[{"name": name, **options} for name, options in virtualenvs.items()])


def test_a_specification_means_the_lock_beside_it(fleet: Fleet, tmp_path: Path) -> None:
    wheels = [fleet.wheels["alpha-1.0"], fleet.wheels["beta-1.0"]]
    program = write_program(tmp_path, wheels, name="report.py")
    locked = fleet.module("system", **declared_by(fleet, tools={"lock": str(lock_of(program))}))
    assert locked.code == 0, locked.output
    before = os.readlink(fleet.root / "envs" / "tools")
    specified = fleet.module("system", **declared_by(fleet, tools={"spec": str(program)}))
    assert specified.code == 0, specified.output
    # The same environment: only results know by what it is declared.
    assert (specified.last["changed"], specified.last["plan"]) == (False, [])
    assert os.readlink(fleet.root / "envs" / "tools") == before
    text = block_of("alpha==1.0", "beta==1.0")
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert specified.last["declared"]["virtualenvs"]["tools"] == {
        "bundle": "python",
        "packages": {"alpha": "1.0", "beta": "1.0"},
        "specification": {"file": str(program), "sha256": digest},
    }
    assert "specification" not in locked.last["declared"]["virtualenvs"]["tools"]
    drift = fleet.module("drift", **declared_by(fleet, tools={"spec": str(program)}))
    assert (drift.last["findings"], drift.last["declared"]) == ([], specified.last["declared"])
    (tmp_path / "vpython.toml").write_text(text)
    lock_of(tmp_path / "vpython.toml").write_text(pylock(text, wheels))
    alone: dict[str, Any] = {"name": "tools", "root": str(fleet.root)}
    one = fleet.module("virtualenv", spec=str(tmp_path / "vpython.toml"), **alone)
    assert one.code == 0, one.output
    assert (one.last["changed"], one.last["declared"]["virtualenvs"]["tools"]["specification"]["sha256"]) == (False, digest)
    both = fleet.module("virtualenv", spec=str(program), lock=str(lock_of(program)), **alone)
    assert "mutually exclusive" in both.last["msg"]
    assert "lock" in fleet.module("system", **declared_by(fleet, tools={})).last["msg"]


def test_every_specification_that_cannot_be_installed_is_named(fleet: Fleet, tmp_path: Path) -> None:
    alpha = [fleet.wheels["alpha-1.0"]]
    good = write_program(tmp_path, alpha, name="good.py")
    stale = write_program(tmp_path, alpha, name="stale.py")
    stale.write_text(stale.read_text().replace("alpha==1.0", "alpha"))
    missing = tmp_path / "missing.py"
    missing.write_text(good.read_text())
    other = tmp_path / "other.py"
    text = block_of("alpha==1.0", python=">=3.99")
    other.write_text("# /// script\n" + "".join(f"# {line}\n" for line in text.splitlines()) + "# ///\n")
    lock_of(other).write_text(pylock(text, alpha))
    silent = tmp_path / "silent.py"
    silent.write_text("print()\n")
    (tmp_path / ".gclient").touch()
    wrong = {path.stem: {"spec": str(path)} for path in (stale, missing, other, silent)}
    for arguments in ((), ("--check",)):
        played = fleet.module("system", *arguments, **declared_by(fleet, good={"spec": str(good)}, **wrong))
        assert played.status("here") == "failed"
        said = json.dumps(played.last["errors"])
        for name, words in {
            "stale": "pylock.stale-py.toml is not current",
            "missing": "is not locked",
            "other": ">=3.99",
            "silent": "silent.py",
        }.items():
            assert f"The VirtualEnv '{name}'" in said, said
            assert words in said
        assert f"hermetic-spec lock {missing}" in said
        assert "'good'" not in said
