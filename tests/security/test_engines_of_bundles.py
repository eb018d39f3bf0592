# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine that a bundle carries: who may change it, who is believed, and what shows that it was changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.engine_of_task import ARCHIVE, CODE, DIGEST
from carried_engines import CARRIED, answering, kept, marked, put
from plays import Controller
from roots import Archive, Declared, Root
from roots_of_others import EVE

LIE = 'result.update(findings=[], plan=[]) if "findings" in result else None'


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, make_root: Callable[[Path, Declared], Root], bundle_archive: Archive) -> Root:
    root = make_root(tmp_path_factory.mktemp("installed") / "root", Declared({"python": bundle_archive}))
    root.converge()
    return root


@pytest.fixture
def root(installed: Root, tmp_path: Path) -> Iterator[Root]:
    """Return a root with a bundle, whose engine the test may change."""
    with kept(installed.bundle(), tmp_path):
        yield installed


def played(root: Root, tmp_path: Path, *tasks: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Run modules on the root and return their results."""
    done = Controller(tmp_path / "controller").play(
        [{f"hermetic.python.{module}": {"root": str(root.path), **options}} for module, options in tasks]
    )
    assert done.code == 0, done.output
    return [each["result"] for each in done.results]


def test_an_engine_that_lies_for_its_host_is_believed_by_a_quick_look_and_found_by_a_deep_one(root: Root, tmp_path: Path) -> None:
    """Root of the host changes the engine, and names its bytes beside it: a quick look asks the host's own code (docs/SECURITY.md)."""
    (root.bundle() / "lib" / "evil.py").write_text("import os\n")
    put(root.bundle(), answering(root.bundle(), LIE))
    archive = root.declared.bundles["python"]
    bundle = {"verify": "deep", "bundles": [{"name": "python", "archive": str(archive.path), "sha256": archive.sha256}]}
    quick, deep, repaired, after = played(
        root,
        tmp_path,
        ("drift", {"verify": "quick"}),
        ("drift", bundle),
        ("system", bundle),
        ("drift", bundle),
    )
    assert quick["findings"] == []
    assert {Path(each["path"]).name for each in deep["findings"] if each["path"]} >= {"evil.py", ARCHIVE, DIGEST}
    assert repaired["changed"] and after["clean"], after["findings"]


def test_code_that_nobody_named_is_not_run(root: Root, tmp_path: Path) -> None:
    put(root.bundle(), marked(root.bundle()), named=False)
    [result] = played(root, tmp_path, ("system_info", {}))
    warnings = json.dumps(result["warnings"])
    assert CARRIED not in warnings and "the controller's was sent instead" in warnings


@pytest.mark.root
def test_an_engine_of_another_user_is_not_run(root: Root, tmp_path: Path) -> None:
    """What else keeps a bundle from being used is in tests/integration/test_host_trust.py."""
    put(root.bundle(), marked(root.bundle()))
    os.chown(root.bundle() / CODE / ARCHIVE, EVE, EVE)
    [result] = played(root, tmp_path, ("system_info", {}))
    assert result["info"]["damaged"] == [root.bundle().name]
    assert CARRIED not in json.dumps(result.get("warnings"))
