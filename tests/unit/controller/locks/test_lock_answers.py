# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same wheels give the same answer through both kinds of lock, and a lock that cannot be used says what to do."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from supply_samples import LINUX, make_wheel, pylock_entry, sha256, write_pylock


def _supply(tmp_path: Path, **options: object) -> Supply:
    links = [str(tmp_path / "wheels")]
    return Supply.from_options(
        {"cache": tmp_path / "cache", "index_url": str(tmp_path), "find_links": links, "ca_path": "/none", **options}
    )


BUILDS = [
    ["pkg-1.0-py3-none-any.whl", "pkg-1.0-1-py3-none-any.whl", "pkg-1.0-12-py3-none-any.whl"],
    ["pkg-1.0-9-py3-none-any.whl", "pkg-1.0-10-py3-none-any.whl"],
    ["pkg-1.0-1a-py3-none-any.whl", "pkg-1.0-1b-py3-none-any.whl", "pkg-1.0-1-py3-none-any.whl"],
    ["pkg-1.0-0-py3-none-any.whl", "pkg-1.0-py3-none-any.whl"],
    ["pkg-1.0-99-py3-none-any.whl", "pkg-1.0-1-cp312-cp312-manylinux_2_17_x86_64.whl", "pkg-1.0-2-cp312-cp312-manylinux_2_17_x86_64.whl"],
    ["pkg-1.0-3-py2.py3-none-any.whl", "pkg-1.0-3-py3-none-any.whl"],
]
BEST = [
    "pkg-1.0-12-py3-none-any.whl",
    "pkg-1.0-10-py3-none-any.whl",
    "pkg-1.0-1b-py3-none-any.whl",
    "pkg-1.0-0-py3-none-any.whl",
    "pkg-1.0-2-cp312-cp312-manylinux_2_17_x86_64.whl",
    "pkg-1.0-3-py2.py3-none-any.whl",
]


@pytest.mark.parametrize(("filenames", "best"), list(zip(BUILDS, BEST, strict=True)))
def test_the_higher_build_number_wins_in_both_kinds_of_lock_in_any_order(tmp_path: Path, filenames: list[str], best: str) -> None:
    wheels = [make_wheel(tmp_path / "wheels", name) for name in filenames]
    for number, order in enumerate(itertools.permutations(wheels)):
        supply = _supply(tmp_path)
        pylock = write_pylock(tmp_path / f"pylock.n{number}.toml", pylock_entry(*order, directory=tmp_path))
        requirements = tmp_path / f"requirements-{number}.txt"
        requirements.write_text("pkg==1.0 " + " ".join(f"--hash=sha256:{sha256(wheel)}" for wheel in order) + "\n")
        chosen = [supply.select(supply.lock(path), LINUX).wheels[0] for path in (pylock, requirements)]
        assert [wheel.filename for wheel in chosen] == [best, best]
        assert chosen[0].sha256 == chosen[1].sha256 == sha256(tmp_path / "wheels" / best)


@pytest.mark.parametrize("asked", ["dev-tools", "Dev_Tools", "DEV.tools"])
@pytest.mark.parametrize("written", ["dev-tools", "Dev_Tools"])
def test_names_of_groups_are_normalised_like_extras(tmp_path: Path, asked: str, written: str) -> None:
    always = make_wheel(tmp_path / "wheels", "always-1.0-py3-none-any.whl")
    tool = make_wheel(tmp_path / "wheels", "tool-1.0-py3-none-any.whl")
    extra = make_wheel(tmp_path / "wheels", "extra-1.0-py3-none-any.whl")
    head = f'dependency-groups = ["{written}"]\nextras = ["fast-io"]'
    entries = [
        pylock_entry(always, directory=tmp_path),
        pylock_entry(tool, directory=tmp_path, extra=f"marker = \"'{written}' in dependency_groups\""),
        pylock_entry(extra, directory=tmp_path, extra="marker = \"'fast-io' in extras\""),
    ]
    supply = _supply(tmp_path)
    lock = supply.lock(write_pylock(tmp_path / "pylock.toml", *entries, head=head))
    assert [wheel.name for wheel in supply.select(lock, LINUX, groups=[asked], extras=["Fast_IO"]).wheels] == ["always", "extra", "tool"]
    assert [wheel.name for wheel in supply.select(lock, LINUX, groups=[]).wheels] == ["always"]
    with pytest.raises(HermeticError, match="no dependency group 'other'"):
        supply.select(lock, LINUX, groups=["other"])


@pytest.mark.parametrize(("place", "path"), [(".", "."), (".", "./"), ("locks", ".."), ("a/b", "../.."), (".", "")])
def test_a_lock_that_holds_the_project_itself_names_the_option_that_leaves_it_out(tmp_path: Path, place: str, path: str) -> None:
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    text = f'[[packages]]\nname = "me"\nversion = "1"\ndirectory = {{path = "{path or "."}", editable = true}}\n'
    supply = _supply(tmp_path)
    with pytest.raises(HermeticError, match=r"me 1 .*the project itself.*--no-emit-project"):
        supply.select(supply.lock(write_pylock(tmp_path / place / "pylock.toml", text)), LINUX)


def test_another_directory_is_not_taken_for_the_project(tmp_path: Path) -> None:
    text = '[[packages]]\nname = "me"\ndirectory = {path = "members/me"}\n'
    supply = _supply(tmp_path)
    with pytest.raises(HermeticError, match=r"source directory 'members/me'.*--no-emit-workspace"):
        supply.select(supply.lock(write_pylock(tmp_path / "pylock.toml", text)), LINUX)


@pytest.mark.parametrize(
    "line",
    [
        *("-e .", "--editable .", "-e .[dev]", "--editable=.", "-e {url}", "-e file:///${{PROJECT_ROOT}}/#egg=me"),
        *(".", "./", ".[dev]", "..", "{path}", "{url}", "file:{path}", "me @ {url}", "me[dev] @ {url}", "me @ file:///elsewhere/project"),
    ],
)
def test_a_requirements_lock_that_holds_the_project_names_it_too(tmp_path: Path, line: str) -> None:
    line = line.format(path=tmp_path, url=tmp_path.as_uri())
    (tmp_path / "requirements.txt").write_text(f"{line}\npkg==1.0 --hash=sha256:{'a' * 64}\n")
    supply = _supply(tmp_path)
    with pytest.raises(HermeticError, match="--no-emit-project"):
        supply.select(supply.lock(tmp_path / "requirements.txt"), LINUX)
