# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of tampering with a root is found, named rightly, and repaired; and nothing else is touched.

One root serves all tests of this file: each leaves it as it found it, which is what is tested.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from roots import Archive, Declared, Root, held, identities, output, snapshot
from tamper_cases import CASES
from tampering import (
    Case,
    Tampered,
    append,
    converge_twice,
    delete,
    write,
)
from wheelhouse import Wheel


@pytest.fixture(scope="module")
def root(
    make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory
) -> Tampered:
    plain = make_root(tmp_path_factory.mktemp("tamper") / "root", Declared({"python": bundle_archive}))
    made = Tampered(plain.path, plain.engine, plain.declared)
    converge_twice(made, wheels)
    made.remembered = made.site("one").relative_to(made.environment("one"))
    made.remembered_version = bundle_archive.python["version"]
    laid = {wheel: made.laid(wheels[f"{wheel}-{version}"]).name for wheel, version in (("alpha", "1.0"), ("beta", "2.0"), ("gamma", "1.0"))}
    made.names = {**{name: f"laid/{tree}" for name, tree in laid.items()}, **{f"{name}_laid": tree for name, tree in laid.items()}}
    made.names["short"] = ".".join(made.remembered_version.split(".")[:2])
    made.names["tag"] = made.names["short"].replace(".", "")
    return made


@pytest.fixture
def whole(root: Tampered, wheels: dict[str, Wheel]) -> Iterator[Tampered]:
    """Give the root, and hold it against what it was when the test has ended; a test that fails spoils no other."""
    before = snapshot(root.path)
    yield root
    after = snapshot(root.path)
    if after != before:
        shutil.rmtree(root.path)
        converge_twice(root, wheels)
    assert after == before


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name.replace(" ", "-"), marks=case.marks) for case in CASES])
def test_tampering_is_found_with_its_cause_and_nothing_else_and_is_mended(case: Case, whole: Tampered) -> None:
    root = whole
    before = identities(root.path)
    generation = root.current()["number"]
    expected = sorted(
        ((root.place(subject), kind, case.cause, None if path is None else root.place(path)) for subject, kind, path in case.found),
        key=str,
    )
    one_before = next(name for name in before if name.startswith("environments/one-") and name != root.place("{one}"))
    rebuilt = {one_before if tree == "{one before}" else root.place(tree) for tree in case.rebuilt}
    with held(root.path):
        case.do(root)
        # A bundle with other content than was published is not started by a deep look, so that nothing is said of whether it would.
        strange = any(kind == "modified" and subject.startswith("file:python/") for subject, kind, _cause, _path in expected)
        assert root.findings("deep") == [each for each in expected if not (strange and each[1] == "not_runnable")]
        if case.verify == "deep":
            assert root.findings("quick") == []
        result = root.converge(options={"verify": case.verify})
        assert result["changed"]
        assert result["generation"] == {"before": generation, "after": generation}
        assert sorted((root.reduced(finding) for finding in result["findings"]), key=str) == expected
        assert root.findings("deep") == []
        after = identities(root.path)
    assert {tree for tree in {*before, *after} if before.get(tree) != after.get(tree)} == rebuilt


def test_a_clean_host_reports_nothing_ever(whole: Tampered) -> None:
    commands = [
        [str(whole.at("{one}/bin/alpha"))],
        [str(whole.at("{one}/bin/alpha-script"))],
        [str(whole.path / "envs/two/bin/gamma")],
        [str(whole.path / "bin/python"), "-c", "import json, asyncio, xml.dom.minidom"],
        [str(whole.path / "envs/one/bin/python"), "-m", "alpha.deep.module"],
    ]
    for turn in range(20):
        if turn < len(commands):
            output(commands[turn])
        result = whole.run("drift", options={"verify": "deep" if turn % 5 == 4 else "quick"})
        assert (result["findings"], result["plan"], result["changed"]) == ([], [], False)
    assert whole.converge()["changed"] is False


def test_drift_without_a_declaration_holds_the_host_against_its_own_generation(whole: Tampered) -> None:
    whole.at("{one}/bin/evil").touch()
    result = whole.engine({"format": 1, "command": "drift", "root": str(whole.path)})
    assert [whole.reduced(finding)[:3] for finding in result["findings"]] == [("file:one/bin/evil", "unexpected", "tampered")]
    whole.converge()


def test_what_the_declaration_moved_on_from_is_pending(whole: Tampered, wheels: dict[str, Wheel]) -> None:
    alpha, gamma = wheels["alpha-1.0"], wheels["gamma-1.0"]
    wanted = Declared(whole.declared.bundles, {"one": [alpha, wheels["beta-1.0"], gamma], "three": [gamma]})
    found = {finding[:3] for finding in whole.findings("quick", declared=wanted)}
    assert found == {
        ("virtualenv:one", "version", "pending"),
        ("package:one/beta", "version", "pending"),
        ("package:one/gamma", "missing", "pending"),
        ("virtualenv:two", "unexpected", "pending"),
        ("virtualenv:three", "missing", "pending"),
    }
    checked = whole.converge(wanted, check=True)
    assert checked["changed"]
    assert {whole.reduced(finding)[:3] for finding in checked["findings"]} == found


def test_a_new_release_of_the_bundle_makes_its_environments_stale(whole: Tampered, later_bundle_archive: Archive) -> None:
    wanted = replace(whole.declared, bundles={"python": later_bundle_archive})
    assert {finding[:3] for finding in whole.findings("quick", declared=wanted)} == {
        ("bundle:python", "version", "pending"),
        ("virtualenv:one", "stale", "pending"),
        ("virtualenv:two", "stale", "pending"),
    }


def test_pending_and_tampered_are_reported_separately_when_both_are_there(whole: Tampered, wheels: dict[str, Wheel]) -> None:
    wanted = whole.declared.but(two=[wheels["gamma-1.0"]])
    append("{one}/{site}/alpha/__init__.py")(whole)
    write("{one}/{site}/z.pth")(whole)
    edited = "{site}/alpha/__init__.py"
    assert set(whole.findings("quick", declared=wanted)) == {
        (whole.place(f"file:one/{edited}"), "modified", "tampered", whole.place(f"{{one}}/{edited}")),
        (whole.place(f"file:two/{edited}"), "modified", "tampered", whole.place(f"{{two}}/{edited}")),
        (whole.place("file:one/{site}/z.pth"), "unexpected", "tampered", whole.place("{one}/{site}/z.pth")),
        ("virtualenv:two", "version", "pending", f"environments/two-{_key(whole, wanted, 'two')}"),
        ("package:two/alpha", "unexpected", "pending", None),
    }
    whole.converge()


def _key(root: Root, wanted: Declared, name: str) -> str:
    from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import parse_declaration

    declaration = parse_declaration(wanted.document(), complete=True)
    environment = next(each for each in declaration.virtualenvs if each.name == name)
    return environment.key(declaration.bundles[0])[:12]


@pytest.fixture
def moving(root: Tampered, wheels: dict[str, Wheel], request: pytest.FixtureRequest) -> Iterator[Tampered]:
    """Give a root of two generations, other than the one of this file, to a test that leaves it in another state."""
    made = Tampered(root.path.parent / request.node.name, root.engine, Declared(root.declared.bundles))
    converge_twice(made, wheels)
    made.remembered, made.remembered_version, made.names = root.remembered, root.remembered_version, root.names
    yield made
    shutil.rmtree(made.path)


def test_converging_mends_and_moves_on_at_once(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    append("{one}/{site}/alpha/__init__.py")(moving)
    delete("{two}/{site}/gamma")(moving)
    write("{one}/bin/evil")(moving)
    moving.converge(moving.declared.but(two=[wheels["alpha-1.0"], wheels["delta-1.0"]]))
    assert moving.drift("deep") == []
    assert moving.converge()["changed"] is False


def test_a_tree_that_is_used_again_is_looked_at_first(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    before = moving.declared.but(one=[wheels["alpha-1.0"], wheels["beta-1.0"]])
    old = next(path for path in (moving.path / "environments").glob("one-*") if path != moving.environment("one"))
    (old / moving.remembered / "evil.pth").write_text("import os\n")
    assert moving.drift("deep") == []
    found = moving.findings("quick", declared=before)
    assert (
        f"file:one/{moving.remembered}/evil.pth",
        "unexpected",
        "tampered",
        f"environments/{old.name}/{moving.remembered}/evil.pth",
    ) in found
    moving.converge(before)
    assert moving.environment("one") == old
    assert moving.drift("deep") == []


def test_a_tree_that_is_used_again_and_gone_is_made_again(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    old = next(path for path in (moving.path / "environments").glob("one-*") if path != moving.environment("one"))
    shutil.rmtree(old)
    moving.converge(moving.declared.but(one=[wheels["alpha-1.0"], wheels["beta-1.0"]]))
    assert moving.drift("deep") == []
    assert moving.python("-c", "import beta; print(beta.VERSION)", of="one") == "1.0\n"


def test_an_unpacked_wheel_is_looked_at_before_a_new_environment_shares_it(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    laid = moving.laid(wheels["beta-1.0"])
    with (laid / "site/beta.py").open("a") as stream:
        stream.write("EVIL = True\n")
    assert moving.drift("deep") == []
    moving.converge(moving.declared.but(three=[wheels["beta-1.0"]]))
    assert moving.drift("deep") == []
    assert moving.python("-c", "import beta; print(hasattr(beta, 'EVIL'))", of="three") == "False\n"
    assert moving.generation("activate", 1)["changed"]
    assert moving.python("-c", "import beta; print(hasattr(beta, 'EVIL'))", of="one") == "False\n"


def test_going_back_to_a_damaged_generation_is_refused(moving: Tampered) -> None:
    old = next(path for path in (moving.path / "environments").glob("one-*") if path != moving.environment("one"))
    (old / "bin/evil").touch()
    result = moving.generation("activate", "previous")
    assert result["failed"]
    assert "one/bin/evil" in result["msg"]
    assert moving.current()["number"] == 2


@pytest.mark.parametrize("text", [None, "{"], ids=["gone", "damaged"])
def test_the_record_of_another_generation_is_pruned_with_all_that_it_stood_for(moving: Tampered, text: str | None) -> None:
    record = moving.path / "state/generations/1.json"
    if text is None:
        record.unlink()
    else:
        record.write_text(text)
    assert {finding[:3] for finding in moving.findings("quick")} <= {("store", "unexpected", "tampered"), ("store", "modified", "tampered")}
    assert moving.findings("quick") != []
    moving.converge()
    assert moving.drift("deep") == []
    assert moving.converge()["changed"] is False
    assert sorted(path.name for path in (moving.path / "generations").iterdir()) == ["2"]


def test_a_record_of_a_later_release_is_left_alone(moving: Tampered) -> None:
    record = moving.at("state/receipts/environments/{one_id}.json")
    record.write_text('{"format": 9}')
    for command in ("drift", "converge", "info"):
        result = moving.run(command)
        assert result["failed"]
        assert "format 9" in result["msg"]
    assert record.read_text() == '{"format": 9}'


def test_a_lost_record_of_the_generation_is_read_back_for_a_partial_change(moving: Tampered, wheels: dict[str, Wheel]) -> None:
    moving.at("state/generations/{number}.json").unlink()
    only = replace(moving.declared, bundles={}, virtualenvs={"three": [wheels["gamma-1.0"]]})
    moving.converge(only, scope="partial")
    assert set(moving.current()["virtualenvs"]) == {"one", "two", "three"}
    assert moving.current()["bundles"].keys() == {"python"}


@pytest.mark.parametrize("what", ["bundles", "environments"])
def test_a_lost_receipt_is_not_guessed_when_nothing_declares_it(moving: Tampered, wheels: dict[str, Wheel], what: str) -> None:
    before = snapshot(moving.path)
    receipt = moving.at("state/receipts/bundles/{bundle_id}.json" if what == "bundles" else "state/receipts/environments/{one_id}.json")
    receipt.unlink()
    only = replace(moving.declared, bundles={}, virtualenvs={"three": [wheels["gamma-1.0"]]})
    result = moving.run("converge", declared=only, scope="partial")
    assert result["failed"]
    assert "has lost its receipt" in result["msg"]
    assert snapshot(moving.path) == before


def test_a_running_interpreter_survives_the_loss_of_its_receipt(moving: Tampered) -> None:
    """The tree is what runs the engine itself: without the archive at hand it must stay as it is."""
    moving.at("state/receipts/bundles/{bundle_id}.json").unlink()
    shutil.rmtree(moving.path / "wheels")
    document = {
        "format": 1,
        "command": "converge",
        "root": str(moving.path),
        "declaration": moving.declared.document(),
        "artifacts": {},
        "options": {"retries": 0},
    }
    result = moving.engine(document)
    assert result["failed"]
    assert result["needs"]
    assert moving.python("-c", "print(1)") == "1\n"
    assert moving.python("-c", "import alpha; print(alpha.VERSION)", of="one") == "1.0\n"
    moving.converge()
    assert moving.drift("deep") == []


@pytest.mark.parametrize("link_mode", ["copy", "hardlink"])
def test_every_way_of_sharing_gives_the_same_tree(
    make_root: Callable[[Path, Declared], Root], root: Tampered, tmp_path: Path, link_mode: str
) -> None:
    made = make_root(tmp_path / "root", root.declared)
    made.converge(options={"link_mode": link_mode})
    assert made.drift("deep") == []
    files = snapshot(made.environment("one"), ["lib", "share", "include"])
    assert files == snapshot(root.environment("one"), ["lib", "share", "include"]) | {
        path: about for path, about in files.items() if path.endswith("alpha-1.0.dist-info/RECORD")
    }
    with (made.site("one") / "alpha/__init__.py").open("a") as stream:
        stream.write("# edited\n")
    shown = {"one", "two"} if link_mode == "hardlink" else {"one"}
    assert {finding["subject"].partition("/")[0] for finding in made.drift()} == {f"file:{name}" for name in shown}
    made.converge()
    assert made.drift("deep") == []
