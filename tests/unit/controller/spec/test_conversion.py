# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text protos as requirements: names, versions, markers, and the report of what means something else."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import (
    Form,
    ListedWheel,
    Requirements,
    Specification,
    Tag,
    WheelList,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.cipd_platforms import (
    cipd_platform,
    expanded,
    platform_of_tag,
    template_values,
    unknown_templates,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.conversion import converted
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.hosts import PYTHON2, PYTHONS, Host, hosts_of
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.matching import installed
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.names import is_movable, package_name, package_version
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from spec_samples import read, real_tags, wheel

HOSTS = [host for host in hosts_of((PYTHON2, *PYTHONS)) if "musl" not in host.platform]
NAMES = ["a-py3", "b-py2_py3", "b/${vpython_platform}", "C_d.e/${platform}_${py_python}_${py_abi}"]
listed = st.builds(
    ListedWheel,
    st.sampled_from(NAMES).map("infra/python/wheels/{}".format),
    st.sampled_from(["version:1.0", "version:2.5.1.chromium.3", "version:2@3"]),
    st.lists(real_tags, max_size=2).map(tuple),
    st.lists(real_tags, max_size=2).map(tuple),
)


def packages(requirements: Requirements, host: Host) -> set[tuple[str, str]]:
    found = map(Requirement, requirements.dependencies)
    values = {**host.target.environment, "extra": ""}
    return {(each.name, str(each.specifier)) for each in found if each.marker is None or each.marker.evaluate(values)}


@given(st.lists(listed, max_size=5).map(tuple), st.sampled_from(HOSTS))
def test_a_host_gets_the_same_packages_before_and_after(wheels: tuple[ListedWheel, ...], host: Host) -> None:
    content = WheelList(wheels=wheels)
    conversion = converted(Specification(Form.TEXT_PROTO, "", content))
    before = {
        (package_name(each.name).name, f"=={package_version(each.version).public}")  # type: ignore[union-attr]
        for each in installed(content, host.tags)
    }
    assert not conversion.problems
    assert packages(conversion.requirements, host) == before


def test_the_example_of_the_documentation() -> None:
    text = 'python_version: "3.8"\nwheel: < name: "infra/python/wheels/psutil/${vpython_platform}" version: "version:5.8.0.chromium.3" >\n'
    assert converted(read(text)).requirements == Requirements("==3.8.*", ("psutil==5.8.0",))
    assert converted(read(text), local=True).requirements.dependencies == ("psutil==5.8.0+chromium.3",)


def test_what_means_something_else_is_reported() -> None:
    text = (
        wheel("psutil/${vpython_platform}", "5.8.0.chromium.3", match_tag='platform: "macosx_10_6_intel"')
        + wheel("pywin32/${vpython_platform}", "300", match_tag='platform: "windows-x64"')
        + wheel("numpy/linux-386_cp27_cp27m", "1.2x.supported.1")
        + 'wheel: < name: "other/place/yaml-py3" version: "latest" >\nvirtualenv: < name: "v" >\n'
        + 'verify_pep425_tag: < platform: "linux_arm64" > verify_pep425_tag: < platform: "linux_armv6l" >\n'
    )
    conversion = converted(read(text))
    assert conversion.requirements.dependencies == (
        'psutil==5.8.0; sys_platform == "darwin" and platform_machine == "x86_64"',
        "numpy==1.21.1",
        "yaml",
    )
    assert conversion.requirements.settings == {"platforms": ["linux-aarch64"]}
    assert {(change.kind, change.subject) for change in conversion.changes} == {
        ("build", "psutil"),
        ("tag", "psutil"),
        ("never-installed", "pywin32"),
        ("build", "numpy"),
        ("platform-fixed", "numpy"),
        ("not-pinned", "yaml"),
        ("name-guessed", "yaml"),
        ("verify", "verify_pep425_tag"),
        ("virtualenv", "virtualenv"),
        ("python", "python_version"),
        ("dependencies", ""),
    }


def test_the_pythons_that_are_verified_count_where_no_other_is_stated() -> None:
    tags = "".join(f'verify_pep425_tag: < python: "{python}" platform: "win32" >\n' for python in ("cp311", "cp38", "cp27", "py3"))
    assert converted(read(tags)).requirements.settings == {"platforms": ["windows-x86"], "pythons": ["3.8", "3.11"]}
    assert converted(read(f'python_version: "3.11"\n{tags}')).requirements.settings == {"platforms": ["windows-x86"]}


def test_python_2_understands_the_markers_for_it() -> None:
    text = 'python_version: "2.7"\n' + wheel("a", match_tag='platform: "manylinux1_x86_64"')
    conversion = converted(read(text))
    assert conversion.requirements == Requirements("==2.7.*", ('a==1.0; platform_system == "Linux" and platform_machine == "x86_64"',))
    assert packages(conversion.requirements, Host("linux-x86_64", PYTHON2)) == {("a", "==1.0")}


@pytest.mark.parametrize(
    ("stated", "meant"),
    [("3", "==3.*"), ("3.8", "==3.8.*"), ("3.11", "==3.11.*"), ("3.11.8", ">=3.11.8,<3.12"), ("", None)],
)
def test_the_version_of_python(stated: str, meant: str | None) -> None:
    assert converted(read(f'python_version: "{stated}"\n')).requirements.requires_python == meant


def test_a_file_for_python_2_says_so_by_its_name() -> None:
    assert converted(read("", "/a/.vpython")).requirements.requires_python == "==2.7.*"


def test_what_cannot_be_converted_is_reported_with_its_line() -> None:
    conversion = converted(
        read(wheel() + wheel(version="abc") + 'wheel: <\n  name: "${platform}" version: "version:1" >\npython_version: "x"\n')
    )
    assert [(problem.rule, problem.line) for problem in conversion.problems] == [
        ("version-invalid", 2),
        ("name-invalid", 3),
        ("python-version-invalid", 5),
    ]


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("infra/python/wheels/requests-py2_py3", "requests"),
        ("infra/python/wheels/Ruamel_Yaml-py3", "ruamel-yaml"),
        ("infra/python/wheels/backports_functools_lru_cache-py2_py3", "backports-functools-lru-cache"),
        ("infra/python/wheels/wheel_py2_py3", "wheel"),
        ("infra/python/wheels/enum34-py2", "enum34"),
        ("infra/python/wheels/numpy/${vpython_platform}", "numpy"),
        ("infra/python/wheels/numpy/${platform}_${py_python}_${py_abi}", "numpy"),
        ("infra/python/wheels/psutil/linux-386_cp27_cp27m", "psutil"),
        ("infra/python/wheels/${vpython_platform}/numpy", "numpy"),
        ("custom/third_party/numpy/linux-amd64", "numpy"),
        ("custom/third_party/numpy/${vpython_platform}", "numpy"),
        ("${vpython_platform}", None),
        ("", None),
        ("infra/python/wheels/a b", None),
    ],
)
def test_names_of_packages(name: str, package: str | None) -> None:
    found = package_name(name)
    assert (found.name if found else None) == package


@pytest.mark.parametrize(
    ("version", "public", "local"),
    [
        ("version:2.31.0", "2.31.0", "2.31.0"),
        ("version:2@1.14.5.chromium.7", "1.14.5", "1.14.5+chromium.7"),
        ("version:1.5.6-551505593fa0d9c5372b79c95e3dfe9a", "1.5.6", "1.5.6+551505593fa0d9c5372b79c95e3dfe9a"),
        ("version:2@1.2.3-custom-tag-name", "1.2.3", "1.2.3+custom.tag.name"),
        ("version:6.2.2fixed1", "6.2.2", "6.2.2+fixed1"),
        ("version:3.5.0rc1", "3.5.0rc1", "3.5.0rc1"),
        ("version:1.0.post1", "1.0.post1", "1.0.post1"),
        ("version:1.0+local", "1.0", "1.0+local"),
        ("version:1.2x.supported.2", "1.21.1", "1.21.1+supported.2"),
        ("version:1", "1", "1"),
        ("version:abc", None, None),
        ("version:", None, None),
        ("git_revision:0123456789012345678901234567890123456789", None, None),
        ("latest", None, None),
        ("fdciGVssAXvDr0HvgQKT2TLsYyrTcdwRwk44pyb0Id4C", None, None),
    ],
)
def test_versions_of_packages(version: str, public: str | None, local: str | None) -> None:
    found = package_version(version)
    assert (found.public, found.text(local=True)) == (public, local)


def test_only_references_move() -> None:
    assert is_movable("latest")
    assert is_movable("canary")
    assert not any(map(is_movable, ("version:1.0", "0" * 40, "fdciGVssAXvDr0HvgQKT2TLsYyrTcdwRwk44pyb0Id4C", "")))


def test_templates_become_what_vpython_makes_of_them() -> None:
    values = template_values(Tag("cp311", "cp311", "manylinux_2_17_x86_64"))
    assert expanded("n/${vpython_platform}", values) == "n/linux-amd64_cp311_cp311"
    assert expanded("${os}-${arch} ${py_tag}", values) == "linux-amd64 cp311-cp311-manylinux_2_17_x86_64"
    assert expanded("${other}", values) == "${other}"
    assert unknown_templates("${platform}_${py_abi} ${os=linux,mac} ${pyton}") == ["pyton"]


@pytest.mark.parametrize(
    ("tag", "cipd", "ours"),
    [
        ("manylinux1_x86_64", "linux-amd64", "linux-x86_64"),
        ("manylinux2014_aarch64", "linux-arm64", "linux-aarch64"),
        ("linux_arm64", "linux-arm64", "linux-aarch64"),
        ("musllinux_1_2_x86_64", "linux-amd64", "linux-x86_64-musl"),
        ("linux_armv7l", "linux-armv6l", None),
        ("macosx_10_10_intel", "mac-amd64", "macos-x86_64"),
        ("macosx_11_0_arm64", "mac-arm64", "macos-arm64"),
        ("win32", "windows-386", "windows-x86"),
        ("win_arm64", "windows-arm64", "windows-arm64"),
        ("any", None, None),
    ],
)
def test_platforms_have_names_in_cipd_and_here(tag: str, cipd: str | None, ours: str | None) -> None:
    assert (cipd_platform(tag), platform_of_tag(tag)) == (cipd, ours)
