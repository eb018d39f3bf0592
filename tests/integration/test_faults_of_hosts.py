# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that cannot be meant, and hosts that cannot be written to: each gets an answer that a person can act on, and nothing is touched.

The engine runs as on a host, from its zip.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundle_variants import Change
from engine_for_others import NOBODY
from hosts import Host
from roots import Declared, Document, Engine
from volumes import mount
from wheelhouse import Wheel


@pytest.mark.parametrize("name", ["../web", "/etc", "a/b", "a\\b", ".", "..", "", "Web", ".hidden", "x" * 65, "a b", "wéb", 7, None])
def test_a_name_that_is_no_name_is_refused(name: Any, host: Host) -> None:
    document = host.declared.document()
    document["virtualenvs"].append({**document["virtualenvs"][0], "name": name})
    host.refuses(f"The VirtualEnv name {name!r}", "a path is not a name", declaration=document)


def test_a_bundle_that_is_not_declared_is_named_with_those_that_are(host: Host, wheels: dict[str, Wheel]) -> None:
    more = replace(host.declared.but(more=[wheels["beta-1.0"]]), on={"more": "legacy"})
    host.refuses("The VirtualEnv 'more'", "'legacy'", "there are: python", "Declare that bundle as well", declared=more)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"format": 2}, ("format 2", "reads 1")),
        ({"format": None}, ("format None",)),
        ({"command": "destroy"}, ("'destroy'", "converge, drift, generation, info")),
        ({"root": "relative/path"}, ("'relative/path'", "absolute path")),
        ({"root": None}, ("None", "absolute path")),
        ({"options": {"verfy": "deep", "jbos": 1}}, ("'verfy'", "'jbos'", "known are")),
        ({"options": {"verify": "deeply"}}, ("'deeply'", "none, quick, deep")),
        ({"options": {"keep_generations": 0}}, ("keep_generations", "1 or more")),
        ({"options": {"keep_generations": "many"}}, ("keep_generations", "'many'")),
        ({"options": {"lock_timeout": "long"}}, ("lock_timeout", "'long'")),
        ({"options": {"jobs": -1}}, ("jobs", "-1")),
        ({"options": {"jobs": "all"}}, ("jobs", "'all'")),
        ({"options": {"timeout": "5m"}}, ("timeout", "'5m'")),
        ({"options": ["verify"]}, ("options", "mapping")),
        ({"artifacts": {"0" * 64: {}}}, ("0" * 12, "a name without a path")),
        ({"artifacts": {"0" * 64: {"filename": "../x.whl"}}}, ("'../x.whl'", "a name without a path")),
        ({"artifacts": ["x"]}, ("artifacts", "mapping")),
        ({"declaration": None}, ("needs a declaration",)),
        ({"declaration": ["python"]}, ("declaration", "mapping")),
        ({"declaration": {"bundles": "python"}}, ("bundles", "list")),
        ({"declaration": {"bundles": [{"name": "python", "release": "1", "sha256": "abc"}]}}, ("'abc'", "64 lower-case hexadecimal")),
        ({"declaration": {"bundles": [{"name": "python", "release": "../1", "sha256": "0" * 64}]}}, ("'../1'",)),
        ({"declaration": {"virtualenvs": [{"name": "web", "wheels": ["abc"]}]}}, ("'abc'", "SHA-256")),
        ({"declaration": {"virtualenvs": [{"name": "web", "wheels": "abc"}]}}, ("wheels", "list")),
        ({"command": "generation", "generation": {"action": "destroy"}}, ("'destroy'", "activate, pin, unpin or prune")),
        ({"command": "generation", "generation": {"action": "activate", "number": 99}}, ("Generation 99", "there are: ")),
        ({"command": "generation", "generation": {"action": "activate", "number": "latest"}}, ("'latest'", "previous")),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_meant_is_refused_with_what_is_wrong_in_it(parts: Document, wanted: tuple[str, ...], host: Host) -> None:
    document = {
        "format": 1,
        "command": "converge",
        "root": str(host.path),
        "declaration": host.declared.document(),
        "artifacts": host.declared.artifacts(),
        **parts,
    }
    before = host.state()
    runner = [str(host.engine.bootstrap), "-I", str(host.engine.archive)]
    done = subprocess.run(runner, input=json.dumps(document), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    host.explains(json.loads(done.stdout), *wanted)
    host.is_as(before)


@pytest.mark.parametrize("text", ["", "garbage", "[]", "7", "null", '{"format": 1', "\x00\x01"])
def test_garbage_on_standard_input_is_answered_with_a_sentence(text: str, engine: Engine) -> None:
    done = subprocess.run([str(engine.bootstrap), "-I", str(engine.archive)], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "request" in done.stderr + done.stdout


# Hosts


def test_a_root_that_is_a_file_is_left_alone(engine: Engine, declared: Declared, tmp_path: Path) -> None:
    (tmp_path / "root").write_text("mine\n")
    host = Host(tmp_path / "root", engine, declared)
    for command in ("converge", "drift", "info"):
        host.explains(host.run(command), str(host.path), "is no directory", "declare another root")
    assert (tmp_path / "root").read_text() == "mine\n"


def test_a_root_below_a_file_is_refused(engine: Engine, declared: Declared, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine\n")
    host = Host(tmp_path / "file" / "root", engine, declared)
    host.explains(host.run("converge"), str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["bin", "lib", "envs", "current", "bundles", "state"])
def test_a_root_where_something_else_lives_is_left_alone(name: str, engine: Engine, declared: Declared, tmp_path: Path) -> None:
    host = Host(tmp_path / "root", engine, declared)
    host.path.mkdir()
    if name in ("bundles", "state"):
        (host.path / name).write_text("mine\n")
    else:
        (host.path / name).mkdir()
        (host.path / name / "mine").write_text("mine\n")
    host.explains(host.run("converge"), str(host.path / name), "Move it away or declare another root")
    assert os.listdir(host.path) == [name]


def test_a_root_that_is_a_link_to_nowhere_is_left_alone(engine: Engine, declared: Declared, tmp_path: Path) -> None:
    (tmp_path / "root").symlink_to(tmp_path / "nowhere")
    host = Host(tmp_path / "root", engine, declared)
    host.explains(host.run("converge"), str(host.path))
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.root
def test_a_user_who_may_not_write_changes_nothing_and_may_look(open_engine: Engine, declared: Declared) -> None:
    place, engine = open_engine.archive.parent, open_engine
    host = Host(place / "owned" / "root", engine, declared)
    host.converge()
    before = host.state()
    more = declared.but(web=[])

    def asked(command: str, **parts: Any) -> Document:
        document = {"format": 1, "command": command, "root": str(host.path), "declaration": more.document(), "artifacts": {}, **parts}
        return engine(document, **NOBODY)

    host.explains(asked("converge"), "permission denied", str(host.path), "become")
    host.explains(asked("generation", generation={"action": "pin", "number": 1}), "permission denied", "become")
    assert asked("converge", check=True)["changed"] is True
    looked = asked("drift")
    assert {finding["cause"] for finding in looked["findings"]} == {"pending"}
    assert any("cannot be held by this user" in warning for warning in looked["warnings"])
    assert asked("info")["info"]["generation"] == 1
    host.is_as(before)
    nowhere = {"format": 1, "command": "converge", "root": "/opt-hermetic-none/root", "declaration": more.document()}
    host.explains(engine(nowhere, **NOBODY), "permission denied", "/opt-hermetic-none")


@pytest.mark.root
def test_a_file_system_that_is_mounted_read_only_is_named_and_can_be_looked_at(volume: Path, engine: Engine, declared: Declared) -> None:
    host = Host(volume / "root", engine, declared)
    host.converge()
    mount("-o", "remount,ro", str(volume))
    host.refuses("mounted read-only", str(host.path), "Mount it writable", declared=declared.but(web=[]))
    host.refuses("mounted read-only", command="generation", generation={"action": "prune"})
    assert host.drift("deep") == []
    mount("-o", "remount,rw", str(volume))
    host.converge()


def _used(volume: Path) -> tuple[int, int]:
    found = os.statvfs(volume)
    return (found.f_blocks - found.f_bfree) * found.f_frsize, found.f_files - found.f_ffree


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.parametrize("what", ["size", "inodes"])
def test_a_disk_that_is_full_at_any_point_leaves_the_host_as_it_was(
    what: str, volume: Path, engine: Engine, declared: Declared, with_bundle: Callable[[Change], Declared], wheels: dict[str, Wheel]
) -> None:
    later = replace(declared, bundles=with_bundle(lambda each: each).bundles).but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]])
    host = Host(volume / "root", engine, declared)
    host.converge()
    before = _used(volume)
    host.converge(later)
    needed = [max(after - start, 1) for start, after in zip(before, _used(volume), strict=True)]
    host.converge(declared)
    host.generation("prune", options={"keep_generations": 1})
    failed = 0
    for eighth in (0, 1, 2, 3, 4, 5, 6, 7, 7.6, 7.9, 7.97):
        used = _used(volume)
        if what == "size":
            limit = f"size={(used[0] + int(needed[0] * eighth / 8)) // 4096 * 4096 + 4096}"
        else:
            limit = f"nr_inodes={used[1] + int(needed[1] * eighth / 8) + 1}"
        mount("-o", f"remount,{limit}", str(volume))
        state = host.state()
        # Without the look at the free space before it begins: what is tried is a disk that fills while it works.
        result = host.run("converge", declared=later, options={"check_free_space": False})
        if result.get("failed"):
            failed += 1
            host.explains(result, "disk is full", str(host.path), "Free space")
            # A bundle that was installed before there was no room for its environments waits for the next run.
            assert host.state().items() >= state.items()
            assert host.leftovers() == []
            host.works()
        else:
            host.works()
            host.converge(declared)
        # Whatever the disk holds, pruning must be possible: it is the way out.
        pruned = host.generation("prune", options={"keep_generations": 1})
        assert not pruned.get("failed"), pruned
        mount("-o", "remount,size=500m,nr_inodes=1000000", str(volume))
        assert host.drift("deep") == []
    assert failed >= 9
    host.converge(later)
    host.works()
    assert host.drift("deep") == []
