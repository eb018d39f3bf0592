# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contenders of the benchmark work from: the pinned set, locks, requests, plays, the list of files."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.hermetic.python.bench import documents, hash_files
from ansible_collections.hermetic.python.bench.documents import ROOTS, Archive, Wheel
from ansible_collections.hermetic.python.bench.ingredients import PACKAGES
from ansible_collections.hermetic.python.bench.machine import file_system_of
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import parse_request

ARCHIVE = Archive(
    path=Path("/srv/python.tar.gz"), sha256="a" * 64, size=7, release="1.0+bench", hermetic="launcher", unpacked=20, members=(0, 5)
)


def wheel(name: str, digest: str = "b") -> Wheel:
    return Wheel(name=name, version="1.0", path=Path(f"/srv/{name}-1.0-py3-none-any.whl"), sha256=digest * 64, size=3)


def test_the_set_is_pinned_and_holds_every_package_that_an_environment_leaves_out() -> None:
    pinned = dict(line.split("==") for line in PACKAGES.read_text().splitlines())
    assert 38 <= len(pinned) <= 45
    assert set(ROOTS) <= set(pinned)


def test_neighbouring_environments_differ() -> None:
    wheels = [wheel(name) for name in (*ROOTS, "six")]
    first, second = (documents.environment_wheels(wheels, number) for number in (0, 1))
    assert len(first) == len(second) == len(wheels) - 1
    assert {each.name for each in first} ^ {each.name for each in second} == {ROOTS[0], ROOTS[1]}


def test_a_lock_has_a_hash_on_every_line() -> None:
    assert documents.lock([wheel("six"), wheel("rich", "c")]).splitlines() == [
        f"six==1.0 --hash=sha256:{'b' * 64}",
        f"rich==1.0 --hash=sha256:{'c' * 64}",
    ]


def test_the_engine_takes_the_requests() -> None:
    text = documents.converge_request(
        Path("/srv/root"), ARCHIVE, {"env00": [wheel("six")]}, sources={ARCHIVE.sha256: ["/srv/python.tar.gz"]}
    )
    request = parse_request(json.loads(text))
    assert request.command == "converge"
    assert request.artifacts["a" * 64].sources == ("/srv/python.tar.gz",)
    assert request.artifacts["b" * 64].sources == ()
    assert request.declaration is not None
    assert [each.name for each in request.declaration.virtualenvs] == ["env00"]
    drift = parse_request(json.loads(documents.drift_request(Path("/srv/root"), verify="deep")))
    assert (drift.command, drift.declaration, drift.options.verify) == ("drift", None, "deep")


def test_a_play_sets_an_interpreter_only_where_one_is_given() -> None:
    task = {"name": "Ping", "ansible.builtin.ping": {}}
    [with_one], [without] = json.loads(documents.play(task, interpreter=Path("/srv/python"))), json.loads(documents.play(task))
    assert with_one["vars"] == {"ansible_python_interpreter": "/srv/python"}
    assert without["vars"] == {}
    assert with_one["tasks"] == without["tasks"] == [task]
    assert with_one["gather_facts"] is False


def test_the_hasher_sees_each_inode_once_and_follows_no_link(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "below").mkdir(parents=True)
    second.mkdir()
    (first / "below" / "a").write_text("a")
    os.link(first / "below" / "a", second / "same")
    (second / "b").write_text("b")
    (second / "link").symlink_to("b")
    seen: set[tuple[int, int]] = set()
    found = [path for tree in (first, second) for path in hash_files.files_of(os.fsencode(tree), seen)]
    assert sorted(map(os.fsdecode, found)) == [str(first / "below" / "a"), str(second / "b")]
    assert hash_files.sha256_of(os.fsencode(second / "b")) == "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"


def test_the_file_system_of_a_path_is_that_of_the_nearest_mount() -> None:
    mounts = "/dev/a / ext4 rw 0 0\ntmpfs /srv tmpfs rw 0 0\n/dev/b /srv/with\\040blank xfs rw 0 0\n"
    assert file_system_of("/srv/x", mounts) == "tmpfs"
    assert file_system_of("/srv/with blank/x", mounts) == "xfs"
    assert file_system_of("/srvx", mounts) == "ext4"
    assert file_system_of("/srv", "") == "unknown"
