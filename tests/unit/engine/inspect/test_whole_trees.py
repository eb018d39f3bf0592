# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees that are as recorded are found whole without an inspection, and no other is; an inspection says the same of all of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.confirmation import confirm_directory
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect import tree_checks, whole_trees
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree import Inspection
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.whole_trees import WholeTrees
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.file_confirmation import Confirmation, RecordedFiles
from root_samples import SITE, STDLIB, SampleRoot
from tree_samples import replaced, unnoticed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it is for POSIX only")

ALPHA = f"{SITE}/alpha/__init__.py"


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[WholeTrees]:
    """Remember what is found whole."""
    answers: list[WholeTrees] = []

    def find_whole(*arguments: object, **more: object) -> WholeTrees:
        answers.append(whole_trees.find_whole(*arguments, **more))  # type: ignore[arg-type]
        return answers[-1]

    monkeypatch.setattr(tree_checks, "find_whole", find_whole)
    return answers


def everything(root: SampleRoot) -> set[tuple[str, str]]:
    layout = root.layout
    return {(kind, path.name) for kind in ("bundles", "laid", "environments") for path in getattr(layout, kind).iterdir()}


def test_a_root_as_declared_is_whole_and_needs_no_inspection(
    root: SampleRoot, found: list[WholeTrees], monkeypatch: pytest.MonkeyPatch
) -> None:
    def inspect(_self: Inspection, *_arguments: object, **_more: object) -> None:
        raise AssertionError("a whole tree was inspected")

    monkeypatch.setattr(Inspection, "all_by_stat", inspect)
    assert root.findings("deep") == []
    assert found[0].found == everything(root)


def test_the_files_of_whole_environments_are_not_read_again(root: SampleRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = Confirmation

    def remember(trees: list[RecordedFiles], *arguments: object, **more: object) -> object:
        read.extend(f"{tree.base}{path}" for tree in trees for path in tree.files)
        return real(trees, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(whole_trees, "Confirmation", remember)
    assert root.findings("deep") == []
    inodes = [os.lstat(path).st_ino for path in read]
    assert sorted(inodes) == sorted(set(inodes))
    # The bundle, two wheels, and what environments have of their own.
    assert any("/bundles/" in path for path in read)
    assert not any(path.endswith(ALPHA) and "/environments/" in path for path in read)
    assert any(path.endswith("pyvenv.cfg") for path in read)


CHANGES: Mapping[str, Callable[[SampleRoot], object]] = {
    "content": lambda root: unnoticed(root.environment("one") / ALPHA),
    "content of a bundle": lambda root: unnoticed(root.bundle / STDLIB / "os.py"),
    "another file": lambda root: replaced(root.environment("one") / ALPHA, b"alpha = 1\n"),
    "a file of its own": lambda root: unnoticed(root.environment("one") / "pyvenv.cfg"),
    "a file more": lambda root: (root.environment("one") / SITE / "x.pth").touch(),
    "a file more, deep": lambda root: (root.environment("one") / SITE / "alpha/x.py").touch(),
    "a file less": lambda root: (root.environment("one") / ALPHA).unlink(),
    "a directory more": lambda root: (root.environment("one") / "x").mkdir(),
    "a directory less": lambda root: shutil.rmtree(root.environment("one") / SITE / "alpha"),
    "a directory that is a link": lambda root: moved_behind_a_link(root.environment("one") / SITE / "alpha"),
    "the tree itself a link": lambda root: moved_behind_a_link(root.environment("one")),
    "another link": lambda root: relinked(root.environment("one") / "bin/python"),
    "another mode": lambda root: (root.environment("one") / SITE).chmod(0o777),
    "another mode of a file": lambda root: (root.environment("one") / ALPHA).chmod(0o666),
    "a wheel's file more": lambda root: (laid(root) / "site/alpha/x.py").touch(),
    "a wheel's file changed beside": lambda root: replaced(laid(root) / "site/alpha/__init__.py", b"evil = 1\n"),
    "two files changed for each other": lambda root: swapped(
        root.environment("one") / SITE / "beta/__init__.py", root.environment("one") / SITE / "beta/data.txt"
    ),
}


def laid(root: SampleRoot) -> Path:
    (tree,) = [tree for tree in root.layout.laid.iterdir() if (tree / "site/alpha").is_dir()]
    return tree


def moved_behind_a_link(path: Path) -> None:
    path.rename(path.with_name("beside"))
    path.symlink_to("beside")


def relinked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/bin/sh")


def swapped(first: Path, second: Path) -> None:
    """Give each of two files the other's name: no inode is new."""
    first.rename(first.with_name("beside"))
    second.rename(first)
    first.with_name("beside").rename(second)


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_not_whole_and_is_reported_as_by_an_inspection(
    root: SampleRoot, found: list[WholeTrees], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    CHANGES[change](root)
    reported = root.observe("deep")
    assert found[-1].found < everything(root)
    with monkeypatch.context() as patch:
        patch.setattr(tree_checks, "POSIX", False)
        inspected = root.observe("deep")
    assert reported.findings
    assert reported.broken == inspected.broken
    assert sorted(map(str, reported.findings)) == sorted(map(str, inspected.findings))


def test_numbers_of_a_listing_that_are_not_those_of_the_files_prove_nothing(
    root: SampleRoot, found: list[WholeTrees], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system may list numbers of its own, under which two different files look the same."""
    real = confirm_directory

    def same(*arguments: str, **more: object) -> dict[str, int] | None:
        listed = real(*arguments, **more)  # type: ignore[arg-type]
        return None if listed is None else dict.fromkeys(listed, 7)

    monkeypatch.setattr(whole_trees, "confirm_directory", same)
    replaced(root.environment("one") / ALPHA, b"evil = 1\n")
    assert root.findings("deep") != []
    assert not [each for each in found[-1].found if each[0] == "environments"]
    assert [each for each in found[-1].found if each[0] == "laid"]


def test_where_files_may_be_mounted_over_files_every_path_of_an_environment_is_looked_at(
    root: SampleRoot, found: list[WholeTrees], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_trees, "may_hide_files", lambda _directory: True)
    assert root.findings("deep") == []
    assert {kind for kind, _tree_id in found[-1].found} == {"bundles", "laid"}


def test_an_environment_of_copies_is_read_file_by_file(declared_root: SampleRoot, found: list[WholeTrees]) -> None:
    declared_root.converge(options={"link_mode": "copy"})
    assert declared_root.findings("deep") == []
    assert found[-1].found == everything(declared_root)
    unnoticed(declared_root.environment("one") / ALPHA)
    assert {subject for subject, _kind, _cause in declared_root.findings("deep")} == {f"file:one/{ALPHA}"}
    assert ("environments", declared_root.environment("two").name) in found[-1].found
