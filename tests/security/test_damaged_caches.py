# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller remembers on disk may be anything by now: it counts as nothing, and is found out again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.pip_configuration import built_in_index
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import Archive, ChannelMove, Update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.store import RepositoryStore
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import read_metadata
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from hostile_values import HOSTILE, as_json, documents
from hypothesis import given, settings
from hypothesis import strategies as st
from supply_samples import LINUX, make_bundle, make_wheel, pylock_entry, served, sha256, write_pylock


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lock with its wheel, a bundle, and a repository that holds it."""
    directory = tmp_path_factory.mktemp("supply")
    wheel = make_wheel(directory / "wheels", "w-1.0-py3-none-any.whl")
    write_pylock(directory / "pylock.toml", pylock_entry(wheel, directory=directory))
    bundle = make_bundle(directory / "bundles")
    archive = Archive(bundle, sha256(bundle), bundle.stat().st_size, read_metadata(bundle))
    store = RepositoryStore(directory / "repository")
    store.update(Update(archives=[archive], channels=[ChannelMove("python", "stable", "3.12.1+1")]))
    return directory


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[str]:
    with served(place / "repository") as serving:
        yield serving.url


@pytest.fixture(scope="module", autouse=True)
def own_pip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever pip is configured with on this machine is not what is looked at here."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PIP_CONFIG_FILE", os.devnull)
    patch.setenv("PIP_NO_INDEX", "1")
    yield
    patch.undo()


def ask_everything(cache: Path, place: Path, server: str) -> tuple[Any, ...]:
    """Ask for all that is remembered; the answers do not depend on what is on the disk."""
    supply = Supply.from_options({"cache": str(cache)})
    bundle = next((place / "bundles").iterdir())
    selected = supply.select(supply.lock(place / "pylock.toml"), LINUX)
    described = supply.archive(str(bundle))
    index = supply.index(server, max_age=600)
    return selected, described, index.content, built_in_index(ControllerCache(cache))


@pytest.fixture(scope="module")
def filled(place: Path, server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], tuple[Any, ...]]:
    cache = tmp_path_factory.mktemp("cache")
    answers = ask_everything(cache, place, server)
    kept = {str(path.relative_to(cache)): path.read_bytes() for path in cache.glob("*/*.json")}
    assert {Path(name).parts[0] for name in kept} >= {"selection-2", "archive-4", "index", "pip-index", "digest"}
    return cache, kept, answers


@settings(HOSTILE, max_examples=max(20, HOSTILE.max_examples // 3))
@given(data=st.data())
def test_any_entry_may_be_anything(
    data: st.DataObject, place: Path, server: str, filled: tuple[Path, dict[str, bytes], tuple[Any, ...]]
) -> None:
    cache, kept, answers = filled
    name = data.draw(st.sampled_from(sorted(kept)))
    (cache / name).write_bytes(data.draw(documents(json.loads(kept[name]))))
    found = ask_everything(cache, place, server)
    (cache / name).write_bytes(kept[name])
    # What still has the shape of an answer is one, since the directory is private; whatever it says, it is no traceback.
    assert len(found) == len(answers)


@pytest.mark.parametrize("kind", ["pipe", "loop", "bytes", "deep", "nothing"])
def test_an_entry_that_cannot_be_read_is_made_again(
    kind: str, place: Path, server: str, filled: tuple[Path, dict[str, bytes], tuple[Any, ...]]
) -> None:
    cache, kept, answers = filled
    for name in kept:
        path = cache / name
        path.unlink(missing_ok=True)
        make = {
            "pipe": lambda path: os.mkfifo(path),
            "loop": lambda path: path.symlink_to(path.name),
            "bytes": lambda path: path.write_bytes(b"\xff\xfe\0"),
            "deep": lambda path: path.write_bytes(b"[" * 100_000),
            "nothing": lambda path: path.write_bytes(as_json({})),
        }[kind]
        make(path)
    assert ask_everything(cache, place, server) == answers
    assert all((cache / name).is_file() for name in kept)
