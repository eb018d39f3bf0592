# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments are made of unpacked wheels: shared files, own scripts, a whole RECORD, and a clear word where two wheels collide."""

from __future__ import annotations

import csv
import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.tree_files import WAYS
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree import Inspection
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree_status import file_owner
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.environment import Built, Places, make, places
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord, Manifest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import LaidReceipt
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.scripts import PosixLaunchers, own_scripts
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel import unpack_wheel
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_wheel
from host_samples import Host, bundle, bundle_info, unpacked_receipt

SITE = "lib/python3.12/site-packages"


class Workshop:
    """Lays wheels and makes environments in one directory."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.bundle = Host().install(bundle())

    def unpack(self, wheel: Wheel) -> tuple[LaidReceipt, Path]:
        into = self.base / f"laid-{wheel.name}"
        into.mkdir()
        told = unpack_wheel(wheel.path, into, compiles=False)
        receipt = unpacked_receipt(wheel.path, told, sha256=wheel.sha256)
        return receipt, into

    def make(self, *wheels: Wheel, final: Path | None = None, link_mode: str = "auto", system: bool = False) -> Built:
        self.tree = self.base / "tree"
        self.tree.mkdir()
        return make(
            self.tree,
            final=final or Path("/opt/infra-system/environments/one-0123456789ab"),
            name="one",
            system_site_packages=system,
            bundle=self.bundle,
            bundle_tree=Path("/opt/infra-system/bundles") / self.bundle.id,
            laid=[self.unpack(wheel) for wheel in wheels],
            link_mode=link_mode,
        )

    def wheel(self, name: str, **parts: Any) -> Wheel:
        return make_wheel(self.base / "wheels", name, **parts)

    def record(self, dist_info: str) -> dict[str, list[str]]:
        with open(self.tree / SITE / dist_info / "RECORD", newline="") as stream:
            rows = list(csv.reader(stream))
        assert len({row[0] for row in rows}) == len(rows)
        return {row[0]: row[1:] for row in rows}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.mark.parametrize(
    ("platform", "release", "expected"),
    [
        ("linux-x86_64", "3.12.1+1", Places("bin/python", SITE, "include/site/python3.12", "bin")),
        ("macos-arm64", "3.9.18+1", Places("bin/python", "lib/python3.9/site-packages", "include/site/python3.9", "bin")),
        ("linux-x86_64", "2.7.18+1", Places("bin/python", "lib/python2.7/site-packages", "include/site/python2.7", "bin")),
        ("windows-x86_64", "3.12.1+1", Places("Scripts/python.exe", "Lib/site-packages", "Include", "Scripts")),
    ],
)
def test_every_system_has_its_places(platform: str, release: str, expected: Places) -> None:
    found = places(bundle_info(release=release, platform=platform))
    assert found == expected
    assert os.path.normpath(f"{found.site_packages}/{found.up_to_prefix}") == "."


def test_an_empty_environment_is_an_interpreter(workshop: Workshop) -> None:
    built = workshop.make()
    assert built.own_links == {
        "bin/python": f"/opt/infra-system/bundles/{workshop.bundle.id}/bin/python3.12",
        "bin/python3": "python",
        "bin/python3.12": "python",
    }
    assert built.directories == {"bin", "lib", "lib/python3.12", SITE}
    assert list(built.own_files) == ["pyvenv.cfg"]
    lines = (workshop.tree / "pyvenv.cfg").read_text().splitlines()
    assert f"home = /opt/infra-system/bundles/{workshop.bundle.id}/bin" in lines
    assert "include-system-site-packages = false" in lines
    assert "prompt = one" in lines


def test_site_packages_of_the_system_are_a_line_in_the_configuration(workshop: Workshop) -> None:
    workshop.make(system=True)
    assert "include-system-site-packages = true" in (workshop.tree / "pyvenv.cfg").read_text().splitlines()


@pytest.mark.parametrize("link_mode", ["auto", "hardlink", "copy"])
def test_what_was_built_is_what_is_reported(workshop: Workshop, link_mode: str) -> None:
    wheel = workshop.wheel(
        "pkg",
        files={"pkg/__init__.py": "", "pkg-1.0.data/scripts/run": "#!python\n", "pkg-1.0.data/data/share/x": "x"},
        scripts={"pkg": "pkg:main"},
    )
    before = os.umask(0o027)
    try:
        built = workshop.make(wheel, link_mode=link_mode)
    finally:
        os.umask(before)
    assert built.link_mode in (("hardlink", "reflink") if link_mode == "auto" else (link_mode,))
    manifest = Manifest(
        directories=set(built.directories), files=laid_files(workshop, wheel) | built.own_files, links=dict(built.own_links)
    )
    workshop.tree.chmod(0o755)
    inspection = Inspection(workshop.tree, manifest, owner=file_owner())
    inspection.all_by_stat({}, list_all=True)
    assert inspection.differences == []
    shared = (workshop.tree / SITE / "pkg/__init__.py").stat().st_nlink
    assert shared == (2 if built.link_mode == "hardlink" else 1)
    alone = {path for path in manifest.files if (workshop.tree / path).stat().st_nlink == 1}
    assert alone == {*built.own_files, *built.unlinked}


def laid_files(workshop: Workshop, wheel: Wheel) -> dict[str, FileRecord]:
    """Return the files of a wheel by their places, without those that the environment writes itself."""
    told = unpack_wheel(wheel.path, _empty(workshop.base / "again"), compiles=False)
    found = {}
    for path, record in told["files"].items():
        scheme, _, rest = path.partition("/")
        found[{"site": f"{SITE}/{rest}", "data": rest, "scripts": f"bin/{rest}"}[scheme]] = record
    return found


def _empty(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_link_mode_that_does_not_work_is_refused(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(source: str, target: str, mode: int) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link", target)

    monkeypatch.setitem(WAYS, "reflink", refuses)
    with pytest.raises(HermeticError, match=r"link_mode is 'reflink', which does not work .*: Invalid cross-device link"):
        workshop.make(workshop.wheel("pkg"), link_mode="reflink")
    assert not list(workshop.tree.rglob(".link-trial"))


def test_what_a_trial_of_links_could_not_remove_does_not_stay(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaves_it_there(source: str, target: str, mode: int) -> None:
        Path(target).touch()
        raise OSError(errno.EBUSY, "Device or resource busy", target)

    monkeypatch.setitem(WAYS, "reflink", leaves_it_there)
    workshop.make(workshop.wheel("pkg"), link_mode="auto")
    assert not list(workshop.tree.rglob(".link-trial"))


def test_record_names_scripts_headers_and_data(workshop: Workshop) -> None:
    wheel = workshop.wheel(
        "pkg",
        files={
            "pkg/__init__.py": "",
            "pkg-1.0.data/scripts/plain": "#!/bin/sh\n",
            "pkg-1.0.data/scripts/ours": "#!python\n",
            "pkg-1.0.data/headers/pkg.h": "x",
            "pkg-1.0.data/data/etc/pkg.conf": "x",
        },
        scripts={"command": "pkg:main"},
    )
    workshop.make(wheel)
    record = workshop.record("pkg-1.0.dist-info")
    for path in record:
        assert (workshop.tree / SITE / path).is_file(), path
    assert {path for path in record if path.startswith("../")} == {
        "../../../bin/command",
        "../../../bin/ours",
        "../../../bin/plain",
        "../../../etc/pkg.conf",
        "../../../include/site/python3.12/pkg/pkg.h",
    }


@pytest.mark.parametrize(
    ("first", "data", "expected"),
    [
        ("#!python", b"", b"#!/e/bin/python\n"),
        ("#!pythonw", b"", b"#!/e/bin/python\n"),
        ("#!python -W ignore", b"", b"#!/e/bin/python -W ignore\n"),
        ("#!python3", b"", b"#!/e/bin/python\n"),
    ],
)
def test_a_python_script_gets_the_interpreter_of_the_environment(workshop: Workshop, first: str, data: bytes, expected: bytes) -> None:
    body = b"\nimport sys\nprint('\xc3\xa9')\n"
    workshop.make(workshop.wheel("pkg", files={"pkg-1.0.data/scripts/run": first.encode() + body}), final=Path("/e"))
    assert (workshop.tree / "bin/run").read_bytes() == expected + body[1:]
    assert (workshop.tree / "bin/run").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("first", ["#!/bin/sh", "#!/usr/bin/env python", "no first line", ""])
def test_any_other_script_stays_as_it_is(workshop: Workshop, first: str) -> None:
    built = workshop.make(workshop.wheel("pkg", files={"pkg-1.0.data/scripts/run": f"{first}\nx\n"}))
    assert (workshop.tree / "bin/run").read_text() == f"{first}\nx\n"
    assert "bin/run" not in built.own_files


@pytest.mark.parametrize("final", [Path("/a root/with blanks"), Path("/") / ("x" * 140), Path("/it's")])
def test_a_first_line_that_the_kernel_would_not_read_goes_through_the_shell(workshop: Workshop, final: Path) -> None:
    workshop.make(workshop.wheel("pkg", files={"pkg-1.0.data/scripts/run": "#!python -I\n"}, scripts={"command": "pkg:main"}), final=final)
    for name in ("run", "command"):
        first = (workshop.tree / "bin" / name).read_bytes().splitlines()[0]
        assert first == b"#!/bin/sh" or (final == Path("/it's") and first.startswith(b"#!/it's/bin/python"))


class TestCollisions:
    """Two wheels bring one path."""

    def test_the_later_one_wins_and_a_warning_says_so(self, workshop: Workshop) -> None:
        wheels = [workshop.wheel(name, files={"shared/same.py": "same\n", "shared/other.py": f"{name}\n"}) for name in ("aa", "bb")]
        built = workshop.make(*wheels)
        assert (workshop.tree / SITE / "shared/other.py").read_text() == "bb\n"
        assert [f"{SITE}/shared/other.py from bb; aa brings another" in warning for warning in built.warnings] == [True]

    def test_a_script_of_two_wheels_is_reported(self, workshop: Workshop) -> None:
        wheels = [workshop.wheel(name, scripts={"run": f"{name}:main"}) for name in ("aa", "bb")]
        built = workshop.make(*wheels)
        assert "from bb import main" in (workshop.tree / "bin/run").read_text()
        assert ["the script 'run' of bb; aa brings another" in warning for warning in built.warnings] == [True]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"files": {"x": "file\n"}}, {"files": {"x/y.py": "below\n"}}),
            ({"files": {"x/y.py": "below\n"}}, {"files": {"x": "file\n"}}),
            ({"scripts": {"python": "aa:main"}}, {}),
            ({"files": {"aa-1.0.data/data/pyvenv.cfg": "home = /evil\n"}}, {}),
            ({"files": {"aa-1.0.data/data/bin/python": "evil\n"}}, {}),
            ({"files": {"aa-1.0.data/data/bin": "evil\n"}}, {}),
            ({"files": {"aa-1.0.data/data/lib": "evil\n"}}, {}),
            ({"files": {"aa-1.0.data/data/bin/python/x": "evil\n"}}, {}),
        ],
    )
    def test_what_cannot_be_distinguished_is_refused(self, workshop: Workshop, one: dict[str, Any], other: dict[str, Any]) -> None:
        with pytest.raises(
            BrokenArtifact, match="is taken by the environment itself, or is a file for one wheel and a directory for another"
        ):
            workshop.make(workshop.wheel("aa", **one), workshop.wheel("bb", **other))

    @pytest.mark.parametrize("first", [{"scripts": {"run": "aa:main"}}, {"files": {"aa-1.0.data/scripts/run": "#!/bin/sh\naa\n"}}])
    @pytest.mark.parametrize("second", [{"scripts": {"run": "bb:main"}}, {"files": {"bb-1.0.data/scripts/run": "#!/bin/sh\nbb\n"}}])
    def test_of_two_scripts_of_any_kind_the_later_one_wins(self, workshop: Workshop, first: dict[str, Any], second: dict[str, Any]) -> None:
        built = workshop.make(workshop.wheel("aa", **first), workshop.wheel("bb", **second))
        assert "bb" in (workshop.tree / "bin/run").read_text()
        assert [("of bb" in warning or "from bb" in warning) and "aa brings another" in warning for warning in built.warnings] == [True]
        assert ("bin/run" in built.own_files) == ("scripts" in second)

    @pytest.mark.parametrize("name", ["../evil", "a/b", "a\\b", ".", ".."])
    def test_a_command_that_is_no_file_name_is_refused(self, workshop: Workshop, name: str) -> None:
        with pytest.raises(BrokenArtifact, match="is no file name"):
            workshop.make(workshop.wheel("aa", metadata={"entry_points.txt": f"[console_scripts]\n{name} = aa:main\n"}))

    @pytest.mark.parametrize("name", ["../evil", "a/b", "..", ""])
    def test_a_command_of_a_forged_receipt_is_refused(self, workshop: Workshop, name: str) -> None:
        receipt, tree = workshop.unpack(workshop.wheel("aa"))
        forged = replace(receipt, entry_points=[[name, "aa", "main", "console"]])
        with pytest.raises(BrokenArtifact, match="which is no file name"):
            own_scripts(forged.files, forged.entry_points, tree, filename="aa.whl", version="3.12.1", launchers=PosixLaunchers("/p"))

    def test_an_entry_point_replaces_the_script_that_setuptools_made_of_it(self, workshop: Workshop) -> None:
        names = ("run", "run.exe", "run-script.py", "other")
        files = {f"pkg-1.0.data/scripts/{name}": "#!python\nprint('script')\n" for name in names}
        built = workshop.make(workshop.wheel("pkg", files=files, scripts={"run": "pkg:main"}))
        assert "from pkg import main" in (workshop.tree / "bin/run").read_text()
        assert {path for path in built.own_files if path.startswith("bin/")} == {"bin/run", "bin/other"}


def test_a_lock_with_pip_gets_its_versioned_command(workshop: Workshop) -> None:
    built = workshop.make(workshop.wheel("pip", scripts={"pip": "pip:main", "pip3": "pip:main"}))
    assert {"bin/pip", "bin/pip3", "bin/pip3.12"} <= set(built.own_files)
    assert "../../../bin/pip3.12" in workshop.record("pip-1.0.dist-info")
