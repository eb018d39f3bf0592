# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is removed or turned by hand is told as that: no crash, and judged by what was in force."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from roots import Archive, Declared, Document, Root
from wheelhouse import Wheel


@pytest.fixture
def root(make_root: Callable[[Path, Declared], Root], good: Archive, wheels: dict[str, Wheel], tmp_path: Path) -> Root:
    """Return a root that was rolled back from its second generation to its first."""
    declared = Declared({"python": good}, {"one": [wheels["alpha-1.0"], wheels["beta-1.0"]]})
    made = make_root(tmp_path / "root", declared)
    made.converge()
    made.converge(declared.but(one=[wheels["alpha-1.0"], wheels["beta-2.0"]]))
    made.generation("activate", 1)
    made.declared = declared
    return made


def against_itself(root: Root, verify: str = "quick") -> Document:
    return root.engine({"format": 1, "command": "drift", "root": str(root.path), "options": {"verify": verify}})


def told(result: Document) -> set[tuple[str, str, str]]:
    return {(each["subject"], each["kind"], each["cause"]) for each in result["findings"]}


def test_a_lost_switch_is_judged_by_what_was_in_force_and_not_by_the_highest_number(root: Root) -> None:
    (root.path / "current").unlink()
    result = against_itself(root)
    assert result["generation"] == {"before": 1, "after": 1}
    assert told(result) == {("generation", "missing", "tampered")}
    (finding,) = result["findings"]
    assert finding["expected"] == "a link to generation 1"
    assert [step["action"] for step in root.converge()["plan"]] == ["restore_links"]
    assert root.current()["number"] == 1


def test_a_switch_turned_by_hand_is_found_and_turned_back(root: Root) -> None:
    link = root.path / "current"
    link.unlink()
    link.symlink_to("generations/2")
    result = against_itself(root)
    assert result["generation"]["before"] == 1
    assert ("generation", "link", "tampered") in told(result)
    root.converge()
    assert root.current()["number"] == 1
    assert told(against_itself(root)) == set()


def test_pruning_without_the_switch_keeps_what_was_in_force(root: Root) -> None:
    (root.path / "current").unlink()
    root.generation("prune", options={"keep_generations": 1})
    assert {path.stem for path in (root.path / "state/generations").iterdir()} == {"1", "2"}


def test_a_root_of_an_earlier_release_has_no_record_of_the_switch_and_is_clean(root: Root) -> None:
    (root.path / "state/current.json").unlink()
    assert told(against_itself(root, "deep")) == set()
    assert root.generation("activate", 2)["changed"]
    assert json.loads((root.path / "state/current.json").read_text())["number"] == 2


@pytest.mark.parametrize(
    ("kind", "of", "marker"),
    [
        ("environments", "in force", True),
        ("environments", "of another generation", False),
        ("environments", "of another generation", True),
        ("laid", "in force", True),
        ("laid", "of another generation", False),
    ],
)
def test_a_removed_receipt_is_a_removal_and_names_its_tree(root: Root, wheels: dict[str, Wheel], kind: str, of: str, marker: bool) -> None:
    number, wheel = (1, wheels["beta-1.0"]) if of == "in force" else (2, wheels["beta-2.0"])
    record = json.loads((root.path / f"state/generations/{number}.json").read_text())
    environment = record["virtualenvs"]["one"]
    receipt = root.path / f"state/receipts/environments/{environment}.json"
    if kind == "laid":
        receipt = root.path / f"state/receipts/laid/{root.laid(wheel).name}.json"
    receipt.unlink()
    if marker:
        (root.path / "state/journal").write_text("{}")
    result = against_itself(root)
    (finding,) = (each for each in result["findings"] if each["cause"] == "tampered")
    assert finding["kind"] == "missing"
    assert finding["path"] == str(receipt)
    assert f"{kind}/{receipt.stem}" in finding["expected"]
    assert all("cut off" not in step["reason"] for step in result["plan"])
    root.converge()
    assert root.drift("deep") == []


def test_a_tree_that_nothing_speaks_of_is_what_a_run_left(root: Root) -> None:
    """Records are removed before trees: where the removal of the tree fails, this is what stays."""
    left = root.path / "environments/three-0123456789ab"
    left.mkdir()
    (left / "pyvenv.cfg").touch()
    assert [(each["kind"], each["cause"], each["path"]) for each in root.drift() if each["subject"] == "store"] == [
        ("unexpected", "interrupted", str(left))
    ]


def test_many_strays_side_by_side_are_one_finding(root: Root) -> None:
    for number in range(200):
        (root.path / "bundles" / f"stray-{number}").touch()
    (finding,) = (each for each in against_itself(root)["findings"] if each["subject"] == "store")
    assert (finding["count"], len(finding["examples"]), finding["path"]) == (200, 3, str(root.path / "bundles"))
    assert finding["cause"] == "tampered"


def test_chown_of_a_tree_is_one_finding(root: Root) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    tree = root.environment("one")
    for path in (tree, *tree.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    for verify in ("quick", "deep"):
        (finding,) = (each for each in against_itself(root, verify)["findings"])
        assert (finding["subject"], finding["kind"], finding["path"]) == ("file:one", "owner", str(tree))
        assert finding["count"] > 10
        assert "12345:12345" in finding["actual"]
        assert f"{finding['count']} paths" in finding["actual"]
    root.converge()


def test_a_copy_that_lost_its_times_is_one_finding_for_each_tree(root: Root) -> None:
    for tree in (root.environment("one"), root.bundle()):
        for path in tree.rglob("*"):
            if path.is_file() and not path.is_symlink():
                os.utime(path)
    evil = root.bundle() / "lib" / "evil.py"
    evil.touch()
    for verify in ("quick", "deep"):
        found = against_itself(root, verify)["findings"]
        assert sorted((each["subject"], each["kind"]) for each in found) == [
            ("file:one", "modified"),
            ("file:python", "modified"),
            ("file:python/lib/evil.py", "unexpected"),
        ]
    root.converge(options={"verify": "deep"})
    assert root.drift("deep") == []


def test_a_removed_directory_matters_as_much_as_what_it_held(root: Root) -> None:
    site = root.site("one")
    (site / "beta.py").unlink()
    shutil.rmtree(next(path for path in (root.bundle() / "lib").glob("python3.*/encodings")).parent / "json")
    severities = {each["subject"]: each["severity"] for each in against_itself(root)["findings"]}
    assert set(severities.values()) == {"high"}
