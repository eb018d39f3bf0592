# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels are laid whole, with exactly the modes and times of a tree, or refused; what a wheel holds cannot leave its directory."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import marshal
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import FILE_TIME
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel import unpack_wheel
from ansible_collections.hermetic.python.tests.integration.wheelhouse import Wheel, make_wheel


def laid(wheel: Wheel, tmp_path: Path, *, compiles: bool = True) -> tuple[dict[str, Any], Path]:
    into = tmp_path / "laid"
    into.mkdir()
    return unpack_wheel(wheel.path, into, compiles=compiles), into


def files_of(into: Path) -> set[str]:
    return {str(path.relative_to(into)) for path in into.rglob("*") if not path.is_dir()}


@pytest.fixture(autouse=True)
def hurry() -> Iterator[None]:
    """A wheel that is read without end must fail the test and not stop it."""

    def stop(*_: object) -> None:
        raise TimeoutError("still laying after 20 seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def rich(tmp_path: Path) -> Wheel:
    return make_wheel(
        tmp_path,
        "Rich_Name",
        "1.0+local.1",
        files={
            "rich/__init__.py": "X = 1\n",
            "rich/template.py": "def {{ name }}:\n",
            "rich/nulls.py": b"x = '\0'\n",
            "rich/no utf8.py": b"x = '\xff'\n",
            "rich/with blank, and comma.txt": "x\n",
            "rich/native.so": b"\x7fELF",
            "rich/tool.sh": "#!/bin/sh\n",
            "single.py": "Y = 2\n",
            "Rich_Name-1.0+local.1.data/purelib/pure.py": "P = 1\n",
            "Rich_Name-1.0+local.1.data/platlib/plat/__init__.py": "",
            "Rich_Name-1.0+local.1.data/data/share/man/man1/rich.1": "manual\n",
            "Rich_Name-1.0+local.1.data/headers/rich/rich.h": "#define R\n",
            "Rich_Name-1.0+local.1.data/scripts/rich-python": "#!python\nprint(1)\n",
            "Rich_Name-1.0+local.1.data/scripts/rich-shell": "#!/bin/sh\necho 1\n",
        },
        scripts={"rich": "rich:main", "another": "rich.sub:obj.main"},
        executable=["rich/native.so", "rich/tool.sh"],
        pure=False,
    )


def test_everything_lands_in_its_part(rich: Wheel, tmp_path: Path) -> None:
    told, into = laid(rich, tmp_path)
    tag = importlib.util.MAGIC_NUMBER and importlib.util.cache_from_source("x.py").rpartition("x.")[2]
    info = "site/Rich_Name-1.0+local.1.dist-info"
    assert files_of(into) == {
        "site/rich/__init__.py",
        f"site/rich/__pycache__/__init__.{tag}",
        "site/rich/template.py",
        "site/rich/nulls.py",
        "site/rich/no utf8.py",
        "site/rich/with blank, and comma.txt",
        "site/rich/native.so",
        "site/rich/tool.sh",
        "site/single.py",
        f"site/__pycache__/single.{tag}",
        "site/pure.py",
        f"site/__pycache__/pure.{tag}",
        "site/plat/__init__.py",
        f"site/plat/__pycache__/__init__.{tag}",
        "data/share/man/man1/rich.1",
        "headers/rich/rich.h",
        "scripts/rich-python",
        "scripts/rich-shell",
        *(f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "INSTALLER", "entry_points.txt")),
    }
    assert (told["name"], told["version"], told["dist_info"]) == ("Rich_Name", "1.0+local.1", "Rich_Name-1.0+local.1.dist-info")
    assert told["entry_points"] == [["another", "rich.sub", "obj.main", "console"], ["rich", "rich", "main", "console"]]


def test_what_is_reported_is_what_lies_there(rich: Wheel, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        told, into = laid(rich, tmp_path)
    finally:
        os.umask(before)
    assert set(told["files"]) == files_of(into)
    for path, (mode, size, sha256) in told["files"].items():
        found = (into / path).stat()
        assert (stat.S_IMODE(found.st_mode), found.st_size, found.st_mtime) == (mode, size, FILE_TIME), path
        assert hashlib.sha256((into / path).read_bytes()).hexdigest() == sha256
    assert {stat.S_IMODE(path.stat().st_mode) for path in into.rglob("*") if path.is_dir()} == {0o755}
    executable = {path for path, record in told["files"].items() if record.mode == 0o755}
    assert executable == {"site/rich/native.so", "site/rich/tool.sh", "scripts/rich-python", "scripts/rich-shell"}


def test_record_names_what_needs_no_environment_to_be_known(rich: Wheel, tmp_path: Path) -> None:
    _told, into = laid(rich, tmp_path)
    with open(into / "site/Rich_Name-1.0+local.1.dist-info/RECORD", newline="") as stream:
        rows = {row[0]: row[1:] for row in csv.reader(stream)}
    assert rows["Rich_Name-1.0+local.1.dist-info/RECORD"] == ["", ""]
    assert not any(path.endswith("share/man/man1/rich.1") for path in rows)
    assert "rich/with blank, and comma.txt" in rows
    assert not any("rich-python" in path or "rich.h" in path or "__pycache__" in path for path in rows)


def test_the_same_wheel_gives_the_same_tree(rich: Wheel, tmp_path: Path) -> None:
    trees = []
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        told, into = laid(rich, tmp_path / turn)
        trees.append((told, {path: (into / path).read_bytes() for path in files_of(into)}))
    assert trees[0] == trees[1]


def test_byte_code_is_used_without_a_look_at_the_source(rich: Wheel, tmp_path: Path) -> None:
    _told, into = laid(rich, tmp_path)
    data = Path(importlib.util.cache_from_source(str(into / "site/single.py"))).read_bytes()
    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert data[4:8] == b"\x01\x00\x00\x00"
    code = marshal.loads(data[16:])
    assert code.co_filename == "single.py"


def test_nothing_is_compiled_for_a_python_that_cannot_run_this(rich: Wheel, tmp_path: Path) -> None:
    _told, into = laid(rich, tmp_path, compiles=False)
    assert not [path for path in files_of(into) if path.endswith(".pyc")]


def test_byte_code_that_a_wheel_brings_is_not_taken(tmp_path: Path) -> None:
    cached = importlib.util.cache_from_source("pkg/__init__.py")
    wheel = make_wheel(
        tmp_path, "pkg", files={"pkg/__init__.py": "X = 1\n", cached: b"evil", "pkg/__pycache__/other.cpython-99.pyc": b"evil"}
    )
    _told, into = laid(wheel, tmp_path)
    assert b"evil" not in (into / "site" / cached).read_bytes()
    assert not (into / "site/pkg/__pycache__/other.cpython-99.pyc").exists()


def test_signatures_and_unlisted_files_are_unpacked_too(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        "pkg",
        unrecorded={"pkg/unlisted.py": "X = 1\n", "pkg-1.0.dist-info/RECORD.jws": "{}", "pkg-1.0.dist-info/RECORD.p7s": b"\0"},
    )
    told, _into = laid(wheel, tmp_path)
    assert {"site/pkg/unlisted.py", "site/pkg-1.0.dist-info/RECORD.jws", "site/pkg-1.0.dist-info/RECORD.p7s"} <= set(told["files"])


def test_the_name_of_another_installer_is_replaced(tmp_path: Path) -> None:
    told, into = laid(make_wheel(tmp_path, "pkg", metadata={"INSTALLER": "pip\n"}), tmp_path)
    assert (into / "site/pkg-1.0.dist-info/INSTALLER").read_text() == "hermetic.python\n"
    assert told["files"]["site/pkg-1.0.dist-info/INSTALLER"][1] == len("hermetic.python\n")


def test_a_wheel_may_be_empty(tmp_path: Path) -> None:
    told, _into = laid(make_wheel(tmp_path, "pkg", files={}), tmp_path)
    assert len(told["files"]) == 4


@pytest.mark.parametrize(
    "entry",
    [
        "../evil.py",
        "pkg/../../evil.py",
        "/evil.py",
        "pkg//evil.py",
        "pkg\\evil.py",
        "pkg-1.0.data/data/../../evil.py",
        "pkg-1.0.data/scripts/../evil",
        "pkg-1.0.data/headers/../../evil.h",
        "pkg-1.0.data/purelib/../evil.py",
        "pkg-1.0.data/nowhere/evil.py",
        "pkg-1.0.data/evil.py",
        "pkg-1.0.data",
        "pkg-1.0.DATA/scripts/evil",
    ],
)
def test_no_entry_leaves_its_tree(tmp_path: Path, entry: str) -> None:
    wheel = make_wheel(tmp_path / "wheels", "pkg", files={"pkg/__init__.py": "", entry: "evil\n"})
    with pytest.raises(BrokenArtifact) as caught:
        laid(wheel, tmp_path)
    assert "pkg" in str(caught.value)
    assert {path.name for path in tmp_path.rglob("*") if "evil" in path.name} == set()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"twice": {"pkg/__init__.py": "again\n"}}, "twice"),
        ({"files": {"a": "file\n", "a/b.py": "below it\n"}}, "cannot be installed"),
        ({"files": {"a/b.py": "below\n", "a": "file\n"}}, "cannot be installed"),
        ({"metadata": {"WHEEL": None}}, "cannot be installed"),
        ({"metadata": {"METADATA": None, "WHEEL": "Wheel-Version: 2.0\nRoot-Is-Purelib: true\n"}}, "cannot be installed"),
        ({"metadata": {"WHEEL": "nonsense"}}, "cannot be installed"),
        ({"metadata": {"WHEEL": b"\xff\xfe"}}, "cannot be installed"),
        ({"metadata": {"entry_points.txt": "[console_scripts]\nx = not a reference\n"}}, "cannot be installed"),
    ],
)
def test_a_wheel_that_was_published_broken_is_refused_and_named(tmp_path: Path, parts: dict[str, Any], expected: str) -> None:
    wheel = make_wheel(tmp_path, "pkg", **parts)
    with pytest.raises(BrokenArtifact, match=expected) as caught:
        laid(wheel, tmp_path)
    assert "wheel" in str(caught.value)


@pytest.mark.parametrize("how", ["truncated", "bit", "text", "empty", "encrypted"])
def test_a_damaged_archive_is_refused_and_named(tmp_path: Path, how: str) -> None:
    wheel = make_wheel(tmp_path, "pkg", files={"pkg/__init__.py": "X = 1\n" * 100})
    data = bytearray(wheel.path.read_bytes())
    if how == "truncated":
        data = data[: len(data) // 2]
    elif how == "bit":
        data[60] ^= 0xFF
    elif how == "encrypted":
        data[data.index(b"PK\x01\x02") + 8] |= 1
    wheel.path.write_bytes({"text": b"hello", "empty": b""}.get(how, bytes(data)))
    with pytest.raises(BrokenArtifact, match="cannot be installed") as caught:
        laid(wheel, tmp_path)
    assert wheel.filename in str(caught.value)
