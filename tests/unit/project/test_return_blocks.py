# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules document of their results: the same words for the same key, and samples that the code can produce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import source_texts
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import CAUSES, KINDS, SEVERITIES
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_answer import answer_problems
from ansible_collections.hermetic.python.plugins.plugin_utils.target.result_format import (
    comparison_message,
    generation_message,
    readable_diff,
    steps_message,
)
from return_blocks import MODULES, TARGET_MODULES, Block, returned, sample, sample_result, undocumented

pytestmark = pytest.mark.slow

# What a module is about may differ: the sample, and when a key of one state only is returned.
OWN_WORDS = {"sample"}
OWN_CONDITIONS = {"bytes"}


def _values(block: Block) -> set[str]:
    """Return the values that a description names."""
    description = block["description"]
    return set(re.findall(r"\bV\((.+?)\)", description if isinstance(description, str) else " ".join(description)))


def _names(block: Block) -> set[str]:
    description = block["description"]
    return set(re.findall(r"\bC\((.+?)\)", description if isinstance(description, str) else " ".join(description)))


def _without(block: Any, left_out: set[str]) -> Any:
    if isinstance(block, dict):
        return {key: _without(value, left_out) for key, value in block.items() if key not in left_out}
    return block


@pytest.mark.parametrize("module", TARGET_MODULES)
def test_modules_document_the_same_key_in_the_same_words(module: str) -> None:
    for name, block in returned(module).items():
        for other in TARGET_MODULES:
            if name not in returned(other) or (name == "msg" and {"system_info", "script"} & {module, other}):
                # The one has a sentence for failures only, the other says how a program ended.
                continue
            left_out = OWN_WORDS | ({"returned"} if name in OWN_CONDITIONS else set())
            assert _without(block, left_out) == _without(returned(other)[name], left_out), f"{name} of {module} and {other}"


@pytest.mark.parametrize("module", MODULES)
def test_every_key_has_a_sample_of_the_documented_shape(module: str) -> None:
    for name, block in returned(module).items():
        assert sample(block) is not None, name
        assert list(undocumented(sample(block), block, name)) == []


@pytest.mark.parametrize("module", TARGET_MODULES)
def test_samples_together_are_an_answer_that_the_controller_takes(module: str) -> None:
    assert list(answer_problems({**sample_result(module), "changed": True})) == []


def _findings() -> Iterator[dict[str, Any]]:
    for module in TARGET_MODULES:
        yield from sample_result(module).get("findings", [])


def _plans() -> Iterator[dict[str, Any]]:
    for module in MODULES:
        yield from sample_result(module).get("plan", [])


def test_values_of_findings_are_those_of_the_engine() -> None:
    described = returned("drift")["findings"]["contains"]
    assert _values(described["kind"]) == set(KINDS)
    assert _values(described["cause"]) == set(CAUSES)
    assert _values(described["severity"]) == set(SEVERITIES)
    findings = list(_findings())
    assert len(findings) > 3
    for finding in findings:
        assert finding["kind"] in KINDS and finding["cause"] in CAUSES and finding["severity"] in SEVERITIES
        assert source_texts.could_say(finding["remedy"]), finding["remedy"]


def test_every_step_is_documented_and_every_documented_step_is_one() -> None:
    assert _values(returned("system")["plan"]["contains"]["action"]) - {"state/unexpected"} == source_texts.steps()
    assert _values(returned("repository")["plan"]["contains"]["action"]) == source_texts.changes_of_a_repository()
    known = source_texts.steps() | source_texts.changes_of_a_repository()
    plans = list(_plans())
    assert len(plans) > 8
    for step in plans:
        assert step["action"] in known
        assert source_texts.could_say(step["reason"]), step["reason"]


def test_every_part_of_the_timings_is_documented_and_every_documented_part_is_one() -> None:
    block = returned("system")["timings"]
    assert _names(block) == source_texts.timings()
    assert set(block["sample"]) <= source_texts.timings()
    of_builds = source_texts.first_texts("step")
    assert "self-test" in of_builds and set(returned("bundle_build")["timings"]["sample"]) <= of_builds


@pytest.mark.parametrize("key", ["changed_bundles", "changed_virtualenvs"])
def test_every_kind_of_change_is_documented(key: str) -> None:
    changes = source_texts.changes_of_names() - (set() if key == "changed_bundles" else {"default"})
    assert len(changes) > 4
    assert _values(returned("system")[key]) == changes
    for each in sample_result("bundle")[key].values():
        assert each["change"] in changes


@pytest.mark.parametrize("module", MODULES)
def test_errors_of_samples_are_sentences_of_the_code(module: str) -> None:
    for error in sample_result(module)["errors"]:
        assert source_texts.could_say(error), error


def _message(made: dict[str, Any], module: str) -> str:
    if module == "drift":
        return comparison_message(made, target="what is declared")
    message = generation_message if module == "generation" else steps_message
    return message(made, check=False, nothing_to_do="")


@pytest.mark.parametrize("module", [module for module in TARGET_MODULES if module not in ("system_info", "script")])
def test_the_message_and_the_diff_are_what_the_samples_give(module: str) -> None:
    made = sample_result(module)
    assert made["msg"] == _message(made, module)
    # Without findings, the engine's own two texts are shown.
    diff = readable_diff(made, root="/opt/infra-system")
    assert made["diff"] == diff


def test_messages_of_other_modules_are_sentences_of_the_code() -> None:
    for module in ("system_info", "script", "bundle_build", "repository", "drift_report"):
        first, *problems = sample_result(module)["msg"].split("\n  - ")
        assert source_texts.could_say(first), first
        assert problems == (sample_result(module)["errors"] if problems else [])
