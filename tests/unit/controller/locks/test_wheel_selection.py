# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From lock and target to wheels: the best one of each package, or one error with every package that has none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import Target
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import DeclaredLock, Supply
from lock_samples import local_supply, names, requirements
from supply_samples import (
    LINUX,
    LINUX_27,
    LINUX_39,
    MACOS,
    WINDOWS,
    WINDOWS_ARM,
    make_html_index,
    make_wheel,
    pylock_entry,
    sha256,
    write_pylock,
)

FAST = [
    "fast-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
    "fast-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
    "fast-1.0-cp312-cp312-manylinux_2_34_x86_64.whl",
    "fast-1.0-cp312-cp312-win_amd64.whl",
    "fast-1.0-cp312-cp312-macosx_11_0_arm64.whl",
    "fast-1.0-cp27-cp27mu-manylinux1_x86_64.whl",
    "fast-1.0-cp39-abi3-manylinux2014_x86_64.whl",
]


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return local_supply(tmp_path)


def fast_lock(tmp_path: Path) -> Path:
    wheels = [make_wheel(tmp_path / "wheels", name) for name in FAST]
    return write_pylock(tmp_path / "pylock.toml", pylock_entry(*wheels, directory=tmp_path))


@pytest.mark.parametrize(
    ("target", "expected"),
    [(LINUX, FAST[1]), (WINDOWS, FAST[3]), (MACOS, FAST[4]), (LINUX_27, FAST[5]), (LINUX_39, FAST[6])],
)
def test_each_target_gets_its_best_wheel(tmp_path: Path, supply: Supply, target: Target, expected: str) -> None:
    [wheel] = supply.select(supply.lock(fast_lock(tmp_path)), target).wheels
    path = tmp_path / "wheels" / expected
    assert (wheel.filename, wheel.path, wheel.sha256, wheel.size) == (expected, str(path), sha256(path), path.stat().st_size)
    assert (wheel.name, wheel.version) == ("fast", "1.0")


def test_packages_without_a_wheel_are_named_together_with_what_there_is(tmp_path: Path, supply: Supply) -> None:
    fast_lock(tmp_path)
    entries = [pylock_entry(*[tmp_path / "wheels" / name for name in FAST], directory=tmp_path)]
    entries.append(
        '[[packages]]\nname = "src"\nversion = "2.0"\nsdist = {url = "https://example.com/src-2.0.tar.gz", hashes = {sha256 = "%s"}}\n\n'
        % ("a" * 64)
    )
    entries.append('[[packages]]\nname = "repo"\nvcs = {type = "git", url = "https://example.com/r.git", commit-id = "abc"}\n\n')
    entries.append('[[packages]]\nname = "here"\ndirectory = {path = "."}\n\n')
    entries.append(
        '[[packages]]\nname = "tar"\narchive = {url = "https://example.com/tar-1.tar.gz", hashes = {sha256 = "%s"}}\n\n' % ("a" * 64)
    )
    lock = supply.lock(write_pylock(tmp_path / "pylock.toml", *entries))
    with pytest.raises(HermeticError) as caught:
        supply.select(lock, WINDOWS_ARM)
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    assert "no wheel of fast 1.0 for windows-arm64-cp312; there is: cp312-cp312-win_amd64, cp312-cp312-macosx_11_0_arm64" in text
    assert "src 2.0" in text and "only its source" in text
    assert "git checkout" in text and "source directory" in text and "source archive tar-1.tar.gz" in text


def test_a_direct_reference_to_a_wheel_is_a_wheel(tmp_path: Path, supply: Supply) -> None:
    wheel = make_wheel(tmp_path, "direct-1.0-py3-none-any.whl")
    entry = f'[[packages]]\nname = "direct"\narchive = {{url = "https://example.com/w/{wheel.name}", hashes = {{sha256 = "{sha256(wheel)}"}}}}\n'
    [found] = supply.select(supply.lock(write_pylock(tmp_path / "pylock.toml", entry)), LINUX).wheels
    assert (found.version, found.url) == ("1.0", f"https://example.com/w/{wheel.name}")


def test_markers_are_those_of_the_target(tmp_path: Path, supply: Supply) -> None:
    entries = [
        pylock_entry(make_wheel(tmp_path, f"{name}-1.0-py3-none-any.whl"), directory=tmp_path, extra=f'marker = "{marker}"')
        for name, marker in [
            ("onlywin", "sys_platform == 'win32'"),
            ("onlymac", "platform_system == 'Darwin'"),
            ("old", "python_version < '3.10'"),
        ]
    ]
    lock = supply.lock(write_pylock(tmp_path / "pylock.toml", *entries))
    assert names(supply.select(lock, WINDOWS)) == ["onlywin-1.0-py3-none-any.whl"]
    assert names(supply.select(lock, MACOS)) == ["onlymac-1.0-py3-none-any.whl"]
    assert names(supply.select(lock, LINUX_39)) == ["old-1.0-py3-none-any.whl"]
    assert names(supply.select(lock, LINUX)) == []


def test_extras_and_groups_choose_packages_and_unknown_ones_are_refused(tmp_path: Path, supply: Supply) -> None:
    entries = [
        pylock_entry(make_wheel(tmp_path, f"{name}-1.0-py3-none-any.whl"), directory=tmp_path, extra=f'marker = "{marker}"')
        for name, marker in [("webby", "'web' in extras"), ("dev", "'dev' in dependency_groups"), ("main", "'main' in dependency_groups")]
    ]
    head = 'extras = ["web"]\ndependency-groups = ["dev", "main"]\ndefault-groups = ["main"]'
    lock = supply.lock(write_pylock(tmp_path / "pylock.toml", *entries, head=head))
    assert [wheel.name for wheel in supply.select(lock, LINUX).wheels] == ["main"]
    assert [wheel.name for wheel in supply.select(lock, LINUX, groups=[]).wheels] == []
    assert [wheel.name for wheel in supply.select(lock, LINUX, extras=["Web"], groups=["dev"]).wheels] == ["dev", "webby"]
    with pytest.raises(HermeticError) as caught:
        supply.select(lock, LINUX, extras=["nope"], groups=["neither"])
    assert caught.value.problems == [
        "the lock has no extra 'nope'; it has: web",
        "the lock has no dependency group 'neither'; it has: dev, main",
    ]


def test_two_versions_that_both_apply_are_an_error_naming_both(tmp_path: Path, supply: Supply) -> None:
    entries = [pylock_entry(make_wheel(tmp_path, f"twin-{version}-py3-none-any.whl"), directory=tmp_path) for version in ("1.0", "2.0")]
    with pytest.raises(HermeticError, match=r"twin: two entries, 1\.0 and 2\.0, apply to linux-x86_64-cp312"):
        supply.select(supply.lock(write_pylock(tmp_path / "pylock.toml", *entries)), LINUX)


@pytest.mark.parametrize(
    ("head", "extra", "message"),
    [
        ('requires-python = ">=3.11"', "", "the lock is for Python >=3.11, linux-x86_64-cp39 has 3.9.18"),
        ("", 'requires-python = ">=3.10"', "pkg 1.0 needs Python >=3.10, linux-x86_64-cp39 has 3.9.18"),
        ("environments = [\"sys_platform == 'win32'\"]", "", "made for other environments than linux-x86_64-cp39"),
    ],
)
def test_a_lock_for_another_python_or_system_is_refused(tmp_path: Path, supply: Supply, head: str, extra: str, message: str) -> None:
    entry = pylock_entry(make_wheel(tmp_path, "pkg-1.0-py3-none-any.whl"), directory=tmp_path, extra=extra)
    with pytest.raises(HermeticError, match=message):
        supply.select(supply.lock(write_pylock(tmp_path / "pylock.toml", entry, head=head)), LINUX_39)


def test_a_wheel_without_sha256_or_with_credentials_or_without_its_file_is_refused(tmp_path: Path, supply: Supply) -> None:
    wheel = '[[packages]]\nname = "%s"\nversion = "1.0"\nwheels = [{name = "%s-1.0-py3-none-any.whl", %s}]\n'
    entries = [
        wheel % ("weak", "weak", 'url = "https://example.com/weak-1.0-py3-none-any.whl", hashes = {md5 = "abc"}'),
        wheel % ("open", "open", f'url = "https://me:secret@example.com/open-1.0-py3-none-any.whl", hashes = {{sha256 = "{"a" * 64}"}}'),
        wheel % ("gone", "gone", f'path = "gone-1.0-py3-none-any.whl", hashes = {{sha256 = "{"a" * 64}"}}'),
    ]
    with pytest.raises(HermeticError) as caught:
        supply.select(supply.lock(write_pylock(tmp_path / "pylock.toml", *entries)), LINUX)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["weak 1.0", "open 1.0", "gone 1.0"]
    assert "secret" not in str(caught.value)


def test_requirements_are_found_in_an_index_and_in_a_wheel_directory(tmp_path: Path, supply: Supply) -> None:
    indexed = [make_wheel(tmp_path / "files", name) for name in FAST]
    make_html_index(tmp_path, indexed)
    linked = make_wheel(tmp_path / "links", "Linked_Pkg-3.0-py3-none-any.whl")
    lock = supply.lock(requirements(tmp_path, *indexed, linked))
    assert [(wheel.filename, wheel.path) for wheel in supply.select(lock, LINUX).wheels] == [
        (FAST[1], str(tmp_path / "files" / FAST[1])),
        ("Linked_Pkg-3.0-py3-none-any.whl", str(linked)),
    ]
    assert names(supply.select(lock, WINDOWS))[0] == FAST[3]


def test_the_hashes_of_the_lock_decide_not_the_best_tag(tmp_path: Path, supply: Supply) -> None:
    wheels = [make_wheel(tmp_path / "files", name) for name in FAST[:2]]
    make_html_index(tmp_path, wheels)
    assert names(supply.select(supply.lock(requirements(tmp_path, wheels[0])), LINUX)) == [FAST[0]]


def test_a_pinned_wheel_that_was_withdrawn_is_taken_with_a_warning(tmp_path: Path, supply: Supply) -> None:
    wheel = make_wheel(tmp_path / "files", "pkg-1.0-py3-none-any.whl")
    make_html_index(tmp_path, [wheel], yanked="broken on Tuesdays")
    selection = supply.select(supply.lock(requirements(tmp_path, wheel)), LINUX)
    assert names(selection) == [wheel.name]
    assert "broken on Tuesdays" in selection.warnings[0]
    assert supply.warnings[-1:] == list(selection.warnings)


def test_every_requirement_that_cannot_be_met_says_why(tmp_path: Path, supply: Supply) -> None:
    other = make_wheel(tmp_path / "files", "pkg-2.0-py3-none-any.whl")
    unhashed = make_wheel(tmp_path / "files", "changed-1.0-py3-none-any.whl")
    windows = make_wheel(tmp_path / "files", "winonly-1.0-cp312-cp312-win_amd64.whl")
    make_html_index(tmp_path, [other, unhashed, windows])
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "src-1.0.tar.gz").write_bytes(b"")
    pins = "".join(f"{name}==1.0 --hash=sha256:{'a' * 64}\n" for name in ("pkg", "changed", "nowhere", "src"))
    with pytest.raises(HermeticError) as caught:
        supply.select(supply.lock(requirements(tmp_path, windows, extra=pins)), LINUX)
    message = {problem.split(";")[0] for problem in caught.value.problems}
    assert message == {
        "no wheel of winonly 1.0 for linux-x86_64-cp312",
        "pkg 1.0 is in none of the configured package sources (the project has other versions there)",
        "changed 1.0: requirements.txt line 3 has no hash of a wheel for linux-x86_64-cp312 (there is changed-1.0-py3-none-any.whl)",
        "nowhere 1.0 is in none of the configured package sources (the project is not known there)",
        "no wheel of src 1.0 for linux-x86_64-cp312",
    }


def test_two_pins_of_one_package_must_agree(tmp_path: Path, supply: Supply) -> None:
    wheel = make_wheel(tmp_path / "links", "pkg-1.0-py3-none-any.whl")
    pinned = f"pkg==1.0 --hash=sha256:{sha256(wheel)} --hash=sha256:{'b' * 64}\n"
    assert names(supply.select(supply.lock(requirements(tmp_path, wheel, extra=pinned)), LINUX)) == [wheel.name]
    for line, message in (
        (f"pkg==2.0 --hash=sha256:{'a' * 64}\n", "two versions apply"),
        (f"pkg==1.0 --hash=sha256:{'a' * 64}\n", "no hash in common"),
    ):
        with pytest.raises(HermeticError, match=message):
            supply.select(supply.lock(requirements(tmp_path, wheel, extra=line)), LINUX)


def test_everything_missing_anywhere_is_proved_in_one_error(tmp_path: Path, supply: Supply) -> None:
    fast = supply.lock(fast_lock(tmp_path))
    wheel = make_wheel(tmp_path, "mac-1.0-cp312-cp312-macosx_11_0_arm64.whl")
    mac = supply.lock(write_pylock(tmp_path / "pylock.mac.toml", pylock_entry(wheel, directory=tmp_path)))
    with pytest.raises(HermeticError) as caught:
        supply.prove([DeclaredLock("recipes", fast), DeclaredLock("metrics", mac)], [LINUX, WINDOWS_ARM, LINUX])
    assert sorted(problem.partition(";")[0] for problem in caught.value.problems) == [
        "virtualenv metrics: no wheel of mac 1.0 for linux-x86_64-cp312",
        "virtualenv metrics: no wheel of mac 1.0 for windows-arm64-cp312",
        "virtualenv recipes: no wheel of fast 1.0 for windows-arm64-cp312",
    ]
    proved = supply.prove([DeclaredLock("recipes", fast), DeclaredLock("metrics", mac, targets=(MACOS,))], [LINUX, WINDOWS])
    assert set(proved) == {("recipes", "linux-x86_64-cp312"), ("recipes", "windows-x86_64-cp312"), ("metrics", "macos-arm64-cp312")}


def test_a_known_selection_is_read_back_and_a_lost_wheel_is_noticed(tmp_path: Path, supply: Supply) -> None:
    lock = supply.lock(fast_lock(tmp_path))
    first = supply.select(lock, LINUX)
    again = Supply.from_options({"cache": tmp_path / "cache", "index_url": (tmp_path / "simple").as_uri(), "ca_path": "/none"})
    assert again.select(again.lock(lock.path), LINUX) == first
    (tmp_path / "wheels" / FAST[1]).unlink()
    with pytest.raises(HermeticError, match="which is not there"):
        again.select(again.lock(lock.path), LINUX)


def test_twenty_known_selections_cost_less_than_fifty_milliseconds(tmp_path: Path, supply: Supply) -> None:
    wheels = [make_wheel(tmp_path / "wheels", f"package{number}-1.0-py3-none-any.whl") for number in range(40)]
    paths = []
    for number in range(20):
        entries = [pylock_entry(wheel, directory=tmp_path) for wheel in wheels]
        paths.append(write_pylock(tmp_path / f"pylock.env{number}.toml", *entries, head=f"# {number}"))
        supply.select(supply.lock(paths[-1]), LINUX)
    best = 1.0
    for _ in range(5):
        fresh = Supply.from_options({"cache": tmp_path / "cache"})
        # Of the processor: what else the machine does is not the matter here.
        started = time.process_time()
        found = [fresh.select(fresh.lock(path), LINUX) for path in paths]
        best = min(best, time.process_time() - started)
        assert all(len(selection.wheels) == 40 for selection in found)
    assert best < 0.05
