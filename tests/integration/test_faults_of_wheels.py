# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels that cannot be installed: each gets an answer that a person can act on, and the generation in force is not touched.

The engine runs as on a host, from its zip.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import Wheel as BuilderWheel
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.packages import install_packages
from bundle_samples import tree_at
from hosts import Host
from peculiar_wheels import PECULIAR
from roots import Archive, Declared, Engine
from wheelhouse import Wheel, make_wheel
from wheelhouse import known as known_wheel


def _no_zip(directory: Path) -> list[Wheel]:
    path = directory / "odd-1.0-py3-none-any.whl"
    path.write_bytes(b"this is no wheel")
    return [known_wheel(path)]


def _cut_off(directory: Path) -> list[Wheel]:
    whole = make_wheel(directory, "odd", files={"odd.py": "x = 1\n" * 9999})
    whole.path.write_bytes(whole.path.read_bytes()[:-200])
    return [known_wheel(whole.path)]


def _corrupt_entry(directory: Path) -> list[Wheel]:
    whole = make_wheel(directory, "odd", files={"odd.py": os.urandom(9999).hex()})
    raw = whole.path.read_bytes()
    whole.path.write_bytes(raw[:1000] + b"\0" * 100 + raw[1100:])
    return [known_wheel(whole.path)]


def _two_dist_infos(directory: Path) -> list[Wheel]:
    return [make_wheel(directory, "odd", unrecorded={"other-2.0.dist-info/METADATA": "Name: other\n", "other-2.0.dist-info/RECORD": ""})]


def _wheel_outside(name: str) -> Callable[[Path], list[Wheel]]:
    return lambda directory: [make_wheel(directory, "odd", files={name: "x = 1\n", "odd.py": ""})]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (_no_zip, ("cannot be installed", "published broken")),
        (_cut_off, ("cannot be installed", "published broken")),
        (_corrupt_entry, ("cannot be installed", "published broken")),
        (_two_dist_infos, ("cannot be installed",)),
        (_wheel_outside("../../outside.py"), ("../../outside.py", "outside")),
        (_wheel_outside("odd-1.0.data/data/../../outside.py"), ("outside",)),
        (_wheel_outside("odd-1.0.data/elsewhere/outside.py"), ("cannot be installed",)),
        (_wheel_outside("/tmp/hermetic-outside.py"), ("hermetic-outside.py",)),
        (lambda directory: [make_wheel(directory, "odd", metadata={"WHEEL": None})], ("cannot be installed",)),
        (lambda directory: [make_wheel(directory, "odd", metadata={"WHEEL": "Wheel-Version: 9.0\n"})], ("cannot be installed",)),
        (lambda directory: [make_wheel(directory, "odd", scripts={"../odd": "odd:main"})], ("'../odd'", "no file name")),
        (lambda directory: [make_wheel(directory, "odd", files={"odd-1.0.data/data/pyvenv.cfg": "home = /tmp\n"})], ("pyvenv.cfg",)),
        (lambda directory: [make_wheel(directory, "odd", files={"odd-1.0.data/data/bin/python": "#!/bin/sh\n"})], ("bin/python",)),
        (
            lambda directory: [make_wheel(directory, "odd", files={"odd": "x"}), make_wheel(directory, "even", files={"odd/inner.py": ""})],
            ("odd", "Leave one of the packages out"),
        ),
        (
            lambda directory: [make_wheel(directory, "odd", "1.0"), make_wheel(directory, "odd", "2.0")],
            ("more than one wheel of a package", "odd-1.0", "odd-2.0"),
        ),
    ],
    ids=[
        "no zip",
        "cut off",
        "corrupt entry",
        "two dist-infos",
        "dots",
        "dots in data",
        "unknown scheme",
        "absolute",
        "no WHEEL",
        "later WHEEL",
        "script with a path",
        "pyvenv.cfg",
        "interpreter",
        "file and directory",
        "two versions",
    ],
)
def test_a_wheel_that_cannot_be_unpacked_makes_no_environment(
    made: Callable[[Path], list[Wheel]], wanted: tuple[str, ...], host: Host, declared: Declared, wheels: dict[str, Wheel], tmp_path: Path
) -> None:
    bad = made(tmp_path)
    told = host.refuses(*wanted, declared=declared.but(web=[wheels["beta-2.0"], *bad], more=[wheels["beta-1.0"]]))
    assert any(wheel.path.name in told["msg"] or wheel.name in told["msg"] for wheel in bad)
    assert not Path("/tmp/hermetic-outside.py").exists()


def test_a_file_that_two_wheels_bring_is_reported_and_the_later_one_wins(engine: Engine, good: Archive, tmp_path: Path) -> None:
    pair = [make_wheel(tmp_path, name, files={"shared.py": f"BY = '{name}'\n", f"{name}.py": ""}) for name in ("first", "second")]
    host = Host(tmp_path / "root", engine, Declared({"python": good}, {"web": pair}))
    assert any("shared.py" in warning and "another file of that name" in warning for warning in host.converge()["warnings"])
    assert host.python("-c", "import shared; print(shared.BY)", of="web").strip() in ("first", "second")
    assert host.drift("deep") == []


def test_peculiar_wheels_make_an_environment_that_is_clean(engine: Engine, good: Archive, tmp_path: Path) -> None:
    # Their makers know the class by the name of the collection.
    peculiar: list[Any] = [make(tmp_path / name, name) for name, make in PECULIAR.items()]
    host = Host(tmp_path / "root", engine, Declared({"python": good}, {"web": peculiar}))
    warnings = host.converge()["warnings"]
    assert any("unrecorded-1.0" in warning and "no line in its RECORD" in warning for warning in warnings)
    assert host.drift("deep") == []
    assert host.converge()["changed"] is False
    environment = host.environment("web")
    assert (environment / "bin" / "data_spelled-x").is_file()
    assert (environment / "share" / "data_spelled" / "x").is_file()
    assert (environment / "share" / "man" / "man3" / "names_of_posix::Man.3").is_file()
    short = host.python("-c", "import sys; print('%d.%d' % sys.version_info[:2])", of="web").strip()
    assert {path.name for path in (environment / "bin").glob("pip[0-9]*")} == {"pip3", f"pip{short}"}
    removed = environment / "share" / "data_spelled" / "x"
    removed.unlink()
    assert [finding["path"] for finding in host.drift() if finding["kind"] == "missing"] == [str(removed)]


@pytest.mark.network
@pytest.mark.parametrize("requirement", ["testpath==0.4.3", "git-filter-repo==2.38.0", "mkdocstrings-python-xref==1.6.2"])
def test_published_wheels_that_others_install_are_installed(requirement: str, engine: Engine, good: Archive, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run([*command, "--dest", str(tmp_path / "wheels"), requirement], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"the index has no wheel of {requirement}: {done.stderr.strip()[-200:]}")
    (path,) = (tmp_path / "wheels").glob("*.whl")
    host = Host(tmp_path / "root", engine, Declared({"python": good}, {"web": [known_wheel(path)]}))
    host.converge()
    assert host.drift("deep") == []
    tree = tree_at(tmp_path / "tree")
    assert install_packages(tree, [BuilderWheel(path=path, sha256=known_wheel(path).sha256)], scripts=True)
