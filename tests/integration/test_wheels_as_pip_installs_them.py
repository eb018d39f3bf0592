# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One wheel, one answer: what pip installs of it is what an environment holds, and what a bundle holds, file by file.

What differs on purpose: byte code (our own only), scripts are executable whatever the wheel says, options in their first line are kept,
and a byte order mark in front of the commands loses none of them.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.environment import Places, make
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.grammar import has_drive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel import unpack_wheel
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import Wheel as BuilderWheel
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.packages import install_packages, places_in
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_wheel
from bundle_samples import tree_at
from host_samples import Host, bundle, unpacked_receipt
from peculiar_wheels import MAIN, PECULIAR

SHORT = "{}.{}".format(*sys.version_info[:2])
VERSION = f"{SHORT}.1"
PIP = [sys.executable, "-I", "-m", "pip", "install", "--isolated", "--no-deps", "--no-index", "--no-compile", "--ignore-installed"]
QUIET = ["--no-warn-script-location", "--disable-pip-version-check", "--quiet", "--root-user-action=ignore", "--no-cache-dir"]
WRITTEN_BY_INSTALLERS = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}
ENTRY = re.compile(rb"from ([\w.]+) import \w+\n.*sys\.exit\(([\w.]+)\(\)\)", re.DOTALL)
TRAMPOLINE = re.compile(rb"\A#!/bin/sh\n''':'\n.*?\n'''\n", re.DOTALL)


@dataclass(frozen=True)
class Installed:
    """Where an installer put wheels."""

    base: Path
    places: Places

    def files(self, name: str) -> dict[str, tuple[object, bool]]:
        """Return what a wheel's RECORD lists, by part and path, with content and the bit for executables (of scripts: True)."""
        site = self.base / self.places.site_packages
        (record,) = [
            path for path in site.glob("*.dist-info/RECORD") if re.sub(r"[-_.]+", "_", path.parts[-2].rsplit("-", 2)[0]).lower() == name
        ]
        with record.open(newline="", encoding="utf-8") as stream:
            paths = {(site / row[0]).resolve() for row in csv.reader(stream)}
        found = {}
        for path in sorted(paths):
            part, inside = self._part(path)
            if not path.is_file() or "__pycache__" in path.parts or (".dist-info/" in inside and path.name in WRITTEN_BY_INSTALLERS):
                continue
            data = path.read_bytes()
            executable = bool(path.stat().st_mode & 0o111)
            found[f"{part}/{inside}"] = (script(data), True) if part == "scripts" else (data, executable)
        return found

    def _part(self, path: Path) -> tuple[str, str]:
        for part, place in (("site", self.places.site_packages), ("scripts", self.places.scripts), ("headers", self.places.headers)):
            if self.base / place in path.parents:
                inside = path.relative_to(self.base / place).as_posix()
                return part, inside.partition("/")[2] if part == "headers" else inside
        return "data", path.relative_to(self.base).as_posix()


def script(data: bytes) -> object:
    """Return what a script does, however it finds its interpreter."""
    if match := ENTRY.search(data):
        return match.groups()
    if match := TRAMPOLINE.match(data):
        return ("python", data[match.end() :])
    first, _newline, rest = data.partition(b"\n")
    return ("python", rest) if re.match(rb"#!/\S*python", first) else data


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wheel]:
    return {name: make(tmp_path_factory.mktemp("wheels"), name) for name, make in PECULIAR.items()}


@pytest.fixture(scope="module")
def by_pip(wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    prefix = tmp_path_factory.mktemp("pip").resolve()
    done = subprocess.run(
        [*PIP, *QUIET, "--prefix", str(prefix), *(str(wheel.path) for wheel in wheels.values())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Installed(prefix, Places("bin/python", f"lib/python{SHORT}/site-packages", f"include/site/python{SHORT}", "bin"))


def in_environment(wheel: Wheel, base: Path) -> Installed:
    base = base.resolve()
    declared = Host().install(bundle(release=f"{VERSION}+1"))
    (base / "laid").mkdir()
    told = unpack_wheel(wheel.path, base / "laid", compiles=True)
    told["name"] = re.sub(r"[-_.]+", "-", told["name"]).lower()
    receipt = unpacked_receipt(wheel.path, told, sha256=wheel.sha256)
    (base / "tree").mkdir()
    built = make(
        base / "tree", final=Path("/e"), name="e", system_site_packages=False, bundle=declared, bundle_tree=Path("/b"),
        laid=[(receipt, base / "laid")], link_mode="auto",
    )  # fmt: skip
    return Installed(base / "tree", built.places)


def in_bundle(wheel: Wheel, base: Path) -> Installed:
    tree = tree_at(base.resolve() / "tree", version=VERSION)
    install_packages(tree, [BuilderWheel(path=wheel.path, sha256=wheel.sha256)], scripts=True)
    return Installed(*places_in(tree))


@pytest.mark.parametrize("way", [in_environment, in_bundle], ids=["environment", "bundle"])
@pytest.mark.parametrize("name", sorted(PECULIAR))
def test_pip_and_we_install_the_same(
    name: str, way: Callable[[Wheel, Path], Installed], wheels: dict[str, Wheel], by_pip: Installed, tmp_path: Path
) -> None:
    expected = by_pip.files(name)
    assert expected or name == "nothing"
    assert way(wheels[name], tmp_path).files(name) == expected


@pytest.mark.parametrize("way", [in_environment, in_bundle], ids=["environment", "bundle"])
def test_a_byte_order_mark_loses_no_command(way: Callable[[Wheel, Path], Installed], tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path, "bom", files={"bom.py": MAIN}, metadata={"entry_points.txt": "\ufeff[console_scripts]\ncase-bom = bom:main\n"}
    )
    assert way(wheel, tmp_path).files("bom")["scripts/case-bom"] == ((b"bom", b"main"), True)


NOT_INSTALLED = {
    "no metadata": {"metadata": {"METADATA": None}},
    "no wheel": {"metadata": {"WHEEL": None}},
    "wheel of tomorrow": {"metadata": {"WHEEL": "Wheel-Version: 2.0\n"}},
    "no wheel version": {"metadata": {"WHEEL": "Root-Is-Purelib: true\n"}},
    "two dist-infos": {"unrecorded": {"other-2.0.dist-info/METADATA": "Name: other\n"}},
    "unknown scheme": {"files": {"odd-1.0.data/libraries/x": "x"}},
    "no scheme": {"files": {"odd-1.0.data/x": "x"}},
    "command without function": {"metadata": {"entry_points.txt": "[console_scripts]\nodd = odd\n"}},
    "outside": {"files": {"../../odd.py": "x"}},
}


@pytest.mark.parametrize("name", sorted(NOT_INSTALLED))
def test_what_pip_refuses_is_refused_and_named(name: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "odd", **NOT_INSTALLED[name])  # type: ignore[arg-type]
    done = subprocess.run([*PIP, *QUIET, "--prefix", str(tmp_path / "pip"), str(wheel.path)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    for way in (in_environment, in_bundle):
        place = tmp_path / way.__name__
        place.mkdir()
        with pytest.raises(HermeticError, match=re.escape(wheel.filename)):
            way(wheel, place)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"record": b"\xff\xfe\n"}, "no UTF-8"),
        ({"unrecorded": {"pkg/x.py": ""}}, "1 of its files have no line in its RECORD ('pkg/x.py')"),
        ({"metadata": {"WHEEL": "Wheel-Version: 1.4\n"}}, "Wheel-Version is 1.4"),
        ({"files": {"pkg/__init__.py": "", "pkg/__pycache__/other.cpython-99.pyc": "x"}}, "1 files of byte code"),
        ({"metadata": {"entry_points.txt": "loose\n"}}, "before its first section"),
        ({"files": {f"pkg/{'m' * 251}.py": ""}}, "without byte code"),
    ],
)
def test_what_is_odd_about_a_wheel_is_said(tmp_path: Path, parts: dict[str, object], said: str) -> None:
    wheel = make_wheel(tmp_path, "pkg", **parts)  # type: ignore[arg-type]
    (tmp_path / "into").mkdir()
    warnings = unpack_wheel(wheel.path, tmp_path / "into", compiles=True)["warnings"]
    assert [wheel.filename in warning and said in warning for warning in warnings] == [True]
    if "__pycache__" not in str(parts):
        told: list[str] = []
        install_packages(tree_at(tmp_path / "tree"), [BuilderWheel(path=wheel.path, sha256=wheel.sha256)], scripts=True, warnings=told)
        assert len(told) == (0 if "byte code" in said else 1)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"pkg/a:b.txt": "x"}, "alternate data stream"),
        ({"pkg/aux.py": "x"}, "takes it for a device"),
        ({"pkg/what?.txt": "x"}, "holds '?'"),
        ({"pkg/dot.": "x"}, "cut off"),
        ({"pkg/Same.txt": "x", "pkg/same.txt": "y"}, "case-insensitive"),
        ({"pkg-1.0.dist-info/entry_points.txt": "[console_scripts]\na:b = pkg:main\n"}, "alternate data stream"),
    ],
)
def test_a_bundle_for_windows_is_judged_by_the_rules_of_windows(tmp_path: Path, files: dict[str, str], said: str) -> None:
    wheel = make_wheel(tmp_path, "pkg", files=files)
    given = BuilderWheel(path=wheel.path, sha256=wheel.sha256)
    with pytest.raises(BrokenArtifact) as caught:
        install_packages(tree_at(tmp_path / "windows", platform="windows-x86_64"), [given], scripts=True)
    assert said in str(caught.value)
    assert wheel.filename in str(caught.value)
    install_packages(tree_at(tmp_path / "linux"), [given], scripts=True)


@pytest.mark.parametrize(
    "path",
    [
        "bundle.json",
        "bin/python3.12",
        "bin/python",
        "libexec/python3.12",
        "lib/engine/installer/__init__.py",
        "pyvenv.cfg",
        "c:x",
        "lib/python312.zip",
    ],
)
def test_what_belongs_to_a_bundle_is_not_brought_by_a_wheel(tmp_path: Path, path: str) -> None:
    wheel = make_wheel(tmp_path, "pkg", files={f"pkg-1.0.data/data/{path}": "x"})
    with pytest.raises(BrokenArtifact, match=r"pkg-1\.0.*(belongs to the bundle|drive letter)") as caught:
        install_packages(tree_at(tmp_path / "tree"), [BuilderWheel(path=wheel.path, sha256=wheel.sha256)], scripts=True)
    assert path in str(caught.value)
    assert has_drive(path) == ("drive letter" in str(caught.value))


def test_two_packages_of_a_bundle_may_bring_the_same_file_with_the_same_content(tmp_path: Path) -> None:
    made = [make_wheel(tmp_path, name, files={"shared/__init__.py": "", f"{name}.py": ""}) for name in ("one", "two")]
    tree = tree_at(tmp_path / "tree")
    install_packages(tree, [BuilderWheel(path=wheel.path, sha256=wheel.sha256) for wheel in made], scripts=True)
    assert (tree.root / tree.site_packages / "shared" / "__init__.py").is_file()
