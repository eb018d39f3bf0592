# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets: tags in the order of preference, and markers that are never the controller's."""

from __future__ import annotations

import platform

import packaging.tags
import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import PLATFORMS, Target, platform_named
from packaging.markers import Marker, default_environment
from supply_samples import LINUX, LINUX_27, MACOS, MUSL, WINDOWS, WINDOWS_ARM


def tags(target: Target) -> list[str]:
    return [str(tag) for tag in target.tags]


def test_glibc_of_the_bundle_bounds_the_wheels() -> None:
    found = tags(LINUX)
    assert found[:2] == ["cp312-cp312-linux_x86_64", "cp312-cp312-manylinux_2_28_x86_64"]
    assert "cp312-cp312-manylinux_2_29_x86_64" not in found
    assert "cp312-cp312-manylinux_2_4_x86_64" not in found
    for legacy in ("manylinux2014", "manylinux2010", "manylinux1", "linux"):
        assert f"cp312-cp312-{legacy}_x86_64" in found
    assert found.index("cp312-cp312-manylinux_2_17_x86_64") < found.index("cp312-cp312-manylinux2014_x86_64")
    assert found.index("cp312-abi3-manylinux_2_28_x86_64") < found.index("py3-none-any")
    assert "cp311-abi3-manylinux_2_17_x86_64" in found
    assert not any("musllinux" in tag for tag in found)


def test_aarch64_has_no_tag_older_than_its_first_manylinux() -> None:
    target = Target.of("linux-aarch64", python={"version": "3.11.9", "abi": "cp311"}, libc={"family": "glibc", "minimum": "2.28"})
    assert "cp311-cp311-manylinux2014_aarch64" in tags(target)
    assert not any("manylinux2010" in tag or "manylinux_2_12" in tag for tag in tags(target))


def test_musl_takes_musllinux_only() -> None:
    found = tags(MUSL)
    assert found[1] == "cp312-cp312-musllinux_1_2_x86_64"
    assert "cp312-cp312-musllinux_1_1_x86_64" in found
    assert not any("manylinux" in tag for tag in found)


def test_macos_and_windows_tags() -> None:
    assert tags(MACOS)[0] == "cp312-cp312-macosx_11_0_arm64"
    assert "cp312-cp312-macosx_10_9_universal2" in tags(MACOS)
    assert not any(tag.endswith("macosx_12_0_arm64") for tag in tags(MACOS))
    assert tags(WINDOWS)[0] == "cp312-cp312-win_amd64"
    assert tags(WINDOWS_ARM)[0] == "cp312-cp312-win_arm64"
    assert not any("win_amd64" in tag for tag in tags(WINDOWS_ARM))


def test_python_27_takes_wide_unicode_wheels_and_no_stable_abi() -> None:
    found = tags(LINUX_27)
    assert found[1] == "cp27-cp27mu-manylinux_2_17_x86_64"
    assert "cp27-cp27mu-manylinux1_x86_64" in found
    assert "py2-none-any" in found and "py3-none-any" not in found
    assert not any("abi3" in tag or "cp27m-" in tag for tag in found)


@pytest.mark.skipif(platform.system() != "Linux" or platform.libc_ver()[0] != "glibc", reason="compares with this machine's own glibc")
def test_the_list_for_this_machine_is_the_one_that_packaging_finds_by_running_here() -> None:
    name = {"x86_64": "linux-x86_64", "aarch64": "linux-aarch64"}[platform.machine()]
    version = platform.python_version()
    abi = "cp" + "".join(version.split(".")[:2])
    here = Target.of(name, python={"version": version, "abi": abi}, libc={"family": "glibc", "minimum": platform.libc_ver()[1]})
    assert list(dict.fromkeys(here.tags)) == list(dict.fromkeys(packaging.tags.sys_tags()))


@pytest.mark.parametrize(
    ("target", "marker"),
    [
        (WINDOWS, "sys_platform == 'win32' and platform_machine == 'AMD64' and os_name == 'nt' and platform_system == 'Windows'"),
        (WINDOWS_ARM, "platform_machine == 'ARM64'"),
        (MACOS, "sys_platform == 'darwin' and platform_machine == 'arm64' and platform_system == 'Darwin'"),
        (LINUX, "sys_platform == 'linux' and python_version >= '3.12' and python_full_version == '3.12.1'"),
        (LINUX, "implementation_name == 'cpython' and platform_python_implementation == 'CPython'"),
        (LINUX_27, "sys_platform == 'linux2' and python_version < '3' and implementation_name != 'cpython'"),
    ],
)
def test_markers_answer_as_the_target_would(target: Target, marker: str) -> None:
    assert Marker(marker).evaluate({**target.environment, "extra": ""})


def test_no_marker_is_left_to_the_controller() -> None:
    assert set(LINUX.environment) == set(default_environment())


def test_every_platform_has_a_target_and_its_own_identity() -> None:
    targets = {
        name: Target.of(
            name,
            python={"version": "3.12.1", "abi": "cp312"},
            libc={"family": known.libc, "minimum": "1.2" if known.libc == "musl" else "2.17"} if known.libc else None,
            macos={"minimum": "11.0"} if known.system == "macos" else None,
        )
        for name, known in PLATFORMS.items()
    }
    assert len({target.identity for target in targets.values()}) == len(PLATFORMS) == 9
    assert all(target.tags for target in targets.values())


def test_an_unknown_platform_is_named_with_the_known_ones() -> None:
    with pytest.raises(HermeticError, match=r"'solaris' is unknown.*linux-x86_64"):
        platform_named("solaris")


def test_everything_that_a_bundle_does_not_say_is_named_at_once() -> None:
    with pytest.raises(HermeticError) as caught:
        Target.of("linux-x86_64", python={"version": "three", "abi": "", "implementation": "pypy"}, libc={"family": "musl"})
    assert len(caught.value.problems) == 5
