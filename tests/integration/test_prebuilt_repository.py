# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prebuilt wheels in a repository: made with the bundle's own Python, published with the index, and taken by hosts that play by it."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.vouching import digest
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing import compiling_python, placing, repository_directory
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from prebuilt_samples import BYTE_CODE, Archive, naming, prebuilt_archive
from repository_samples import task
from roots import Archive as Bundle
from roots import Declared, Root
from supply_samples import make_bundle, pylock_entry, write_pylock
from wheelhouse import Wheel


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def lock(wheels: dict[str, Wheel]) -> Path:
    return lock_of(wheels["alpha-1.0"], wheels["gamma-1.0"])


def lock_of(*wheels: Wheel) -> Path:
    place = wheels[0].path.parent
    return write_pylock(place / "pylock.toml", *(pylock_entry(wheel.path, directory=place) for wheel in wheels))


def actions(result: dict[str, Any]) -> list[str]:
    return [step["action"] for step in result["plan"]]


def published(tmp_path: Path, bundle: Bundle, lock: Path, **options: Any) -> dict[str, Any]:
    given = {"archives": [str(bundle.path)], "locks": [str(lock)], "release": bundle.release, "channel": "stable", **options}
    return task(tmp_path, **given)


def test_wheels_of_locks_are_prebuilt_and_a_second_task_changes_nothing(
    tmp_path: Path, bundle_archive: Bundle, lock: Path, wheels: dict[str, Wheel]
) -> None:
    would = published(tmp_path, bundle_archive, lock, check=True)
    did = published(tmp_path, bundle_archive, lock)
    assert would["plan"] == did["plan"] and would["diff"] == did["diff"] and did["prebuilt_skipped"] == []
    assert actions(did) == ["publish", "add_wheel", "add_wheel", "add_prebuilt", "add_prebuilt", "move_channel"]
    assert published(tmp_path, bundle_archive, lock, prebuilt=True)["changed"] is False
    assert task(tmp_path, state="verified")["problems"] == []
    index = load_index(str(tmp_path / "repository"))
    found = index.prebuilt(wheels["alpha-1.0"].sha256, byte_code=BYTE_CODE)
    assert found is not None and Path(found.location).stat().st_size == found.size
    # The bundle's Python, and that of these tests, which the bundle was made of, make the same bytes.
    assert prebuilt_archive(wheels["alpha-1.0"], tmp_path / "again").sha256 == found.sha256
    assert index.prebuilt(wheels["alpha-1.0"].sha256, byte_code="0" * 64) is None


def test_a_host_writes_the_receipt_that_the_index_vouches_for(
    tmp_path: Path, bundle_archive: Bundle, lock: Path, wheels: dict[str, Wheel], make_root: Callable[[Path, Declared], Root]
) -> None:
    published(tmp_path, bundle_archive, lock)
    index = load_index(str(tmp_path / "repository"))
    alpha = wheels["alpha-1.0"]
    found = index.prebuilt(alpha.sha256, byte_code=BYTE_CODE)
    assert found is not None
    root = make_root(tmp_path / "root", Declared({"python": bundle_archive}, {"one": [alpha]}))
    for archives in ([], [Archive(alpha, Path(found.location))]):
        shutil.rmtree(root.path, ignore_errors=True)
        root.converge(**naming(root.declared, archives))
        receipt = load_records(_layout(root)).laid[found.tree_id]
        assert digest(receipt) == found.receipt and receipt.python == found.python


def _layout(root: Root) -> Any:
    from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout

    return Layout(root.path)


def test_what_is_lost_is_made_again_and_what_is_damaged_is_found(tmp_path: Path, bundle_archive: Bundle, lock: Path) -> None:
    published(tmp_path, bundle_archive, lock)
    first, second = sorted((tmp_path / "repository" / "prebuilt").glob("*/*"))
    before = first.read_bytes()
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1] + b"x")
    problems = task(tmp_path, state="verified")["problems"]
    assert len(problems) == 2 and all("prebuilt/" in problem for problem in problems)
    second.unlink()
    again = published(tmp_path, bundle_archive, lock)
    assert actions(again) == ["restore_prebuilt", "restore_prebuilt"] and first.read_bytes() == before
    assert task(tmp_path, state="verified")["problems"] == []


def test_archives_are_pruned_with_their_wheel_and_with_the_last_release_of_their_byte_code(
    tmp_path: Path, bundle_archive: Bundle, lock: Path, wheels: dict[str, Wheel]
) -> None:
    published(tmp_path, bundle_archive, lock)
    only = lock_of(wheels["alpha-1.0"])
    pruned = task(tmp_path, state="pruned", prune_wheels=True, locks=[str(only)], release=bundle_archive.release)
    assert actions(pruned) == ["remove_wheel", "remove_prebuilt"]
    assert len(list((tmp_path / "repository" / "prebuilt").glob("*/*"))) == 1
    other = make_bundle(tmp_path / "other", release="3.99.1+1")
    task(tmp_path, archives=[str(other)], channel="stable", release="3.99.1+1")
    pruned = task(tmp_path, state="pruned", keep=0)
    assert actions(pruned) == ["remove_release", "remove_prebuilt"]
    assert not (tmp_path / "repository" / "prebuilt").exists()
    assert "prebuilt" not in json.loads((tmp_path / "repository" / "index.json").read_text())
    assert task(tmp_path, state="verified")["problems"] == []


def test_prebuilt_false_makes_nothing_and_leaves_what_is_there(tmp_path: Path, bundle_archive: Bundle, lock: Path) -> None:
    assert "add_prebuilt" not in actions(published(tmp_path, bundle_archive, lock, prebuilt=False))
    assert actions(published(tmp_path, bundle_archive, lock)) == ["add_prebuilt", "add_prebuilt"]
    assert published(tmp_path, bundle_archive, lock, prebuilt=False)["changed"] is False
    assert task(tmp_path, state="verified")["problems"] == []


def test_a_bundle_of_an_earlier_release_is_a_note_and_where_it_was_asked_for_an_error(tmp_path: Path, lock: Path) -> None:
    archive = make_bundle(tmp_path / "build")
    options: dict[str, Any] = {"archives": [str(archive)], "locks": [str(lock)], "release": "3.12.1+1"}
    result = task(tmp_path, **options)
    assert actions(result) == ["publish", "add_wheel", "add_wheel"]
    assert len(result["prebuilt_skipped"]) == 1 and "does not state its byte code" in result["prebuilt_skipped"][0]
    with pytest.raises(HermeticError, match="prebuilt: true") as caught:
        task(tmp_path, **options, prebuilt=True)
    assert caught.value.problems == result["prebuilt_skipped"]


def test_without_a_python_of_that_byte_code_nothing_is_made(
    tmp_path: Path, bundle_archive: Bundle, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling_python, "may_run_here", lambda _platform: False)
    monkeypatch.setattr(compiling_python, "installed_pythons", lambda _version: iter([Path("/nowhere/python"), Path("/bin/false")]))
    result = published(tmp_path, bundle_archive, lock)
    assert "add_prebuilt" not in actions(result)
    assert "2 wheels are not prebuilt for cpython-" in result["prebuilt_skipped"][0]
    with pytest.raises(HermeticError, match="prebuilt: true"):
        published(tmp_path, bundle_archive, lock, prebuilt=True)


def test_an_installed_python_of_that_byte_code_does_as_well(
    tmp_path: Path, bundle_archive: Bundle, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling_python, "may_run_here", lambda _platform: False)
    assert actions(published(tmp_path, bundle_archive, lock, prebuilt=True)).count("add_prebuilt") == 2


def test_a_wheel_that_no_host_would_take_is_named_and_the_others_are_made(
    tmp_path: Path, bundle_archive: Bundle, wheels: dict[str, Wheel]
) -> None:
    from wheelhouse import make_wheel

    broken = make_wheel(wheels["alpha-1.0"].path.parent, "omega", metadata={"WHEEL": None})
    result = published(tmp_path, bundle_archive, lock_of(wheels["alpha-1.0"], broken))
    assert actions(result).count("add_prebuilt") == 1
    assert len(result["prebuilt_skipped"]) == 1 and broken.filename in result["prebuilt_skipped"][0]


def test_an_index_without_prebuilt_wheels_is_as_before(tmp_path: Path, bundle_archive: Bundle, lock: Path) -> None:
    published(tmp_path, bundle_archive, lock, prebuilt=False)
    assert set(json.loads((tmp_path / "repository" / "index.json").read_text())) == {"bundles", "format", "generated", "serial", "wheels"}


@pytest.mark.parametrize("at", ["the second archive", "the index"])
def test_a_publisher_that_is_killed_leaves_the_index_as_it_was(
    tmp_path: Path, bundle_archive: Bundle, lock: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    published(tmp_path, bundle_archive, lock, prebuilt=False)
    before = (tmp_path / "repository" / "index.json").read_bytes()
    place, replace = placing.place, os.replace
    seen: list[Any] = []

    def place_or_die(directory: Path, placement: Any) -> None:
        if at == "the second archive" and seen:
            os.kill(os.getpid(), signal.SIGKILL)
        seen.append(placement)
        place(directory, placement)

    def replace_or_die(source: Any, target: Any, **options: Any) -> None:
        if at == "the index" and str(target).endswith("index.json"):
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target, **options)

    monkeypatch.setattr(repository_directory, "place", place_or_die)
    monkeypatch.setattr(os, "replace", replace_or_die)
    process = multiprocessing.get_context("fork").Process(target=published, args=(tmp_path, bundle_archive, lock))
    process.start()
    process.join()
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert process.exitcode == -signal.SIGKILL
    assert (tmp_path / "repository" / "index.json").read_bytes() == before
    assert load_index(str(tmp_path / "repository")).content.get("prebuilt") is None
    assert actions(published(tmp_path, bundle_archive, lock)) == ["add_prebuilt", "add_prebuilt"]
    task(tmp_path, state="pruned")
    assert task(tmp_path, state="verified")["problems"] == []


def test_the_workplace_goes_whatever_happens(tmp_path: Path, bundle_archive: Bundle, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    published(tmp_path, bundle_archive, lock)
    assert list(place.iterdir()) == []


def test_a_wheel_that_was_changed_in_the_repository_is_not_compiled_and_signed(
    tmp_path: Path, bundle_archive: Bundle, lock: Path, wheels: dict[str, Wheel]
) -> None:
    published(tmp_path, bundle_archive, lock, prebuilt=False)
    index = load_index(str(tmp_path / "repository"))
    changed = Path(index.wheel(wheels["alpha-1.0"].sha256) or "")
    changed.chmod(0o644)
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    result = published(tmp_path, bundle_archive, lock)
    assert actions(result) == ["add_prebuilt"]
    assert len(result["prebuilt_skipped"]) == 1 and wheels["alpha-1.0"].sha256 in result["prebuilt_skipped"][0]
