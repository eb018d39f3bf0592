# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real results of every module against its RETURN documentation: nothing undocumented, nothing documented that never occurs."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from engine_fixtures import interpreter_source
from play_fleet import Fleet
from roots import Archive

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from documented_plays import CALLBACK, on_a_host, on_the_controller
from return_blocks import COMMON, MODULES, TARGET_MODULES, documented_keys, keys_of, returned, undocumented

Results = Mapping[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def results(fleet: Fleet, bundle_archive: Archive, later_bundle_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return every result of the play, by module, without what Ansible itself adds."""
    directory = tmp_path_factory.mktemp("documented")
    tasks = [*on_the_controller(bundle_archive, interpreter_source(), directory), *on_a_host(fleet, later_bundle_archive.release)]
    played = fleet.controller.play(tasks, working_directory=directory, ANSIBLE_CALLBACKS_ENABLED=f"recorded_results,{CALLBACK}")
    assert len(played.results) == len(tasks), played.output
    found = defaultdict(list)
    for each in played.results:
        result = {key: value for key, value in each["result"].items() if key not in COMMON and not key.startswith("_")}
        found[each["task"]].append({**result, "failed": each["status"] == "failed"})
    # Each module was refused once, and did its work.
    assert all({each["failed"] for each in found[module]} == {True, False} for module in MODULES), played.output
    return {name: [{key: value for key, value in each.items() if key != "failed"} for each in found[name]] for name in MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_everything_that_a_module_returns_is_documented(results: Results, module: str) -> None:
    documented = returned(module)
    for result in results[module]:
        assert result.keys() - documented.keys() == set()
        assert [problem for key, value in result.items() for problem in undocumented(value, documented[key], key)] == []


@pytest.mark.parametrize("module", MODULES)
def test_everything_that_a_module_documents_is_returned(results: Results, module: str) -> None:
    assert returned(module).keys() - {key for result in results[module] for key in result} == set()


def test_every_part_of_a_documented_key_is_returned_by_some_module(results: Results) -> None:
    for modules in (TARGET_MODULES, *([module] for module in MODULES if module not in TARGET_MODULES)):
        documented = {each for module in modules for key, block in returned(module).items() for each in documented_keys(block, key)}
        found = {
            each
            for module in modules
            for result in results[module]
            for key, value in result.items()
            for each in keys_of(value, returned(module)[key], key)
        }
        assert documented - found == set()


@pytest.mark.parametrize("module", MODULES)
def test_what_is_documented_for_success_or_failure_is_returned_then(results: Results, module: str) -> None:
    for result in results[module]:
        failed = "errors" in result
        expected = {"always", "failure" if failed else "success"}
        missing = {key for key, block in returned(module).items() if block["returned"] in expected} - result.keys()
        assert missing == set(), result
