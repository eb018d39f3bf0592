# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who is root on a host changes a tree and the receipt that speaks of it: the controller knows what was installed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from roots import Archive, Declared, Document, Root
from wheelhouse import Wheel

Forgery = Callable[[Root, dict[str, Wheel]], tuple[str, str]]


@pytest.fixture(scope="module")
def made(
    make_root: Callable[[Path, Declared], Root], good: Archive, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Root, Document]:
    """Return a root, and what its engine told when it was installed."""
    declared = Declared(
        {"python": good}, {"one": [wheels["alpha-1.0"], wheels["beta-1.0"]], "two": [wheels["alpha-1.0"], wheels["gamma-1.0"]]}
    )
    root = make_root(tmp_path_factory.mktemp("forged") / "root", declared)
    return root, root.converge()["manifests"]


@pytest.fixture
def root(made: tuple[Root, Document]) -> Iterator[Root]:
    """Give the root, put right again after the test."""
    root, known = made
    yield root
    root.converge(options={"verify": "deep"}, known=digests(known))
    assert look(root, known)["findings"] == []


@pytest.fixture
def known(made: tuple[Root, Document]) -> dict[str, list[str]]:
    """Return what the controller knows."""
    return digests(made[1])


def digests(made: Document) -> dict[str, list[str]]:
    return {tree: [entry["digest"]] for tree, entry in made.items()}


def look(root: Root, known: Any) -> Document:
    if known and not isinstance(next(iter(known.values())), list):
        known = digests(known)
    return root.run("drift", options={"verify": "deep"}, known=known)


def edit(root: Root, kind: str, tree_id: str, path: str, key: str, *, below: str = "") -> None:
    """Append to a file of a tree, keep its time, and correct what the receipt says of it, the times of directories included."""
    target = root.path / kind / tree_id / (below or path)
    status = target.stat()
    target.write_bytes(target.read_bytes() + b"\nimport os  # evil\n")
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    content = target.read_bytes()
    entry = [0o644, len(content), hashlib.sha256(content).hexdigest()]

    def correct(receipt: Document) -> None:
        if key == "info":
            receipt["info"]["files"][path].update(size=entry[1], sha256=entry[2])
        else:
            receipt[key][path] = [receipt[key][path][0], *entry[1:]]

    rewrite(root, kind, tree_id, correct)


def rewrite(root: Root, kind: str, tree_id: str, change: Callable[[Document], object]) -> None:
    path = root.path / f"state/receipts/{kind}/{tree_id}.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def of_bundle(root: Root, wheels: dict[str, Wheel]) -> tuple[str, str]:
    """Change a module of the bundle, its bundle.json, and the receipt, so that each agrees with the others."""
    tree = root.bundle()
    short = next((tree / "lib").glob("python3.*")).name
    edit(root, "bundles", tree.name, f"lib/{short}/ast.py", "info")
    description = tree / "bundle.json"
    info = json.loads(description.read_text())
    info["files"] = json.loads((root.path / f"state/receipts/bundles/{tree.name}.json").read_text())["info"]["files"]
    status = description.stat()
    description.write_text(json.dumps(info, indent=1, sort_keys=True, ensure_ascii=True) + "\n")
    os.utime(description, ns=(status.st_atime_ns, status.st_mtime_ns))
    content = description.read_bytes()

    def correct(receipt: Document) -> None:
        receipt["info_record"] = [0o644, len(content), hashlib.sha256(content).hexdigest()]

    rewrite(root, "bundles", tree.name, correct)
    return "bundle:python", f"state/receipts/bundles/{tree.name}.json"


def of_wheel(root: Root, wheels: dict[str, Wheel]) -> tuple[str, str]:
    tree = root.laid(wheels["gamma-1.0"])
    edit(root, "laid", tree.name, "site/gamma/inner.py", "files")
    return "package:two/gamma", f"state/receipts/laid/{tree.name}.json"


def of_environment(root: Root, wheels: dict[str, Wheel]) -> tuple[str, str]:
    tree = root.environment("one")
    edit(root, "environments", tree.name, "bin/alpha", "own_files")
    return "virtualenv:one", f"state/receipts/environments/{tree.name}.json"


def planted(root: Root, wheels: dict[str, Wheel]) -> tuple[str, str]:
    """Put one more file into an environment and into its receipt."""
    tree = root.environment("one")
    path = f"{root.site('one').relative_to(tree)}/evil.pth"
    (tree / path).write_text("import os\n")
    os.utime(tree / path, ns=(10**18, 10**18))
    content = (tree / path).read_bytes()

    def correct(receipt: Document) -> None:
        receipt["own_files"][path] = [0o644, len(content), hashlib.sha256(content).hexdigest()]

    rewrite(root, "environments", tree.name, correct)
    return "virtualenv:one", f"state/receipts/environments/{tree.name}.json"


def another_command(root: Root, wheels: dict[str, Wheel]) -> tuple[str, str]:
    """Make the system Python lead to another file of the bundle by the receipt alone, and its link with it."""
    tree = root.bundle()
    other = f"lib/{next((tree / 'lib').glob('python3.*')).name}/ast.py"
    rewrite(root, "bundles", tree.name, lambda receipt: receipt["info"]["python"]["commands"].update(python3=other))
    link = root.path / f"generations/{root.current()['number']}/bin/python3"
    link.unlink()
    link.symlink_to(tree / other)
    return "bundle:python", f"state/receipts/bundles/{tree.name}.json"


FORGERIES = [of_bundle, of_wheel, of_environment, planted, another_command]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_a_forged_receipt_is_found_by_what_the_controller_knows_and_repaired(
    forgery: Forgery, root: Root, known: dict[str, list[str]], wheels: dict[str, Wheel]
) -> None:
    subject, path = forgery(root, wheels)
    found = look(root, known)
    told = [(each["subject"], each["kind"], each["cause"], each["severity"]) for each in found["findings"] if each["kind"] == "receipt"]
    assert told == [(subject, "receipt", "tampered", "high")]
    (finding,) = (each for each in found["findings"] if each["kind"] == "receipt")
    assert finding["path"] == str(root.path / path)
    assert "changed on the host" in finding["actual"]
    assert found["vouched"]["unknown"] == []
    assert found["plan"] != []
    root.converge(options={"verify": "deep"}, known=known)
    assert look(root, known)["findings"] == []
    assert root.python("-c", "import alpha, ast; print(hasattr(ast, 'os'))", of="one") == "False\n"


@pytest.mark.parametrize("forgery", [of_bundle, planted], ids=lambda forgery: forgery.__name__)
def test_drift_says_what_nobody_vouches_for(forgery: Forgery, root: Root, wheels: dict[str, Wheel]) -> None:
    """Without the controller's knowledge these are clean, which is why the result names every tree that it cannot vouch for."""
    _subject, path = forgery(root, wheels)
    found = look(root, {})
    assert found["findings"] == []
    kind, tree_id = Path(path).parts[-2], Path(path).stem
    assert f"{kind}/{tree_id}" in found["vouched"]["unknown"]
    assert found["vouched"]["known"] == 0


def test_a_clean_root_is_clean_and_wholly_known(root: Root, known: dict[str, list[str]]) -> None:
    found = look(root, known)
    assert found["findings"] == []
    assert found["vouched"] == {"known": 6, "unknown": []}
    assert "vouched" not in root.run("drift", known=known)


def test_a_receipt_that_contradicts_itself_needs_no_controller(root: Root, wheels: dict[str, Wheel]) -> None:
    one, two = root.environment("one").name, root.environment("two").name
    other = json.loads((root.path / f"state/receipts/environments/{two}.json").read_text())
    rewrite(root, "environments", one, lambda receipt: receipt.update(wheels=other["wheels"]))
    (finding,) = (each for each in look(root, {})["findings"] if each["kind"] == "receipt")
    assert (finding["subject"], finding["cause"]) == ("virtualenv:one", "tampered")


@pytest.mark.root
def test_a_tree_given_away_together_with_its_receipt_is_found(root: Root) -> None:
    tree = root.environment("one")
    owned = [tree, *(path for path in tree.rglob("*") if not path.is_symlink() and path.lstat().st_nlink == 1)]
    for path in (*owned, *(path for path in tree.rglob("*") if path.is_dir())):
        os.chown(path, 12345, 12345)
    rewrite(root, "environments", tree.name, lambda receipt: receipt.update(owner=[12345, 12345]))
    assert ("virtualenv:one", "receipt") in {(each["subject"], each["kind"]) for each in look(root, {})["findings"]}


def test_an_older_generation_in_force_is_pending_and_never_clean(
    make_root: Callable[[Path, Declared], Root], made: tuple[Root, Document], wheels: dict[str, Wheel], tmp_path: Path
) -> None:
    """Root may put an older generation, which is whole, back into force: the declaration tells, not the receipts."""
    first = Declared(made[0].declared.bundles, {"one": [wheels["beta-1.0"]]})
    root = make_root(tmp_path / "root", first)
    root.converge()
    root.converge(first.but(one=[wheels["beta-2.0"]]))
    for name in ("current", "state/generations/2.json", "state/current.json"):
        (root.path / name).unlink(missing_ok=True)
    shutil.rmtree(root.path / "generations/2")
    os.symlink("generations/1", root.path / "current")
    told = {(each["subject"], each["cause"]) for each in root.drift("deep")}
    assert ("package:one/beta", "pending") in told


def test_equal_wheels_on_equal_bundles_give_equal_manifests(
    make_root: Callable[[Path, Declared], Root], made: tuple[Root, Document], tmp_path: Path
) -> None:
    """What one host told at its installation vouches for all others, so nothing of a host may be in it."""
    first, known = made
    for number, options in enumerate(({"link_mode": "copy", "jobs": 1}, {"link_mode": "hardlink", "jobs": 2})):
        other = make_root(tmp_path / f"{number}", first.declared).converge(options=options)["manifests"]
        assert {tree: entry for tree, entry in other.items() if not tree.startswith("environments/")} == {
            tree: entry for tree, entry in known.items() if not tree.startswith("environments/")
        }
    again = make_root(first.path.parent / "again", first.declared)
    shutil.move(first.path, first.path.parent / "aside")
    try:
        twin = make_root(first.path, first.declared)
        assert twin.converge(options={"link_mode": "copy"})["manifests"] == known
        shutil.rmtree(first.path)
    finally:
        shutil.move(first.path.parent / "aside", first.path)
    assert not again.path.exists()


def test_only_what_was_made_is_reported(root: Root, known: dict[str, list[str]], wheels: dict[str, Wheel]) -> None:
    assert "manifests" not in root.converge()
    (root.environment("one") / "bin/evil").touch()
    told = root.converge()["manifests"]
    assert list(told) == [f"environments/{root.environment('one').name}"]
    assert digests(told).items() <= known.items()
