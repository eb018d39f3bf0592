# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools of a job read about its Python."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hermetic.python.plugins.filter.build_description import FilterModule
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.build_description import build_description

ONE, TWO = "1" * 64, "2" * 64


def info(root: str = "/j/python", separator: str = "/") -> dict[str, Any]:
    """Return what system_info reports of a root with two bundles and two VirtualEnvs, on one of them each."""

    def below(*parts: str) -> str:
        return separator.join((root, *parts))

    trees = {"python": "python-3.12.11+4-111111111111", "old": "old-3.9.2+1-222222222222"}
    return {
        "root": root,
        "in_force": {"default": "python", "bundles": trees},
        "bundles": [
            {
                "id": trees["python"],
                "release": "3.12.11+4",
                "sha256": ONE,
                "python": {"version": "3.12.11"},
                "path": below("bundles", trees["python"]),
            },
            {
                "id": trees["old"],
                "release": "3.9.2+1",
                "sha256": TWO,
                "python": {"version": "3.9.2"},
                "path": below("bundles", trees["old"]),
            },
            # Of an earlier generation.
            {"id": "python-3.12.10+1-333333333333", "release": "3.12.10+1", "sha256": ONE, "python": {"version": "3.12.10"}, "path": "/p"},
        ],
        "virtualenvs": [
            {"name": name, "bundle": trees[bundle], "tree": below("environments", f"{name}-0123456789ab"), "path": below("envs", name)}
            for name, bundle in (("a", "old"), ("b", "python"))
        ],
    }


def test_a_description_has_the_format_that_is_documented() -> None:
    assert build_description(info(), ["b", "a"], platform="linux-x86_64", document="/j/python.json") == {
        "format": 1,
        "root": "/j/python",
        "platform": "linux-x86_64",
        "python": {"executable": "/j/python/bin/python", "bundle": "python", "version": "3.12.11", "release": "3.12.11+4", "sha256": ONE},
        "bundles": {
            "old": {"version": "3.9.2", "release": "3.9.2+1", "sha256": TWO, "prefix": "/j/python/bundles/old-3.9.2+1-222222222222"},
            "python": {
                "version": "3.12.11",
                "release": "3.12.11+4",
                "sha256": ONE,
                "prefix": "/j/python/bundles/python-3.12.11+4-111111111111",
            },
        },
        "virtualenvs": {
            name: {
                "prefix": f"/j/python/envs/{name}",
                "python": f"/j/python/envs/{name}/bin/python",
                "bin": f"/j/python/envs/{name}/bin",
                "bundle": bundle,
                "tree": f"/j/python/environments/{name}-0123456789ab",
            }
            for name, bundle in (("b", "python"), ("a", "old"))
        },
        "path": ["/j/python/envs/b/bin", "/j/python/envs/a/bin", "/j/python/bin"],
        "variables": {
            "HERMETIC_BUILD_JSON": "/j/python.json",
            "HERMETIC_BUILD_PATH": "/j/python/envs/b/bin:/j/python/envs/a/bin:/j/python/bin",
            "HERMETIC_BUILD_PYTHON": "/j/python/bin/python",
            "HERMETIC_BUILD_ROOT": "/j/python",
        },
    }


def test_the_environments_are_in_the_order_of_the_declaration() -> None:
    for names in (["a", "b"], ["b", "a"], ["b"], []):
        described = build_description(info(), names, platform="linux-x86_64", document="/d")
        assert list(described["virtualenvs"]) == names
        assert described["path"] == [*(f"/j/python/envs/{name}/bin" for name in names), "/j/python/bin"]


def test_windows_has_its_own_separators_and_places() -> None:
    described = build_description(info("C:\\j\\python", "\\"), ["a"], platform="windows-x86_64", document="C:\\j\\python.json")
    assert described["python"]["executable"] == "C:\\j\\python\\bin\\python.exe"
    assert described["virtualenvs"]["a"]["python"] == "C:\\j\\python\\envs\\a\\Scripts\\python.exe"
    assert described["variables"]["HERMETIC_BUILD_PATH"] == "C:\\j\\python\\envs\\a\\Scripts;C:\\j\\python\\bin"


def test_what_is_not_installed_is_no_python_of_a_job() -> None:
    with pytest.raises(HermeticError, match=r"/j/python does not hold.*'c' is not installed"):
        build_description(info(), ["a", "c"], platform="linux-x86_64", document="/d")
    empty = {**copy.deepcopy(info()), "in_force": None, "bundles": [], "virtualenvs": []}
    with pytest.raises(AnsibleFilterError, match="no default bundle"):
        FilterModule().filters()["build_description"](empty, ["a"], platform="linux-x86_64", document="/d")
