# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle.json is believed whole or not at all: every name, path, number and fact in it, all problems at once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.bundle_json import bundle_problems, metadata_problems
from hypothesis import given
from hypothesis import strategies as st
from root_samples import PROGRAM, STDLIB, bundle_json

Change = Callable[[dict[str, Any]], Any]
FILE = {"type": "file", "mode": "0644", "size": 1, "sha256": "0" * 64}


def changed(change: Change) -> dict[str, Any]:
    made = copy.deepcopy(bundle_json())
    change(made)
    return made


def test_a_bundle_as_it_is_built_has_no_problem() -> None:
    assert bundle_problems(bundle_json()) == []
    assert metadata_problems({key: value for key, value in bundle_json().items() if key != "files"}) == []


@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_what_is_no_object_is_no_bundle(value: object) -> None:
    assert len(bundle_problems(value)) == 1


CHANGES: dict[str, tuple[Change, str]] = {
    "format": (lambda info: info.update(format=2), "format is 2"),
    "format true": (lambda info: info.update(format=True), "format is"),
    "name": (lambda info: info.update(name="../x"), "name is"),
    "release": (lambda info: info.update(release="3.12.1-rc1"), "release is"),
    "platform": (lambda info: info.update(platform="linux"), "platform is"),
    "engine": (lambda info: info.update(engine=1), "engine is"),
    "hermetic": (lambda info: info.update(hermetic="yes"), "hermetic is"),
    "confined": (lambda info: info.update(confined="yes"), "confined is"),
    "no python": (lambda info: info.pop("python"), "python is"),
    "version": (lambda info: info["python"].update(version="3.12"), "python.version is"),
    "executable": (lambda info: info["python"].update(executable="/bin/sh"), "python.executable is"),
    "stdlib": (lambda info: info["python"].update(stdlib="../lib"), "python.stdlib is"),
    "tag": (lambda info: info["python"].update(tag="cp312;x"), "python.tag is"),
    "implementation": (lambda info: info["python"].update(implementation="pypy"), "only cpython"),
    "commands": (lambda info: info["python"].update(commands=[]), "python.commands is"),
    "a command": (lambda info: info["python"]["commands"].update({"../x": PROGRAM}), "the command"),
    "a command elsewhere": (lambda info: info["python"]["commands"].update(x="/bin/sh"), "python.commands has"),
    "commands of one name": (lambda info: info["python"]["commands"].update(PYTHON=PROGRAM), "one name where case is ignored"),
    "a command that is not there": (lambda info: info["python"]["commands"].update(x="bin/x"), "no file of the bundle"),
    "an executable that is a directory": (lambda info: info["python"].update(executable="bin"), "no file of the bundle"),
    "a stdlib that is not there": (lambda info: info["python"].update(stdlib="lib/other"), "which the bundle does not hold"),
    "packages": (lambda info: info.update(packages={}), "packages is"),
    "a package": (lambda info: info.update(packages=["x"]), "packages[0] is"),
    "a package's digest": (lambda info: info.update(packages=[{"name": "x", "version": "1", "sha256": "x"}]), "packages[0].sha256"),
    "a package's version": (lambda info: info.update(packages=[{"name": "x", "sha256": "0" * 64}]), "packages[0].version"),
    "libc": (lambda info: info.update(libc="glibc"), "libc is"),
    "something deep": (lambda info: info.update(source=deep(30)), "nested"),
    "no files": (lambda info: info.update(files=[]), "files is"),
    "a path above": (lambda info: info["files"].update({"../x": FILE}), "no path within the tree"),
    "a path of an empty part": (lambda info: info["files"].update({"a//b": FILE}), "no path within the tree"),
    "a mode": (lambda info: info["files"].update(x={**FILE, "mode": "4755"}), "the mode"),
    "a size": (lambda info: info["files"].update(x={**FILE, "size": -1}), "the size"),
    "a size that is true": (lambda info: info["files"].update(x={**FILE, "size": True}), "the size"),
    "a digest": (lambda info: info["files"].update(x={**FILE, "sha256": "A" * 64}), "the digest"),
    "a type": (lambda info: info["files"].update(x={"type": "fifo"}), "the type"),
    "an entry": (lambda info: info["files"].update(x=[]), "expected an object"),
    "a link outside": (lambda info: info["files"].update(x={"type": "link", "target": "../x"}), "files has for"),
    "below a file": (lambda info: info["files"].update({f"{STDLIB}/os.py/x": FILE}), "which is no directory"),
    "below a link": (lambda info: info["files"].update({"bin/python3/x": FILE}), "which is no directory"),
}


def deep(levels: int) -> dict[str, Any]:
    return {"kind": "x", "more": deep(levels - 1)} if levels else {}


@pytest.mark.parametrize("case", CHANGES)
def test_every_fault_is_named(case: str) -> None:
    change, words = CHANGES[case]
    assert any(words in problem for problem in bundle_problems(changed(change))), bundle_problems(changed(change))


def test_all_faults_are_named_at_once_and_not_without_end() -> None:
    def all_of_them(info: dict[str, Any]) -> None:
        for case in ("name", "release", "platform", "version", "a mode"):
            CHANGES[case][0](info)

    assert len(bundle_problems(changed(all_of_them))) == 5
    many = changed(lambda info: info["files"].update({f"../{number}": FILE for number in range(1000)}))
    assert len(bundle_problems(many)) == 20


def test_on_windows_names_that_are_one_there_are_refused() -> None:
    def windows(info: dict[str, Any]) -> None:
        info.update(platform="windows-x86_64")
        info["files"].update({"Lib/x.py": FILE, "lib/X.PY": FILE, "bin/nul": FILE})

    problems = bundle_problems(changed(windows))
    assert any("no path within the tree" in problem and "nul" in problem for problem in problems)
    assert any("one name on Windows" in problem for problem in problems)
    assert bundle_problems(changed(lambda info: info["files"].update({"x": FILE, "X": FILE}))) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@given(key=st.sampled_from(sorted(bundle_json())), value=VALUES)
def test_no_value_of_any_key_is_a_crash(key: str, value: object) -> None:
    for problem in bundle_problems({**bundle_json(), key: value}):
        assert problem.isprintable()


@given(key=st.sampled_from(sorted(bundle_json()["python"])), value=VALUES)
def test_no_value_of_any_fact_of_the_interpreter_is_a_crash(key: str, value: object) -> None:
    info = bundle_json()
    assert all(isinstance(problem, str) for problem in bundle_problems({**info, "python": {**info["python"], key: value}}))
