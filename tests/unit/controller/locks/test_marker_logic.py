# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers that hang on what nobody knows, and what is known all the same."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.marker_logic import UndefinedMarker, judge
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.pylock import parse_pylock, select_from_pylock
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import DeclaredLock, Supply
from packaging.markers import Marker
from supply_samples import LINUX, MACOS, make_wheel, pylock_entry, sha256, write_pylock

UNKNOWN = LINUX.unknown_markers


def verdict(text: str) -> bool | None:
    return judge(Marker(text), {**LINUX.environment, "extra": ""}, unknown=UNKNOWN, context="metadata").applies


@pytest.mark.parametrize(
    ("marker", "applies"),
    [
        ("platform_release >= '5'", None),
        ("platform_release != ''", None),
        ("'5' <= platform_release", None),
        ("'el9' in platform_release", None),
        ("'el9' not in platform_release", None),
        ("platform_release not in '5 6'", None),
        ("platform_version ~= '1.0'", None),
        ("platform_release >= '20' and sys_platform == 'darwin'", False),
        ("sys_platform == 'darwin' and platform_release >= '20'", False),
        ("sys_platform == 'linux' and platform_release >= '20'", None),
        ("sys_platform == 'linux' or platform_release >= '20'", True),
        ("platform_release >= '20' or sys_platform == 'linux'", True),
        ("platform_release >= '20' or sys_platform == 'darwin'", None),
        ("platform_release >= '20' or platform_version == 'x' and sys_platform == 'darwin'", None),
        ("(platform_release >= '20' or sys_platform == 'linux') and python_version >= '3'", True),
        ("(platform_release >= '20' and (sys_platform == 'darwin' or python_version < '3')) or os_name == 'nt'", False),
        ("sys_platform == 'linux' and (os_name == 'nt' or (platform_release > '1' and sys_platform not in 'linux win32'))", False),
        ("'platform_release' == os_name", False),
        ("os_name == 'platform_release and \"x\"'", False),
        ("python_version >= '3'", True),
    ],
)
def test_a_marker_is_yes_no_or_not_known(marker: str, applies: bool | None) -> None:
    assert verdict(marker) is applies


def test_an_answer_is_certain_exactly_where_no_value_changes_it() -> None:
    """Against the library: every combination of two unknown and two known comparisons, with all values that matter."""
    atoms = ["platform_release == '1'", "platform_version == '1'", "sys_platform == 'linux'", "os_name == 'nt'"]
    shapes = ["{} and {} or {}", "{} or {} and {}", "({} or {}) and {}", "{} and ({} or {})"]
    for shape, chosen in itertools.product(shapes, itertools.permutations(atoms, 3)):
        marker = Marker(shape.format(*chosen))
        answers = {
            marker.evaluate(
                {**LINUX.environment, "extra": "", "platform_release": release, "platform_version": version}, context="metadata"
            )
            for release, version in itertools.product(("1", "2"), repeat=2)
        }
        assert verdict(str(marker)) is (answers.pop() if len(answers) == 1 else None), str(marker)


def _locks(tmp_path: Path, marker: str, supply: Supply) -> list[DeclaredLock]:
    always = make_wheel(tmp_path / "wheels", "always-1.0-py3-none-any.whl")
    kernel = make_wheel(tmp_path / "wheels", "kernel-1.0-py3-none-any.whl")
    other = make_wheel(tmp_path / "wheels", "other-1.0-py3-none-any.whl")
    entries = [
        pylock_entry(always, directory=tmp_path),
        *(pylock_entry(wheel, directory=tmp_path, extra=f'marker = "{marker}"') for wheel in (kernel, other)),
    ]
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        f"always==1.0 --hash=sha256:{sha256(always)}\n"
        + "".join(f"{name}==1.0 ; {marker} --hash=sha256:{sha256(wheel)}\n" for name, wheel in (("kernel", kernel), ("other", other)))
    )
    paths = [write_pylock(tmp_path / "pylock.toml", *entries), requirements]
    return [DeclaredLock(path.name, supply.lock(path)) for path in paths]


def _supply(tmp_path: Path, **options: object) -> Supply:
    links = [str(tmp_path / "wheels")]
    return Supply.from_options(
        {"cache": tmp_path / "cache", "index_url": str(tmp_path), "find_links": links, "ca_path": "/none", **options}
    )


@pytest.mark.parametrize(
    "marker", ["platform_release >= '5'", "platform_release != ''", "sys_platform == 'linux' and platform_release > '1'"]
)
def test_packages_that_hang_on_the_kernel_are_refused_by_name_in_both_kinds_of_lock(tmp_path: Path, marker: str) -> None:
    supply = _supply(tmp_path)
    with pytest.raises(HermeticError) as caught:
        supply.prove(_locks(tmp_path, marker, supply), [LINUX])
    assert len(caught.value.problems) == 2
    for problem in caught.value.problems:
        assert "kernel, other" in problem and "depends on platform_release" in problem and "marker_values" in problem
        assert "always" not in problem


def test_a_platform_may_state_the_value(tmp_path: Path) -> None:
    for release, names in (("6.1", ["always", "kernel", "other"]), ("4.18", ["always"])):
        supply = _supply(tmp_path, marker_values={"linux-x86_64": {"platform_release": release}})
        selections = supply.prove(_locks(tmp_path, "platform_release >= '5'", supply), [LINUX])
        assert [[wheel.name for wheel in selection.wheels] for selection in selections.values()] == [names, names]
    with pytest.raises(HermeticError, match="platform_release"):
        supply.prove(_locks(tmp_path, "platform_release >= '5'", supply), [MACOS])


def test_where_the_platform_decides_the_kernel_is_not_asked_for(tmp_path: Path) -> None:
    supply = _supply(tmp_path)
    selections = supply.prove(_locks(tmp_path, "sys_platform == 'darwin' and platform_release >= '20'", supply), [LINUX])
    assert [[wheel.name for wheel in selection.wheels] for selection in selections.values()] == [["always"], ["always"]]


def test_a_lock_for_environments_with_a_kernel_is_refused(tmp_path: Path) -> None:
    supply = _supply(tmp_path)
    wheel = make_wheel(tmp_path / "wheels", "always-1.0-py3-none-any.whl")
    head = "environments = [\"sys_platform == 'linux' and platform_release >= '5'\"]"
    lock = supply.lock(write_pylock(tmp_path / "pylock.toml", pylock_entry(wheel, directory=tmp_path), head=head))
    with pytest.raises(HermeticError, match="depends on platform_release"):
        supply.select(lock, LINUX)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"linux": {"platform_release": "1"}}, "'linux' is no platform"),
        ({"linux-x86_64": "6.1"}, "instead of a dictionary"),
        ({"linux-x86_64": {"python_version": "3"}}, "'python_version' cannot be stated"),
        ({"linux-x86_64": {"platform_release": ""}}, "expected a text"),
        ({"linux-x86_64": {"platform_release": None}}, "expected a text"),
    ],
)
def test_a_value_that_cannot_be_stated_is_refused(tmp_path: Path, values: dict[str, object], said: str) -> None:
    supply = _supply(tmp_path, marker_values=values)
    with pytest.raises(HermeticError, match=said):
        supply.prove(_locks(tmp_path, "os_name == 'nt'", supply), [LINUX])


@pytest.mark.parametrize("marker", ["python_full_version ~= '3'", "'x' in extras", "platform_release > '5' and os_name ~= '1'"])
def test_a_marker_that_nobody_can_evaluate_is_an_error_that_names_it(marker: str) -> None:
    with pytest.raises(UndefinedMarker, match=r"^The marker '.*' cannot be evaluated: .*; correct it, and lock again$") as caught:
        verdict(marker)
    assert str(Marker(marker)) in str(caught.value)


def test_environments_of_a_lock_that_nobody_can_evaluate_are_an_error(tmp_path: Path) -> None:
    lock = write_pylock(tmp_path / "pylock.toml", head="environments = [\"python_full_version ~= '3'\"]")
    with pytest.raises(HermeticError, match="cannot be evaluated"):
        select_from_pylock(parse_pylock(lock.read_text(), path=lock), LINUX, directory=tmp_path)
