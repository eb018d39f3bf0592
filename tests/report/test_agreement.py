# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the hosts answered: all formats and the exit status of a run agree."""

from __future__ import annotations

from typing import Any

import format_readers as read
import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import CAUSES, KINDS, SEVERITIES
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import REASONS, not_checked
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.merging import merge
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files import WRITERS
from fleet_troubles import HOSTILE
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from report_samples import host, policy, report

pytestmark = pytest.mark.slow

# A whole report shrinks for minutes and stays unreadable; the report that failed says enough.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
# Every code point, lone surrogates included.
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=()), max_size=30))
OPTIONAL = st.none() | TEXT
FINDINGS = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(["store", "bundle:python", "virtualenv:recipes"]) | TEXT,
        "kind": st.sampled_from(KINDS) | TEXT,
        "severity": st.sampled_from(SEVERITIES),
        "cause": st.sampled_from(CAUSES),
        "expected": OPTIONAL,
        "actual": OPTIONAL,
        "path": OPTIONAL,
        "remedy": TEXT,
    }
)
CHECKED = st.builds(
    lambda findings, bundles, groups, declared: host(*findings, bundles=bundles, groups=groups, declared=declared, generation=3),
    st.lists(FINDINGS, max_size=6),
    st.dictionaries(st.sampled_from(["python", "old"]) | TEXT, TEXT, max_size=2),
    st.lists(TEXT, max_size=2),
    st.sampled_from(["d", None]),
)
HOSTS = st.dictionaries(TEXT, CHECKED | st.builds(not_checked, st.sampled_from(REASONS), TEXT), max_size=8)
GLOBS = st.sampled_from(["*", "store", "bundle:*", "p*", "[a-m]*"])
POLICIES = st.builds(
    lambda entries, threshold: policy(*entries, threshold=threshold),
    st.lists(
        st.fixed_dictionaries(
            {"subject": GLOBS, "hosts": GLOBS, "reason": st.just("known"), "expires": st.sampled_from(["2026-12-31", "2020-01-01"])}
        ),
        max_size=2,
    ),
    st.sampled_from(SEVERITIES),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(hosts=HOSTS, by=POLICIES, complete=st.booleans())
def test_all_formats_and_the_exit_status_agree(hosts: dict[str, Any], by: Any, complete: bool) -> None:
    made = report(hosts, by=by, complete=complete)
    text = {kind: "".join(writer(made)) for kind, (_ending, writer) in WRITERS.items()}
    wanted = {
        "states": {state: made["totals"][state] for state in read.STATES},
        "findings": made["totals"]["findings"],
        "exit": made["exit"],
    }
    assert read.of_json(text["json"]) == wanted
    assert read.of_json_lines(text["jsonl"])[0] == wanted
    assert {key: read.of_prometheus(text["prometheus"])[key] for key in wanted} == wanted
    assert read.of_text(text["text"]) == wanted
    page = read.of_html(text["html"])
    assert page == {key: wanted[key] for key in page}
    junit = read.of_junit(text["junit"])
    totals = made["totals"]
    assert (junit["hosts"], junit["clean"], junit["not_checked"]) == (totals["hosts"], totals["clean"], totals["not_checked"])
    assert (junit["differing"], junit["exit"]) == (totals["pending"] + totals["tampered"] + totals["interrupted"], made["exit"])


@settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(hosts=HOSTS, by=POLICIES, cut=st.integers(0, 8))
def test_a_report_in_slices_is_the_report(hosts: dict[str, Any], by: Any, cut: int) -> None:
    names = list(hosts)
    slices = [report({name: hosts[name] for name in part}, by=by) for part in (names[:cut], names[cut:])]
    merged, whole = merge({"one": slices[0], "two": slices[1]}, None), report(hosts, by=by)
    for key in ("hosts", "totals", "policy", "declarations", "exit"):
        assert merged[key] == whole[key]
