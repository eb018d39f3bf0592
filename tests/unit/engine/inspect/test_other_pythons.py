# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons that are not ours are found by their files, and none of them is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.other_pythons import find_foreign_pythons


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a file system with a Debian Python, one in /usr/local, two of pyenv, and a user's packages."""
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    made = tmp_path / "system"
    program(made / "usr/bin/python3.11")
    (made / "usr/bin/python3").symlink_to("python3.11")
    package(made / "usr/lib/python3/dist-packages", "PyYAML-6.0.dist-info", "PyGObject-3.42.2.egg-info", "certifi")
    package(made / "usr/local/lib/python3.11/dist-packages", "requests-2.28.1.dist-info")
    program(made / "usr/local/bin/python3.9")
    package(made / "usr/local/lib/python3.9/site-packages", "boto-2.49.0-py3.9.egg-info")
    header = made / "usr/local/include/python3.9/patchlevel.h"
    header.parent.mkdir(parents=True)
    header.write_text('#define PY_VERSION              "3.9.18"\n')
    for home, version in (("root", "3.12.1"), ("home/alice", "2.7.18")):
        short = version.rpartition(".")[0]
        program(made / home / ".pyenv/versions" / version / f"bin/python{short}")
        package(made / home / ".pyenv/versions" / version / f"lib/python{short}/site-packages", "pip-24.0.dist-info")
    package(made / "home/alice/.local/lib/python3.11/site-packages", "black-24.1.0.dist-info")
    return made


def program(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whoever runs it is found out.
    path.write_text(f"#!/bin/sh\ntouch {path}.was-run\n")
    path.chmod(0o755)


def package(site: Path, *names: str) -> None:
    for name in names:
        (site / name).mkdir(parents=True)


def found(system: Path, own: str = "opt/infra-system") -> dict[str, tuple[str, dict[str, str]]]:
    told = find_foreign_pythons(system / own, system=system)
    return {os.path.relpath(each["interpreter"], system): (each["version"], each["packages"]) for each in told}


def test_every_python_is_reported_with_its_packages(system: Path) -> None:
    assert found(system) == {
        "usr/bin/python3.11": ("3.11", {"pyyaml": "6.0", "pygobject": "3.42.2", "requests": "2.28.1"}),
        "usr/local/bin/python3.9": ("3.9.18", {"boto": "2.49.0"}),
        "root/.pyenv/versions/3.12.1/bin/python3.12": ("3.12.1", {"pip": "24.0"}),
        "home/alice/.pyenv/versions/2.7.18/bin/python2.7": ("2.7.18", {"pip": "24.0"}),
        "home/alice/.local/lib/python3.11/site-packages": ("3.11", {"black": "24.1.0"}),
    }
    assert not list(system.rglob("*.was-run"))


def test_a_link_to_ours_is_not_foreign(system: Path) -> None:
    ours = system / "opt/infra-system/bundles/python/bin/python3.13"
    program(ours)
    (system / "usr/local/bin/python3.13").symlink_to(ours)
    assert "usr/local/bin/python3.13" not in found(system)


def test_a_system_without_any_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    assert find_foreign_pythons(tmp_path / "own", system=tmp_path) == []


def test_what_is_no_program_or_no_package_is_passed_over(system: Path) -> None:
    (system / "usr/local/bin/python3.8").mkdir()
    (system / "usr/bin/python3.7").write_text("not executable")
    (system / "usr/bin/python3-config").symlink_to("python3.11")
    (system / "usr/bin/python3.6").symlink_to("nowhere")
    package(system / "usr/local/lib/python3.9/site-packages", "no-version", "x.dist-info")
    assert len(found(system)) == 5
    assert found(system)["usr/local/bin/python3.9"][1] == {"boto": "2.49.0"}
