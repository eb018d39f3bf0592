# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of Python on Windows, where CPython reads some before the ``._pth`` file: docs/BUNDLES.md says which act."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from engine_hosts import WindowsRoot, equip
from roots import Archive, Declared
from variables import SILENT, Variable
from wheelhouse import Wheel
from windows_host import WindowsHost

PYTHONS = ("C:\\infra-system\\bin\\python.exe", "C:\\infra-system\\envs\\one\\Scripts\\python.exe")
# What no bundle can keep out there.
READ_EARLY = {"PYTHONOPTIMIZE": "2", "PYTHONINSPECT": "1"}
KEPT_OUT = [each for each in SILENT if each.name not in (*READ_EARLY, "PYTHONBREAKPOINT", "PYTHONPLATLIBDIR", "PYTHONSTARTUP")]


@pytest.fixture(scope="module")
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return a converged root."""
    declared = Declared({"python": slim_windows_bundles[0]}, {"one": [wheels["alpha-1.0"]]})
    made = WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)
    shutil.rmtree(made.path, ignore_errors=True)
    made.converge()
    return made


@pytest.mark.parametrize("variable", KEPT_OUT, ids=lambda each: each.name)
def test_what_says_which_code_is_run_does_not_act(root: WindowsRoot, variable: Variable) -> None:
    value = variable.value.replace("HOSTILE", "C:\\hostile")
    for executable in PYTHONS:
        usual = root.host.python("-c", variable.code, executable=executable)
        assert root.host.python("-c", variable.code, executable=executable, environment={variable.name: value}) == usual


def test_what_is_read_before_the_pth_file_acts_as_documented(root: WindowsRoot) -> None:
    for executable in PYTHONS:
        shown = root.host.python("-c", "import sys; print(sys.flags.optimize)", executable=executable, environment={"PYTHONOPTIMIZE": "2"})
        assert shown.strip() == "2"


def test_a_declared_environment_lets_a_path_through_where_it_says_so(root: WindowsRoot) -> None:
    place = root.host.path("C:\\given")
    place.mkdir(exist_ok=True)
    (place / "only_there.py").write_text("")
    code = "import sys; sys.stdout.write(str([p for p in sys.path if 'given' in p]))"
    for names, shown in ((frozenset({"one"}), "['C:\\\\given']"), (frozenset[str](), "[]")):
        root.converge(replace(root.declared, pythonpath=names))
        for executable, found in zip(PYTHONS, ("[]", shown), strict=True):
            assert root.host.python("-c", code, executable=executable, environment={"PYTHONPATH": "C:\\given"}).strip() == found
