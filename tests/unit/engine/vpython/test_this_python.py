# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import platform
import sys

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.this_python import (
    full_version,
    is_for_this_python,
    tags,
)
from packaging.markers import Marker


def test_it_is_the_python_that_runs_this() -> None:
    executable = sys.executable
    assert full_version() == platform.python_version()
    assert tags()[0].interpreter == "cp{}{}".format(*sys.version_info)
    assert sys.executable == executable


def test_markers_are_those_of_this_python_and_of_no_extra() -> None:
    assert is_for_this_python(None)
    assert is_for_this_python(Marker("python_version >= '3.9'"))
    assert not is_for_this_python(Marker("extra == 'x'"))
    for marker in ("python_full_version ~= '3'", "os_name ~= '1.0'", "'x' in extras", "'a' == 'b'"):
        with pytest.raises(ValueError, match=r"the marker .* cannot be evaluated"):
            is_for_this_python(Marker(marker))
