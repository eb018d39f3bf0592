# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results read as sentences and diffs, one line for each subject."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.result_format import readable_diff, sentence


def _finding(subject: str, kind: str, *, actual: str | None = None, expected: str | None = None, cause: str = "tampered") -> dict[str, Any]:
    return {"subject": subject, "kind": kind, "actual": actual, "expected": expected, "cause": cause}


def _result(*findings: dict[str, Any], plan: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    steps = [{"action": action, "subject": "virtualenv:x", "reason": "why"} for action in plan]
    return {"findings": list(findings), "plan": steps, "generation": {"before": 1, "after": 2}, **more}


def test_no_difference_is_no_diff() -> None:
    assert readable_diff(_result(), root="/r") is None


def test_each_subject_is_one_line_on_each_side_where_it_is() -> None:
    diff = readable_diff(
        _result(
            _finding("package:x/a", "version", actual="1.0", expected="1.1", cause="pending"),
            _finding("package:x/b", "missing", expected="2.0", cause="pending"),
            _finding("package:x/c", "unexpected", actual="3.0"),
        ),
        root="/r",
    )
    assert diff is not None
    assert diff["before"] == "package:x/a: 1.0\npackage:x/c: 3.0\n"
    assert diff["after"] == "package:x/a: 1.1\npackage:x/b: 2.0\n"
    assert (diff["before_header"], diff["after_header"]) == ("/r (generation 1)", "/r (generation 2)")


def test_a_finding_without_values_still_shows() -> None:
    for kind in ("missing", "unexpected", "modified", "not_runnable"):
        diff = readable_diff(_result(_finding("bundle:python", kind)), root="/r")
        assert diff is not None and "bundle:python" in diff["before"] + diff["after"]


def test_a_change_without_findings_shows_what_the_engine_tells() -> None:
    diff = readable_diff(_result(diff={"before": "generation 2\n", "after": "generation 1\n"}), root="/r")
    assert diff is not None and (diff["before"], diff["after"]) == ("generation 2\n", "generation 1\n")


def test_a_change_that_is_only_work_shows_its_steps() -> None:
    diff = readable_diff(_result(plan=("prune",), diff={"before": "", "after": ""}), root="/r")
    assert diff is not None and diff["after"] == "prune virtualenv:x: why\n"


def test_a_sentence_tells_steps_and_generation() -> None:
    assert (
        sentence(_result(plan=("build_environment",)), module="system", check=False)
        == "1 step taken to generation 2: build_environment virtualenv:x."
    )
    assert "would be taken" in sentence(_result(plan=("build_environment",)), module="system", check=True)
    assert sentence(_result(), module="system", check=False) == "Nothing to do: generation 2 is as declared."


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("active", "Nothing to do: generation 2 is the current one already."),
        ("pinned", "Nothing to do: the generation is pinned already."),
        ("unpinned", "Nothing to do: the generation is not pinned."),
        ("pruned", "Nothing to do: nothing can be removed."),
    ],
)
def test_what_nobody_declared_is_not_called_as_declared(state: str, told: str) -> None:
    assert sentence(_result(), module="generation", check=False, state=state) == told


def test_what_leads_to_no_other_generation_does_not_say_so() -> None:
    pinned = {**_result(plan=("pin",)), "generation": {"before": 2, "after": 2}}
    assert sentence(pinned, module="generation", check=False, state="pinned") == "1 step taken: pin virtualenv:x."
    assert sentence(pinned, module="generation", check=True, state="pinned") == "1 step would be taken: pin virtualenv:x."


def test_a_sentence_of_drift_counts_causes() -> None:
    told = sentence(
        _result(_finding("a", "missing"), _finding("b", "version", cause="pending"), _finding("c", "mode")), module="drift", check=False
    )
    assert told == "3 findings (1 pending, 2 tampered): a missing; b version; c mode."


def test_a_clean_host_is_as_declared_only_where_something_was_declared() -> None:
    declared = _result(declared={"bundles": {"python": "3.12.1+1"}, "virtualenvs": {}})
    assert sentence(declared, module="drift", check=False) == "Clean: generation 1 is what is declared."
    nothing = _result(declared={"bundles": {}, "virtualenvs": {}})
    assert sentence(nothing, module="drift", check=False) == "Clean: generation 1 is as it was last installed; nothing was declared."
    compared = sentence(nothing, module="drift", check=False, against="installed")
    assert compared == "Clean: generation 1 is as it was last installed; it was not compared with the declaration."
    diff = readable_diff(_result(_finding("package:x/b", "missing")), root="/r", declared=False)
    assert diff is not None and diff["after"] == "package:x/b: as it was last installed\n"


def test_a_deep_look_says_what_it_could_not_compare() -> None:
    result = _result(declared={"bundles": {"python": "1"}}, vouched={"known": 3, "unknown": ["laid/a", "laid/b"]})
    assert "2 records of the host could not be compared with what this controller knows" in sentence(result, module="drift", check=False)


def test_a_finding_of_the_store_or_the_generation_says_its_path() -> None:
    finding = {**_finding("store", "missing"), "path": "/r/state/receipts/laid/x.json"}
    assert "store /r/state/receipts/laid/x.json missing" in sentence(_result(finding), module="drift", check=False)


def test_a_long_list_is_cut_and_says_so() -> None:
    told = sentence(_result(*(_finding(f"f{number}", "missing") for number in range(40))), module="drift", check=False)
    assert told.endswith("and 34 more.")
