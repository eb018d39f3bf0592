# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts are refused before anything is decided for them."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_refusals import refuse_other_platform, refuse_unusable_root
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_trust import Distrust
from ansible_collections.hermetic.python.plugins.plugin_utils.target.windows_host import presumed_facts
from task_samples import UNTOUCHED


def test_a_platform_that_the_inventory_does_not_name_is_detected() -> None:
    refuse_other_platform("linux-x86_64", expected=None)
    refuse_other_platform("linux-x86_64", expected="linux-x86_64")
    with pytest.raises(HermeticError, match=r"hermetic_platform is macos-arm64, and the host is linux-x86_64\. Correct the variable"):
        refuse_other_platform("linux-x86_64", expected="macos-arm64")


def test_a_root_is_refused_for_what_it_is_and_who_may_change_it() -> None:
    refuse_unusable_root(UNTOUCHED, changes=True)
    with pytest.raises(HermeticError, match="is no directory"):
        refuse_unusable_root(dataclasses.replace(UNTOUCHED, root_type="other"), changes=False)
    foreign = dataclasses.replace(UNTOUCHED, distrust=(Distrust("root", "owner", 1000, "0755", UNTOUCHED.root),))
    with pytest.raises(HermeticError, match="belongs to uid 1000"):
        refuse_unusable_root(foreign, changes=False)


def test_only_a_change_needs_a_root_that_can_be_written() -> None:
    closed = dataclasses.replace(UNTOUCHED, root_writable=False, uid=1000)
    refuse_unusable_root(closed, changes=False)
    with pytest.raises(HermeticError, match="cannot be written by the user with uid 1000"):
        refuse_unusable_root(closed, changes=True)


def test_what_is_only_presumed_is_no_reason_to_refuse() -> None:
    refuse_unusable_root(presumed_facts("C:\\infra-system", "windows-x86_64"), changes=True)
