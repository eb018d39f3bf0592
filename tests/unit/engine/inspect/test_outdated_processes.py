# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which paths of a process lead into trees that are not in force."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.outdated_processes import judged
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import Generation, Records
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.seen_process import SeenProcess, SeenProcesses

pytestmark = pytest.mark.skipif(os.name != "posix", reason="paths of POSIX")

ROOT = Path("/nowhere/root")
DIGEST = "0123456789ab"
PYTHON_1, PYTHON_2 = f"python-3.12.1+1-{DIGEST}", f"python-3.12.1+2-{DIGEST}"
WEB_1, WEB_2 = f"web-{DIGEST}", "web-ba9876543210"


def generation(number: int, bundle: str, **virtualenvs: str) -> Generation:
    return Generation(number, "2026-11-20T08:15:30Z", False, "python", {"python": bundle}, virtualenvs, None)


OLD, NEW = generation(1, PYTHON_1, web=WEB_1), generation(2, PYTHON_2, web=WEB_2)
RECORDS = Records({}, {}, {}, {1: OLD, 2: NEW}, {})


def trees(*paths: str, in_force: Generation | None = NEW) -> list[tuple[str, str, str, tuple[int, ...], str | None]]:
    seen = SeenProcesses((SeenProcess(7, "web", None, "python", tuple(f"{ROOT}/{path}" for path in paths)),))
    found = judged(seen, Layout(ROOT), RECORDS, in_force).processes
    return [(each.subject, each.tree, each.state, each.generations, each.in_force) for process in found for each in process.trees]


def test_what_is_in_force_is_not_outdated() -> None:
    assert trees(f"bundles/{PYTHON_2}/libexec/python3.12", f"environments/{WEB_2}/lib/a.so", "state/engine", "bundles", "laid/x/a.so") == []


@pytest.mark.parametrize(
    ("path", "state"),
    [
        (f"environments/{WEB_1}/lib/a.so", "removed"),
        (f"environments/{WEB_1}/lib/a.so (deleted)", "removed"),
        (f"environments/.old-{WEB_1}/lib/a.so (deleted)", "removed"),
        (f"environments/.old-{WEB_1}-0a1b2c3d/lib/a.so", "removed"),
    ],
)
def test_another_tree_of_the_name_is_outdated(path: str, state: str) -> None:
    assert trees(path) == [("virtualenv:web", f"environments/{WEB_1}", state, (1,), f"environments/{WEB_2}")]


@pytest.mark.parametrize("path", [f"environments/.old-{WEB_2}/lib/a.so", f"environments/{WEB_2}/lib/a.so (deleted)"])
def test_a_tree_that_was_reinstalled_since_is_outdated(path: str) -> None:
    assert trees(path, f"environments/{WEB_2}/bin/python") == [
        ("virtualenv:web", f"environments/{WEB_2}", "replaced", (2,), f"environments/{WEB_2}")
    ]


@pytest.mark.parametrize(
    "path", ["environments/none", "environments/.new-web/a.so", "environments/a b/x", "bundles/../x", "environments/web-1/x"]
)
def test_what_has_no_name_of_a_tree_is_none(path: str) -> None:
    assert trees(path) == []


def test_where_nothing_is_in_force_everything_is_outdated() -> None:
    (found,) = trees(f"bundles/{PYTHON_2}/bin/python", in_force=None)
    assert found == ("bundle:python", f"bundles/{PYTHON_2}", "removed", (2,), None)


def test_the_release_of_a_bundle_is_that_of_its_name() -> None:
    seen = SeenProcesses((SeenProcess(7, "web", None, "python", (f"{ROOT}/bundles/{PYTHON_1}/x",)),), unknown=3)
    found = judged(seen, Layout(ROOT), RECORDS, NEW)
    assert (found.processes[0].trees[0].release, found.unknown, found.complete) == ("3.12.1+1", 3, False)
