# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing a repository: immutable releases, one visible step, and nothing lost when a publisher dies."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError, LockTimeout
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import ChannelMove, Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.repository_directory import RepositoryDirectory
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from repository_samples import task
from supply_samples import make_bundle, make_wheel, sha256


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def tree(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.name != ".lock"}


def actions(result: dict) -> list[str]:
    return [step["action"] for step in result["plan"]]


def test_publishing_twice_changes_once(tmp_path: Path) -> None:
    archive = make_bundle(tmp_path / "build")
    first = task(tmp_path, archives=[str(archive)], channel="stable", release="3.12.1+1")
    assert (first["changed"], first["serial"], actions(first)) == (True, 1, ["publish", "move_channel"])
    assert first["diff"]["before"] == ""
    assert "channel stable is 3.12.1+1" in first["diff"]["after"]
    before = tree(tmp_path / "repository")
    second = task(tmp_path, archives=[str(archive)], channel="stable", release="3.12.1+1")
    assert (second["changed"], second["serial"], second["plan"]) == (False, 1, [])
    assert second["diff"]["before"] == second["diff"]["after"]
    assert tree(tmp_path / "repository") == before
    assert set(before) == {"index.json", "bundles/python/3.12.1+1/python-3.12.1+1-linux-x86_64.tar.gz"}


@pytest.mark.parametrize("signed", [False, True])
def test_a_repository_that_begins_with_nothing_has_an_index(tmp_path: Path, signed: bool) -> None:
    options: dict[str, Any] = {"private_key": str(tmp_path / "key.pem"), "generate_key": True} if signed else {}
    would = task(tmp_path, check=True, **options)
    first, second = (task(tmp_path, **options) for _run in range(2))
    assert actions(would) == actions(first) == [*(["generate_key"] if signed else []), "create"]
    assert (first["changed"], first["serial"], second["changed"], second["serial"]) == (True, 1, False, 1)
    names = tree(tmp_path / "repository")
    assert json.loads(names["index.json"])["bundles"] == {}
    assert ("metadata/timestamp.json" in names) is signed


@pytest.mark.parametrize("options", [{"state": "pruned"}, {"state": "refreshed"}, {"rollout": {"name": "october"}}])
def test_what_is_about_a_repository_that_is_there_makes_none(tmp_path: Path, options: dict[str, Any]) -> None:
    assert (task(tmp_path, **options)["plan"], tree(tmp_path / "repository")) == ([], {})


def test_check_mode_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    archive = make_bundle(tmp_path / "build")
    options: dict[str, Any] = {"archives": [str(archive)], "channel": "stable", "release": "3.12.1+1"}
    would = task(tmp_path, check=True, **options)
    assert not (tmp_path / "repository").exists()
    did = task(tmp_path, **options)
    assert would == did


def test_files_are_readable_by_a_web_server_whatever_the_umask(tmp_path: Path) -> None:
    archive = make_bundle(tmp_path / "build")
    before = os.umask(0o077)
    try:
        task(tmp_path, archives=[str(archive)])
    finally:
        os.umask(before)
    for path in (tmp_path / "repository" / "bundles").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path
    assert (tmp_path / "repository" / "bundles").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "repository" / "index.json").stat().st_mode & 0o777 == 0o644


def test_a_release_never_changes(tmp_path: Path) -> None:
    task(tmp_path, archives=[str(make_bundle(tmp_path / "build"))])
    before = tree(tmp_path / "repository")
    other = make_bundle(tmp_path / "other", salt="other bytes")
    with pytest.raises(HermeticError, match="a release never changes") as caught:
        task(tmp_path, archives=[str(other)])
    assert sha256(other) in str(caught.value)
    assert tree(tmp_path / "repository") == before


def test_a_platform_can_join_a_release_later(tmp_path: Path) -> None:
    task(tmp_path, archives=[str(make_bundle(tmp_path / "build"))])
    task(tmp_path, archives=[str(make_bundle(tmp_path / "build", platform="windows-x86_64"))])
    assert load_index(str(tmp_path / "repository")).platforms("python", release="3.12.1+1") == ("linux-x86_64", "windows-x86_64")


def test_a_channel_moves_with_its_before_and_after_and_what_it_loses(tmp_path: Path) -> None:
    for release, platform in (("3.12.1+1", "linux-x86_64"), ("3.12.1+1", "macos-arm64"), ("3.12.1+2", "linux-x86_64")):
        make_bundle(tmp_path / "build", release=release, platform=platform)
    task(tmp_path, archives=[str(tmp_path / "build")], channel="stable", release="3.12.1+1")
    moved = task(tmp_path, channel="stable", release="3.12.1+2")
    assert [step["reason"] for step in moved["plan"]] == ["channel stable: 3.12.1+1 -> 3.12.1+2"]
    assert "nothing for macos-arm64 any more" in moved["warnings"][0]
    with pytest.raises(HermeticError, match=r"no release '9\.9'.*releases: 3\.12\.1\+2, 3\.12\.1\+1"):
        task(tmp_path, channel="stable", release="9.9")
    with pytest.raises(HermeticError, match="bundle 'ruby' is not in the repository; bundles: python"):
        task(tmp_path, bundle="ruby", channel="stable", release="1")


def test_verify_finds_every_kind_of_damage(tmp_path: Path) -> None:
    for release in ("3.12.1+1", "3.12.1+2", "3.12.1+3"):
        make_bundle(tmp_path / "build", release=release)
    make_wheel(tmp_path / "wheels", "pkg-1.0-py3-none-any.whl")
    task(tmp_path, archives=[str(tmp_path / "build")], wheels=[str(tmp_path / "wheels")])
    assert task(tmp_path, state="verified")["problems"] == []
    repository = tmp_path / "repository"
    one, two, three = sorted(repository.rglob("*.tar.gz"))
    one.write_bytes(one.read_bytes()[:-1])
    two.write_bytes(two.read_bytes()[:-1] + b"x")
    three.unlink()
    (repository / "wheels" / "stray.whl").write_bytes(b"")
    result = task(tmp_path, state="verified")
    assert result["failed"] and not result["changed"]
    found = "\n".join(result["problems"])
    assert len(result["problems"]) == 4
    for message in ("bytes, the index says", "has SHA-256", "No such file", "wheels/stray.whl: the index does not name this file"):
        assert message in found


def test_verify_notices_an_index_that_lies_about_an_archive(tmp_path: Path) -> None:
    task(tmp_path, archives=[str(make_bundle(tmp_path / "build"))])
    path = tmp_path / "repository" / "index.json"
    index = json.loads(path.read_text())
    index["bundles"]["python"]["releases"]["3.12.1+1"]["platforms"]["linux-x86_64"]["libc"]["minimum"] = "2.40"
    path.write_text(json.dumps(index))
    [problem] = task(tmp_path, state="verified")["problems"]
    assert "its 'libc' is not what" in problem


def test_a_lost_file_is_put_back_by_publishing_again(tmp_path: Path) -> None:
    archive = make_bundle(tmp_path / "build")
    wheel = make_wheel(tmp_path / "wheels", "pkg-1.0-py3-none-any.whl")
    task(tmp_path, archives=[str(archive)], wheels=[str(wheel)])
    for path in [*(tmp_path / "repository").rglob("*.tar.gz"), *(tmp_path / "repository").rglob("*.whl")]:
        path.unlink()
    again = task(tmp_path, archives=[str(archive)], wheels=[str(wheel)])
    assert (again["changed"], actions(again), again["serial"]) == (True, ["restore", "restore_wheel"], 1)
    assert task(tmp_path, state="verified")["problems"] == []


def test_pruning_keeps_what_channels_name_and_the_newest(tmp_path: Path) -> None:
    for revision in range(1, 12):
        make_bundle(tmp_path / "build", release=f"3.12.1+{revision}")
    keep, drop = (make_wheel(tmp_path / "wheels", f"{name}-1.0-py3-none-any.whl") for name in ("keep", "drop"))
    task(tmp_path, archives=[str(tmp_path / "build")], wheels=[str(keep), str(drop)], channel="stable", release="3.12.1+2")
    stray = tmp_path / "repository" / "wheels" / ".incoming-x"
    stray.write_bytes(b"left by a killed publisher")
    options: dict[str, Any] = {"state": "pruned", "keep": 2, "wheels": [str(keep)], "prune_wheels": True}
    would = task(tmp_path, check=True, **options)
    assert stray.exists()
    did = task(tmp_path, **options)
    assert actions(did) == ["remove_release"] * 8 + ["remove_wheel", "remove_file"]
    assert would["plan"] == did["plan"]
    index = load_index(str(tmp_path / "repository"))
    assert set(index.content["bundles"]["python"]["releases"]) == {"3.12.1+2", "3.12.1+10", "3.12.1+11"}
    assert task(tmp_path, state="verified")["problems"] == []
    assert not stray.exists() and len(list((tmp_path / "repository").rglob("*.whl"))) == 1
    assert not (tmp_path / "repository" / "bundles" / "python" / "3.12.1+1").exists()
    assert task(tmp_path, **options)["changed"] is False


def test_a_key_is_made_once_and_signs_each_index(tmp_path: Path) -> None:
    options: dict[str, Any] = {"private_key": str(tmp_path / "keys" / "k.pem"), "passphrase": "swordfish", "generate_key": True}
    public = str(tmp_path / "keys" / "k.pem.pub")
    archive = make_bundle(tmp_path / "build")
    assert actions(task(tmp_path, check=True, archives=[str(archive)], **options)) == ["generate_key", "publish"]
    assert not (tmp_path / "keys").exists()
    assert actions(task(tmp_path, archives=[str(archive)], **options)) == ["generate_key", "publish"]
    assert load_index(str(tmp_path / "repository"), public_key=public).serial == 1
    assert task(tmp_path, archives=[str(archive)], **options)["changed"] is False
    assert task(tmp_path, state="verified", public_key=public)["problems"] == []
    with pytest.raises(HermeticError, match="is signed and would change; give the private key"):
        task(tmp_path, archives=[str(make_bundle(tmp_path / "build", release="3.12.2+1"))])


def test_an_unsigned_repository_is_signed_when_a_key_is_given(tmp_path: Path) -> None:
    archive = make_bundle(tmp_path / "build")
    task(tmp_path, archives=[str(archive)])
    signature.make_keys(tmp_path / "k.pem", tmp_path / "k.pub")
    result = task(tmp_path, private_key=str(tmp_path / "k.pem"))
    assert (actions(result), result["serial"]) == (["sign"], 1)
    assert load_index(str(tmp_path / "repository"), public_key=tmp_path / "k.pub").serial == 1
    assert task(tmp_path, private_key=str(tmp_path / "k.pem"))["changed"] is False


def test_an_index_that_somebody_else_changed_is_not_signed(tmp_path: Path) -> None:
    signature.make_keys(tmp_path / "k.pem", tmp_path / "k.pub")
    task(tmp_path, archives=[str(make_bundle(tmp_path / "build"))], private_key=str(tmp_path / "k.pem"), signing="index")
    path = tmp_path / "repository" / "index.json"
    path.write_text(path.read_text().replace("2.28", "2.27"))
    with pytest.raises(BrokenArtifact, match="Nothing was signed"):
        task(
            tmp_path,
            archives=[str(make_bundle(tmp_path / "build", release="3.12.2+1"))],
            private_key=str(tmp_path / "k.pem"),
            signing="index",
        )
    [problem, *_] = task(tmp_path, state="verified", public_key=str(tmp_path / "k.pub"))["problems"]
    assert "is not this key's signature" in problem


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("step", range(8))
def test_a_publisher_that_dies_at_any_step_leaves_a_repository_that_the_next_one_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    signature.make_keys(tmp_path / "k.pem", tmp_path / "k.pub")
    key = str(tmp_path / "k.pem")
    task(tmp_path, archives=[str(make_bundle(tmp_path / "build"))], private_key=key, channel="stable", release="3.12.1+1")
    make_bundle(tmp_path / "build", release="3.12.2+1")
    options: dict[str, Any] = {"archives": [str(tmp_path / "build")], "private_key": key, "channel": "stable", "release": "3.12.2+1"}

    steps = iter(range(100))

    def dying(function):  # type: ignore[no-untyped-def]
        def call(*args, **keywords):  # type: ignore[no-untyped-def]
            if next(steps) == step:
                raise Killed
            return function(*args, **keywords)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dying(os.replace))
        patch.setattr(os, "fsync", dying(os.fsync))
        with pytest.raises(Killed):
            task(tmp_path, **options)
    # The index itself is whole at every moment, old or new, and so is every file that it names.
    index = load_index(str(tmp_path / "repository"))
    assert index.serial in (1, 2)
    assert Path(index.resolve("python", platform="linux-x86_64").location).is_file()
    task(tmp_path, **options)
    assert load_index(str(tmp_path / "repository"), public_key=tmp_path / "k.pub").release("python") == "3.12.2+1"
    task(tmp_path, state="pruned", private_key=key)
    assert task(tmp_path, state="verified", public_key=str(tmp_path / "k.pub"))["problems"] == []


def test_waiting_for_another_publisher_ends(tmp_path: Path) -> None:
    store = RepositoryStore(tmp_path / "repository", lock_timeout=0.2)
    with RepositoryDirectory(tmp_path / "repository").locked(), pytest.raises(LockTimeout, match="Another publisher holds"):
        store.update(Update(channels=[ChannelMove("a", "b", "1")]))


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    store = RepositoryStore(tmp_path / "repository", lock_timeout=0.2)
    store.directory.mkdir()
    (store.directory / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HermeticError, match="cannot be written"):
        store.update(Update())
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "elsewhere").write_text("somebody's file")
    with pytest.raises(HermeticError, match="cannot be written"):
        store.update(Update())
    assert (tmp_path / "elsewhere").read_text() == "somebody's file"


def test_missing_and_foreign_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(HermeticError) as caught:
        task(tmp_path, archives=[str(tmp_path / "gone.tar.gz"), str(tmp_path / "empty")])
    assert len(caught.value.problems) == 2
    (tmp_path / "not-a-wheel.whl").write_bytes(b"x")
    with pytest.raises(HermeticError, match="not-a-wheel"):
        task(tmp_path, wheels=[str(tmp_path / "not-a-wheel.whl")])
    assert not (tmp_path / "repository" / "index.json").exists()


def test_contradicting_options_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(HermeticError) as caught:
        task(tmp_path, release="1", platforms=["linux-x86_64"], generate_key=True, keep=-1)
    assert len(caught.value.problems) == 4
