# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From task results to hosts: what counts as checked, what does not, and which word is the last."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import declaration_key
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.fold import FoldedEvents, fold
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import (
    HIDDEN,
    Event,
    answer,
    elsewhere,
    finding_of,
    message_of,
    module_of,
    part_of,
    silence,
)
from report_samples import finding

AT = "2026-11-24T18:01:00Z"
LATER = "2026-11-24T18:02:00Z"
DECLARED = {"bundles": {"python": "1+1"}, "virtualenvs": {"a": {"bundle": "python", "packages": {"x": "1"}}}}


def result_of(*findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "findings": list(findings), "plan": [], "generation": {"before": 4, "after": 5}, "bundles": {"python": "1+1"}, "platform": "linux-x86_64",
        "declared": DECLARED,
    } | more  # fmt: skip


def heard(module: str, result: dict[str, Any], *, host: str = "a", check: bool = False, at: str = AT, **arguments: str) -> Event:
    event = answer(host, module, part_of(module, arguments), result, check=check, at=at)
    assert event is not None
    return {**event, "declared": declaration_key(event["declared"]) or ""}


def folded(*events: Event, complete: bool = True) -> FoldedEvents:
    begin: list[Event] = [
        {"event": "run", "id": "r", "started": AT, "controllers": ["one"]},
        {"event": "groups", "groups": ["web"]},
        {"event": "host", "host": "a", "groups": 0, "inside": True},
        {"event": "declared", "key": declaration_key(DECLARED), "declared": DECLARED},
    ]
    return fold([*begin, *events], complete=complete)


def only(*events: Event, complete: bool = True) -> dict[str, Any]:
    return folded(*events, complete=complete).hosts["a"]


@pytest.mark.parametrize(
    ("action", "module"),
    [
        ("hermetic.python.drift", "drift"),
        ("drift", "drift"),
        ("hermetic.python.system", "system"),
        ("virtualenv", "virtualenv"),
        ("hermetic.python.bundle", "bundle"),
        ("hermetic.python.generation", None),
        ("other.python.drift", None),
        ("ansible.builtin.debug", None),
    ],
)
def test_our_modules_are_known_by_both_names(action: str, module: str | None) -> None:
    assert module_of(action) == module


def test_an_answer_makes_a_host_checked() -> None:
    made = folded(heard("drift", result_of(finding())))
    entry = made.hosts["a"]
    assert (entry["state"], entry["reason"], entry["checked"], entry["groups"]) == ("clean", None, AT, ["web"])
    assert (entry["platform"], entry["generation"], entry["bundles"]) == ("linux-x86_64", 4, {"python": "1+1"})
    assert entry["findings"] == [finding()]
    assert made.declarations == {entry["declared"]: DECLARED}


def test_what_a_converge_mended_is_no_drift_any_more() -> None:
    steps = [{"action": "repair_environment"}]
    assert only(heard("system", result_of(finding(), plan=steps)))["findings"] == []
    assert only(heard("system", result_of(finding(), plan=steps)))["generation"] == 5
    assert only(heard("system", result_of(finding(), plan=steps), check=True))["findings"] == [finding()]
    assert only(heard("system", result_of(finding(), plan=steps), check=True))["generation"] == 4
    # It cannot be repaired, and so nothing was done.
    assert only(heard("system", result_of(finding())))["findings"] == [finding()]


def test_the_last_word_on_a_whole_host_makes_the_earlier_ones_void() -> None:
    first = heard("virtualenv", result_of(finding()), name="x")
    assert only(first, heard("drift", result_of()))["findings"] == []
    assert only(silence("a", part_of("virtualenv", {"name": "x"}), "failed", {}, at=AT), heard("drift", result_of()))["reason"] is None
    # A root beside it is another matter.
    assert only(heard("drift", result_of(finding()), root="/one"), heard("drift", result_of(), root="/two"))["findings"] == [finding()]


def test_parts_of_a_host_are_reported_together() -> None:
    other = {"bundles": {}, "virtualenvs": {"b": {"bundle": "python", "packages": {"y": "2"}}}}
    events = [
        heard("virtualenv", result_of(finding(), declared=DECLARED), name="a"),
        heard("virtualenv", result_of(declared=other), name="b", at=LATER),
    ]
    made = folded({"event": "declared", "key": declaration_key(other), "declared": other}, *events)
    (declaration,) = made.declarations.values()
    assert set(declaration["virtualenvs"]) == {"a", "b"}
    assert (made.hosts["a"]["checked"], len(made.hosts["a"]["findings"])) == (LATER, 1)


def test_a_host_says_which_roll_out_its_generation_is_of() -> None:
    assert only(heard("system", result_of(rollout="october")))["rollout"] == "october"
    # What was checked last counts: the host has gone back since.
    back = [heard("system", result_of(rollout="october")), heard("bundle", result_of(), name="python", at=LATER)]
    for entry in (only(*back), only(heard("drift", result_of())), only(heard("drift", result_of(rollout=["october"])))):
        assert "rollout" not in entry


@pytest.mark.parametrize("reason", ["failed", "unreachable"])
def test_a_failure_after_an_answer_is_no_answer(reason: str) -> None:
    entry = only(heard("drift", result_of()), silence("a", part_of("drift", {}), reason, {"msg": "broken"}, at=LATER))
    assert (entry["state"], entry["reason"], entry["message"], entry["checked"]) == ("not_checked", reason, "broken", None)


def test_a_failure_is_forgotten_when_the_same_question_is_answered() -> None:
    assert only(silence("a", part_of("drift", {}), "failed", {}, at=AT), heard("drift", result_of()))["state"] == "clean"


def test_a_skipped_task_takes_nothing_back() -> None:
    skipped = silence("a", part_of("drift", {}), "skipped", {"skip_reason": "Conditional result was False", "false_condition": "x"}, at=AT)
    assert only(heard("drift", result_of()), skipped)["state"] == "clean"
    entry = only(skipped)
    assert (entry["reason"], entry["message"]) == ("skipped", "Conditional result was False: x")


def test_a_host_that_another_task_lost_has_its_reason() -> None:
    lost = elsewhere("a", "unreachable", "CallbackAdapter Facts", {"msg": "no route"}, at=AT)
    assert (only(lost)["reason"], only(lost)["message"]) == ("unreachable", "CallbackAdapter Facts: no route")
    # It had answered before.
    assert only(heard("drift", result_of()), lost)["state"] == "clean"


def test_hosts_that_nobody_asked_are_not_reached_or_outside_the_limit() -> None:
    outside = {"event": "host", "host": "b", "groups": 0, "inside": False}
    made = folded(outside)
    assert (made.hosts["a"]["reason"], made.hosts["b"]["reason"]) == ("not_reached", "outside_limit")
    inside = folded(outside, {**outside, "inside": True})
    assert inside.hosts["b"]["reason"] == "not_reached"
    assert "cut off" in folded(complete=False).hosts["a"]["message"]


def test_a_host_that_a_task_was_delegated_to_is_listed() -> None:
    assert folded(heard("drift", result_of(), host="elsewhere")).hosts["elsewhere"]["state"] == "clean"


def test_the_weakest_look_is_that_of_the_report() -> None:
    levels = [{"event": "verify", "verify": level} for level in ("deep", "quick")]
    assert folded(*levels).run["verify"] == "quick"
    assert folded(levels[0]).run["verify"] == "deep"


@pytest.mark.parametrize("result", [{}, {"findings": None}, {"findings": "text"}, {"censored": "hidden"}, {"failed": True, "msg": "x"}])
def test_what_holds_no_findings_is_no_answer(result: dict[str, Any]) -> None:
    assert answer("a", "drift", "|", result, check=False, at=AT) is None


def test_no_log_hides_the_message_as_well() -> None:
    assert message_of({"censored": "hidden", "msg": "s3cret"}) == HIDDEN


def test_all_errors_are_reported_once() -> None:
    assert message_of({"msg": "two: one is bad", "errors": ["one is bad", "two is worse"]}) == "two: one is bad; two is worse"


def test_an_unknown_cause_or_severity_counts_as_the_worst() -> None:
    made = finding_of({"subject": "x", "cause": "aliens", "severity": None, "actual": 7})
    assert (made["cause"], made["severity"], made["actual"], made["kind"]) == ("tampered", "high", "7", "")
