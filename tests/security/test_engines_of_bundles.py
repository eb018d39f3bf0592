# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine that a bundle carries: who may change it, who is believed, and what shows that it was changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.engine_of_task import ARCHIVE, CODE, DIGEST
from carried_engines import CARRIED, answering, marked, played, put
from roots import Root
from roots_of_others import EVE

LIE = 'result.update(findings=[], plan=[]) if "findings" in result else None'


def test_an_engine_that_lies_for_its_host_is_believed_by_a_quick_look_and_found_by_a_deep_one(
    root_with_engine: Root, tmp_path: Path
) -> None:
    """Root of the host changes the engine, and names its bytes beside it: a quick look asks the host's own code (docs/SECURITY.md)."""
    (root_with_engine.bundle() / "lib" / "evil.py").write_text("import os\n")
    put(root_with_engine.bundle(), answering(root_with_engine.bundle(), LIE))
    archive = root_with_engine.declared.bundles["python"]
    bundle = {"verify": "deep", "bundles": [{"name": "python", "archive": str(archive.path), "sha256": archive.sha256}]}
    quick, deep, repaired, after = played(
        root_with_engine,
        tmp_path,
        ("drift", {"verify": "quick"}),
        ("drift", bundle),
        ("system", bundle),
        ("drift", bundle),
    )
    assert quick["findings"] == []
    assert {Path(each["path"]).name for each in deep["findings"] if each["path"]} >= {"evil.py", ARCHIVE, DIGEST}
    assert repaired["changed"] and after["clean"], after["findings"]


def test_code_that_nobody_named_is_not_run(root_with_engine: Root, tmp_path: Path) -> None:
    put(root_with_engine.bundle(), marked(root_with_engine.bundle()), named=False)
    [result] = played(root_with_engine, tmp_path, ("system_info", {}))
    warnings = json.dumps(result["warnings"])
    assert CARRIED not in warnings and "the controller's was sent instead" in warnings


@pytest.mark.root
def test_an_engine_of_another_user_is_not_run(root_with_engine: Root, tmp_path: Path) -> None:
    """What else keeps a bundle from being used is in tests/integration/test_host_trust.py."""
    put(root_with_engine.bundle(), marked(root_with_engine.bundle()))
    os.chown(root_with_engine.bundle() / CODE / ARCHIVE, EVE, EVE)
    [result] = played(root_with_engine, tmp_path, ("system_info", {}))
    assert result["info"]["damaged"] == [root_with_engine.bundle().name]
    assert CARRIED not in json.dumps(result.get("warnings"))
