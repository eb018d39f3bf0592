# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications for tests: strategies that make any, and short ways to read one from a text."""

from __future__ import annotations

from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.problem import Unreadable
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.recognition import specification_in
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import (
    ListedWheel,
    Requirements,
    Specification,
    Tag,
    WheelList,
)
from hypothesis import strategies as st

# All of Unicode but surrogates, and NUL, which no text may hold.
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
tags = st.builds(Tag, anything, anything, anything)
listed_wheels = st.builds(ListedWheel, anything, anything, st.lists(tags, max_size=2).map(tuple), st.lists(tags, max_size=2).map(tuple))
wheel_lists = st.builds(
    WheelList,
    anything,
    st.lists(listed_wheels, max_size=3).map(tuple),
    st.none() | listed_wheels,
    st.lists(tags, max_size=2).map(tuple),
)
PYTHON_PARTS = ["", "py2", "py3", "py27", "py38", "py311", "cp27", "cp38", "cp311", "cp319", "cp3", "py2.py3", "pp38"]
ABI_PARTS = ["", "none", "abi3", "cp27m", "cp27mu", "cp38", "cp38m", "cp311", "cp313t", "cp3"]
PLATFORM_PARTS = [
    *("", "any", "linux_x86_64", "linux_i686", "linux_aarch64", "linux_arm64", "linux_riscv64", "manylinux1_x86_64", "manylinux1_i686"),
    *(
        "manylinux2014_aarch64",
        "manylinux_2_17_x86_64",
        "macosx_10_6_intel",
        "macosx_10_9_x86_64",
        "macosx_11_0_arm64",
        "macosx_10_9_arm64",
    ),
    *("macosx_10_9_universal2", "macosx_12_3_arm64", "macosx_10_6_fat", "win32", "win_amd64", "win_arm64", "windows-x64"),
]
real_tags = st.builds(Tag, st.sampled_from(PYTHON_PARTS), st.sampled_from(ABI_PARTS), st.sampled_from(PLATFORM_PARTS))
"""Tags that hosts may have, and such that look like them."""
dependencies = st.sampled_from(
    [
        "requests",
        "requests==2.31.0",
        "psutil>=5; sys_platform == 'linux'",
        'pywin32==306; sys_platform == "win32" and platform_machine == "AMD64"',
        "web[metrics,tracing]>=1.0,<2",
        "name @ https://files.example.com/name-1.0-py3-none-any.whl",
    ]
)
tool_values: Any = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | anything,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(anything, inner, max_size=2),
    max_leaves=4,
)
requirements = st.builds(
    Requirements,
    st.none() | st.sampled_from([">=3.11", ">=3.8,<3.12", "==3.12.*", ""]),
    st.lists(dependencies, max_size=4).map(tuple),
    st.dictionaries(anything, tool_values, max_size=2),
)


def read(text: str, path: str = "tool.vpython3") -> Specification:
    """Return the specification in the text of a file."""
    found = specification_in(text, path=path)
    assert found is not None, f"{path} is taken for a program without a specification"
    return found


def refused(text: str, path: str = "tool.vpython3") -> list[str]:
    """Return what is wrong with the text of a file."""
    try:
        specification_in(text, path=path)
    except Unreadable as error:
        return [str(problem) for problem in error.found]
    raise AssertionError("it was read")


def wheel(name: str = "requests-py3", version: str = "1.0", **fields: str) -> str:
    """Return the entry of a wheel in a text proto; ``match`` and ``but`` are the parts of tags."""
    tags = "".join(f" {field} < {parts} >" for field, parts in fields.items())
    return f'wheel: < name: "infra/python/wheels/{name}" version: "version:{version}"{tags} >\n'
