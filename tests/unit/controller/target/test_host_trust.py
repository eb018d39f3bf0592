# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe says of who may change a root, read strictly."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_trust import parse_distrust


@pytest.mark.parametrize("line", ["parent owner 0 d", "root owner x d /p", "odd owner 0 d /p", "root owner 0 d p"])
def test_what_cannot_be_read_is_an_error(line: str) -> None:
    with pytest.raises(HermeticError, match="cannot be read"):
        parse_distrust(f"hermetic-distrust-1 {line}")
