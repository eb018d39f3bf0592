# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locks below requirements/ fit the files that they are made from, on each Python and system, and name nothing but packages and hashes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

from lock_requirements import LOCKS, Lock, entries, package  # noqa: E402

BY_NAME = {lock.name: lock for lock in LOCKS}
SYSTEMS = [("linux", "Linux"), ("darwin", "Darwin")]
ENVIRONMENTS = [
    {
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.1",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": system,
        "platform_system": name,
        "os_name": "posix",
        "extra": "",
    }
    for minor, (system, name) in product(range(11, 15), SYSTEMS)
]


def _required(source: Path) -> Iterator[Requirement]:
    for line in source.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from _required(source.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            yield Requirement(line)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pinned(locks: list[Lock], environment: dict[str, str]) -> dict[str, set[str]]:
    """Return the releases that locks which are installed together give each package."""
    pinned: dict[str, set[str]] = {}
    for lock in locks:
        for head in entries(lock.path.read_text(encoding="utf-8")):
            name, version, marker = package(head)
            if not marker or Marker(marker).evaluate(environment):
                pinned.setdefault(name, set()).add(version)
    return pinned


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_what_its_file_requires(lock: Lock) -> None:
    installed = [*(BY_NAME[name] for name in lock.above), lock]
    for environment in ENVIRONMENTS:
        pinned = _pinned(installed, environment)
        assert {name: versions for name, versions in pinned.items() if len(versions) > 1} == {}, environment
        missing = [
            str(wanted)
            for each in installed
            for wanted in _required(PROJECT / each.source)
            if (not wanted.marker or wanted.marker.evaluate(environment))
            and not any(Version(version) in wanted.specifier for version in pinned.get(_canonical(wanted.name), ()))
        ]
        assert missing == [], f"run make lock; {environment}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_each_package_of_a_lock_has_a_hash(lock: Lock) -> None:
    found = entries(lock.path.read_text(encoding="utf-8"))
    assert [head for head, text in found.items() if "--hash=sha256:" not in text] == []


def test_each_file_has_a_lock_and_each_lock_a_file() -> None:
    assert {lock.source for lock in LOCKS} == {path.name for path in PROJECT.glob("requirements*.txt")}
    assert {lock.path for lock in LOCKS} == set((PROJECT / "requirements").iterdir())


def test_the_order_is_that_of_installation() -> None:
    names = [lock.name for lock in LOCKS]
    assert all(names.index(above) < names.index(lock.name) for lock in LOCKS for above in lock.above)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://user:secret@packages.example.com/simple",
        "--find-links /srv/wheels",
        "pkg @ https://packages.example.com/pkg-1.0-py3-none-any.whl",
        "-e .",
        "pkg>=1",
        "pkg==1.0 \\\n    --hash=md5:d41d8cd98f00b204e9800998ecf8427e",
    ],
)
def test_a_lock_with_anything_else_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="neither name==version nor a hash"):
        entries(f"first==1.0 \\\n    --hash=sha256:{'0' * 64}\n{line}\n")
