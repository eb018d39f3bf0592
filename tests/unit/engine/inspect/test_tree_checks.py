# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trees of the generation in force are held against their receipts: by a stat where that tells, by content where one asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenInterpreter
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import TAMPERED
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree import Inspection
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import interpreter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from root_samples import PROGRAM, SITE, STDLIB, SampleRoot
from tree_samples import replaced, unnoticed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and links as on POSIX")

ALPHA = f"{SITE}/alpha/__init__.py"


BUNDLE: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "a file more": (lambda tree: (tree / SITE / "x.pth").touch(), "file:python/" + f"{SITE}/x.pth", "unexpected"),
    "a file less": (
        lambda tree: (tree / STDLIB / "encodings/__init__.py").unlink(),
        f"file:python/{STDLIB}/encodings/__init__.py",
        "missing",
    ),
    "another mode": (lambda tree: (tree / STDLIB / "os.py").chmod(0o666), f"file:python/{STDLIB}/os.py", "mode"),
    "another link": (lambda tree: replace_link(tree / "bin/python3", "/bin/sh"), "file:python/bin/python3", "link"),
    "another content": (lambda tree: replaced(tree / STDLIB / "os.py", b"import evil\n"), f"file:python/{STDLIB}/os.py", "modified"),
}


def replace_link(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


@pytest.mark.parametrize("verify", ["quick", "deep"])
@pytest.mark.parametrize("case", BUNDLE)
def test_a_bundle_is_found_changed(root: SampleRoot, case: str, verify: str) -> None:
    change, subject, kind = BUNDLE[case]
    change(root.bundle)
    observation = root.observe(verify)
    assert [(each.subject, each.kind, each.cause) for each in observation.findings] == [(subject, kind, TAMPERED)]
    assert observation.broken == {"bundles": {root.bundle.name}, "environments": set(), "laid": set()}


def test_a_look_at_records_and_links_alone_sees_no_file(root: SampleRoot) -> None:
    (root.bundle / SITE / "x.pth").touch()
    assert root.findings("none") == []


def test_content_alone_is_seen_by_a_deep_look(root: SampleRoot) -> None:
    unnoticed(root.bundle / STDLIB / "os.py")
    assert root.findings("deep") == [(f"file:python/{STDLIB}/os.py", "modified", TAMPERED)]


def test_a_file_that_environments_share_is_found_in_each_of_them(root: SampleRoot) -> None:
    unnoticed(root.environment("one") / ALPHA)
    observation = root.observe("deep")
    assert {each.subject for each in observation.findings} == {f"file:one/{ALPHA}", f"file:two/{ALPHA}"}
    assert {root.environment("one").name, root.environment("two").name} == observation.broken["environments"]
    assert len(observation.broken["laid"]) == 1


def test_a_file_that_was_replaced_in_one_environment_is_found_there_alone(root: SampleRoot) -> None:
    replaced(root.environment("one") / ALPHA, b"evil = 1\n")
    observation = root.observe()
    assert {each.subject.partition("/")[0] for each in observation.findings} <= {"package:one", "file:one"}
    assert observation.broken == {"bundles": set(), "environments": {root.environment("one").name}, "laid": set()}


def test_an_unpacked_wheel_that_was_changed_beside_its_environments_is_named_itself(root: SampleRoot) -> None:
    (tree,) = [tree for tree in root.layout.laid.iterdir() if list(tree.glob("**/beta/data.txt"))]
    (stray,) = [path.parent / "stray.py" for path in tree.glob("**/beta/data.txt")]
    stray.touch()
    observation = root.observe()
    assert observation.broken["laid"] == {tree.name}
    assert [each.kind for each in observation.findings] == ["unexpected"]
    assert tree.name in str(observation.findings[0].path)


@pytest.mark.parametrize("verify", ["none", "quick", "deep"])
def test_an_interpreter_that_does_not_start_is_found_by_every_look(root: SampleRoot, monkeypatch: pytest.MonkeyPatch, verify: str) -> None:
    def ask(executable: Path, *, site: bool = True) -> dict[str, Any]:
        raise BrokenInterpreter(f"The interpreter {executable} does not start: no reason")

    monkeypatch.setattr(interpreter, "ask", ask)
    (finding,) = root.observe(verify).findings
    assert (finding.subject, finding.kind) == ("bundle:python", "not_runnable")
    assert finding.path == f"bundles/{root.bundle.name}/{PROGRAM}"
    assert "no reason" in str(finding.actual)


@pytest.mark.parametrize("case", ["a file more", "another content", "another link"])
def test_a_deep_look_starts_nothing_that_holds_foreign_code(root: SampleRoot, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    started: list[Path] = []
    monkeypatch.setattr(interpreter, "ask", lambda executable, *, site=True: started.append(executable))
    BUNDLE[case][0](root.bundle)
    assert root.findings("deep")
    assert started == []


def test_an_interpreter_that_others_may_change_is_not_started(root: SampleRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Path] = []
    monkeypatch.setattr(interpreter, "ask", lambda executable, *, site=True: started.append(executable))
    (root.bundle / STDLIB).chmod(0o777)
    observation = root.observe()
    assert started == []
    # One finding says it: that of the directory.
    assert [each.kind for each in observation.findings] == ["mode"]


def test_untouched_environments_cost_a_look_at_their_directories_alone(root: SampleRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[Path] = []
    everything = Inspection.all_by_stat

    def all_by_stat(inspection: Any, hints: Any, **options: Any) -> None:
        looked_at.append(Path(inspection._tree))
        everything(inspection, hints, **options)

    monkeypatch.setattr(Inspection, "all_by_stat", all_by_stat)
    assert root.findings() == []
    assert not [tree for tree in looked_at if tree.parent == root.layout.environments]
    (root.environment("one") / "bin/stray").touch()
    assert root.findings()
    assert [tree.name for tree in looked_at if tree.parent == root.layout.environments] == [root.environment("one").name]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(data=st.data())
def test_any_byte_of_any_file_is_seen_by_a_deep_look(root: SampleRoot, data: st.DataObject) -> None:
    tree = data.draw(st.sampled_from([root.bundle, root.environment("one"), root.environment("two")]))
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_size)
    path = data.draw(st.sampled_from(files))
    before, status = path.read_bytes(), path.stat()
    place = data.draw(st.integers(0, len(before) - 1))
    changed = bytearray(before)
    changed[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(changed)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    try:
        assert {each.cause for each in root.observe("deep").findings} == {TAMPERED}
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert root.findings("deep") == []
