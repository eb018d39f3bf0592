# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays against a Windows host whose bundle carries the engine, another one, or a damaged one."""

from __future__ import annotations

import json

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.engine_of_task import CODE
from carried_engines import CARRIED, answering, kept, marked, put, rename
from desk import Desk

pytestmark = pytest.mark.slow
SENT = "the controller's was sent instead"


def test_the_engine_of_the_bundle_answers_where_it_is_the_controllers(converged: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    tree = converged.bundle
    with kept(tree, tmp_path_factory.mktemp("kept")):
        put(tree, marked(tree))
        for verify, answered in (("quick", True), ("deep", False)):
            played = converged.module("drift", **converged.declared(verify=verify))
            assert (CARRIED in json.dumps(played.last.get("warnings"))) is answered, played.output
            assert SENT not in played.output
        # The deep one reads what the other one does not.
        assert any(CODE.replace("/", "\\") in str(each["path"]) for each in played.last["findings"])


def test_another_or_a_damaged_engine_is_not_run(converged: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    tree = converged.bundle
    with kept(tree, tmp_path_factory.mktemp("kept")):
        put(tree, marked(tree))
        rename(tree, "0" * 64)
        played = converged.module("system_info")
        assert played.code == 0 and CARRIED not in played.output and SENT not in played.output
    with kept(tree, tmp_path_factory.mktemp("kept")):
        # The controller remembers that there is another one; so it must not take it for its own until it is told.
        played = converged.module("system_info")
        assert played.code == 0, played.output
        put(tree, answering(tree, "raise SystemError('damaged')"))
        played = converged.module("system_info")
        assert played.code == 0 and SENT in played.output.replace("\n", " "), played.output
    with kept(tree, tmp_path_factory.mktemp("kept")):
        assert converged.module("system_info").code == 0
        put(tree, marked(tree), named=False)
        played = converged.module("system_info")
        assert played.code == 0 and CARRIED not in played.output, played.output
