# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results read as messages and diffs, one line for each subject."""

from __future__ import annotations

from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.target.result_format import (
    comparison_message,
    generation_message,
    readable_diff,
    removal_message,
    steps_message,
)


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


def test_a_change_without_findings_shows_what_the_engine_reports() -> None:
    diff = readable_diff(_result(diff={"before": "generation 2\n", "after": "generation 1\n"}), root="/r")
    assert diff is not None and (diff["before"], diff["after"]) == ("generation 2\n", "generation 1\n")


def test_a_change_that_is_only_work_shows_its_steps() -> None:
    diff = readable_diff(_result(plan=("prune",), diff={"before": "", "after": ""}), root="/r")
    assert diff is not None and diff["after"] == "prune virtualenv:x: why\n"


def test_a_message_counts_steps_and_names_the_generation() -> None:
    planned = _result(plan=("build_environment",))
    taken = steps_message(planned, check=False, nothing_to_do="x")
    assert taken == "1 step taken to generation 2: build_environment virtualenv:x."
    assert "would be taken" in steps_message(planned, check=True, nothing_to_do="x")
    assert (
        steps_message(_result(), check=False, nothing_to_do="generation {} is as declared") == "Nothing to do: generation 2 is as declared."
    )


def test_what_leads_to_no_other_generation_does_not_name_one() -> None:
    pinned = {**_result(plan=("pin",)), "generation": {"before": 2, "after": 2}}
    assert generation_message(pinned, check=False, nothing_to_do="x") == "1 step taken: pin virtualenv:x."
    assert generation_message(pinned, check=True, nothing_to_do="x") == "1 step would be taken: pin virtualenv:x."
    assert generation_message(_result(), check=True, nothing_to_do="it is so") == "Nothing to do: it is so."


def test_a_switch_names_what_is_another_version_now() -> None:
    changed = {
        "changed_bundles": {
            "old": {"before": "3.12.1+1", "after": None, "packages": {}},
            "python": {"before": "3.12.1+1", "after": "3.12.2+1", "packages": {"b": {"before": None, "after": "2"}}},
        },
        "changed_virtualenvs": {"web": {"change": "modified", "packages": {"a": {"before": "1", "after": "2"}}}},
    }
    assert generation_message(_result(plan=("switch",), **changed), check=False, nothing_to_do="x") == (
        "1 step taken to generation 2: switch virtualenv:x; bundle old: 3.12.1+1 -> none; "
        "bundle python: 3.12.1+1 -> 3.12.2+1, b none -> 2; virtualenv web: a 1 -> 2."
    )


def test_a_removal_has_its_reason() -> None:
    assert removal_message(_result(), check=False) == "Nothing to do: nothing is installed."
    assert removal_message(_result(plan=("uninstall",)), check=False) == "The root was removed: why."
    assert removal_message(_result(plan=("uninstall",)), check=True) == "The root would be removed: why."


def test_a_comparison_counts_causes() -> None:
    found = _result(_finding("a", "missing"), _finding("b", "version", cause="pending"), _finding("c", "mode"))
    assert comparison_message(found, target="x") == "3 findings (1 pending, 2 tampered): a missing; b version; c mode."


def test_a_clean_host_is_what_it_was_compared_with() -> None:
    assert comparison_message(_result(), target="what is declared") == "Clean: generation 1 is what is declared."
    diff = readable_diff(_result(_finding("package:x/b", "missing")), root="/r", target="as it was last installed")
    assert diff is not None and diff["after"] == "package:x/b: as it was last installed\n"


def test_a_deep_look_says_what_it_could_not_compare() -> None:
    result = _result(declared={"bundles": {"python": "1"}}, vouched={"known": 3, "unknown": ["laid/a", "laid/b"]})
    assert "2 records of the host could not be compared with what this controller knows" in comparison_message(result, target="x")


def test_a_finding_of_the_store_or_the_generation_says_its_path() -> None:
    finding = {**_finding("store", "missing"), "path": "/r/state/receipts/laid/x.json"}
    assert "store /r/state/receipts/laid/x.json missing" in comparison_message(_result(finding), target="x")


def test_a_long_list_is_cut_and_says_so() -> None:
    message = comparison_message(_result(*(_finding(f"f{number}", "missing") for number in range(40))), target="x")
    assert message.endswith("and 34 more.")
