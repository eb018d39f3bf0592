# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No record of a root, and no description of a bundle, gives a traceback or leads out of its tree."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.atomic import write_json
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations import profile
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations.prune import find_garbage
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.info import describe
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.observe import observe
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.bundle_json import bundle_problems
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import BundleReceipt, Generation, dump
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.plan import make_plan
from document_samples import INFO
from host_samples import NOW, SYSTEM, Host, host_as_declared
from hostile_values import HOSTILE, documents, mutated, ours
from hypothesis import given, settings
from hypothesis import strategies as st


def _records() -> dict[str, Any]:
    made: Host = host_as_declared()
    found: dict[str, Any] = {}
    for kind in ("bundles", "environments", "laid"):
        found |= {f"receipts/{kind}/{tree_id}.json": dump(receipt) for tree_id, receipt in getattr(made.records, kind).items()}
    return found | {f"generations/{number}.json": dump(each) for number, each in made.records.generations.items()}


RECORDS = _records()


def _root(place: Path, changed: dict[str, bytes]) -> Layout:
    """Make a root that holds records, a link to its generation, and no tree."""
    for name, document in RECORDS.items():
        path = place / "state" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in changed:
            path.write_bytes(changed[name])
        else:
            write_json(path, document)
    (place / "generations" / "1" / "envs").mkdir(parents=True)
    (place / "current").symlink_to("generations/1")
    return Layout(place)


@settings(HOSTILE, max_examples=HOSTILE.max_examples // 2)
@given(st.sampled_from(sorted(RECORDS)).flatmap(lambda name: st.tuples(st.just(name), documents(RECORDS[name]))))
def test_a_record(changed: tuple[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as place, ours():
        layout = _root(Path(place), dict([changed]))
        observation = observe(layout, verify="quick")
        unreadable = set(observation.records.unreadable)
        assert unreadable <= {str(layout.state / changed[0])}
        read = sum(len(getattr(observation.records, kind)) for kind in ("bundles", "environments", "laid", "generations"))
        assert read + len(unreadable) == len(RECORDS)
        for path in unreadable:
            assert path in {finding.path for finding in observation.findings}
        for declaration in (SYSTEM, None):
            with ours():
                make_plan(declaration, observation, file_name=lambda sha256: f"x-1.0-{sha256[:4]}.whl", now=NOW)
        find_garbage(layout, observation.records, observation.current, keep=1)
        json.dumps(describe(layout, observation.records, 1))


@HOSTILE
@given(st.sampled_from(["state/journal", "state/current.json"]), documents({"format": 1, "number": 1, "generation": 1, "steps": []}))
def test_what_is_written_down_of_a_switch(name: str, text: bytes) -> None:
    with tempfile.TemporaryDirectory() as place, ours():
        layout = _root(Path(place), {})
        (Path(place) / name).write_bytes(text)
        observe(layout, verify="none")


@HOSTILE
@given(mutated(INFO))
def test_a_bundle_json(info: Any) -> None:
    """What is accepted leads to no path outside the tree, whatever else it says."""
    problems = bundle_problems(info)
    assert all(isinstance(problem, str) and len(problem) < 2000 for problem in problems)
    if problems:
        return
    receipt = BundleReceipt("python-3.12.1+1-" + "0" * 12, "0" * 64, "x.tar", 1, [0, 0], info, FileRecord(0o644, 1, "0" * 64), {"": [0, 0]})
    layout = Layout(Path("/srv/root"))
    made = Generation(1, NOW, False, info["name"], {info["name"]: receipt.id}, {}, None)
    tree = layout.tree("bundles", receipt.id)
    for link, target in profile.links_of(layout, made, {receipt.id: receipt}).items():
        assert PurePosixPath(link).parent in (PurePosixPath("bin"), PurePosixPath("."))
        assert ".." not in PurePosixPath(link).parts
        if link != "lib":
            assert str(tree) == str(Path(target))[: len(str(tree))]
            assert ".." not in Path(target).parts
    for path in receipt.manifest().files:
        assert not path.startswith("/")
        assert ".." not in path.split("/")
    profile.newest_engine(made, {receipt.id: receipt})


def test_what_is_not_changed_is_taken(tmp_path: Path) -> None:
    """A check that refused everything would let all of these tests pass."""
    assert bundle_problems(INFO) == []
    assert observe(_root(tmp_path, {}), verify="none").records.unreadable == {}
