# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No answer of a host gives a traceback on the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import answer as answer_event
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_answer import checked_answer, checked_host
from ansible_collections.hermetic.python.plugins.plugin_utils.target.resolver import installed_bundle
from ansible_collections.hermetic.python.plugins.plugin_utils.target.result_format import (
    comparison_message,
    generation_message,
    readable_diff,
    steps_message,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.target.windows_host import presumed_facts, reported_facts
from document_samples import ANSWER, INFO
from host_samples import NOW, PYTHON, digest
from hostile_values import HOSTILE, mutated, ours
from hypothesis import given


@HOSTILE
@given(mutated(ANSWER))
def test_the_answer_of_a_host(answer: Any) -> None:
    with ours(subject="The host answered"):
        result = checked_answer(answer)
        for message in (steps_message, generation_message):
            assert message(result, check=True, nothing_to_do="done")
        assert comparison_message(result, target="x")
        readable_diff(result, root="/opt/x")


INFORMED = {
    "changed": False,
    "warnings": [],
    "info": {
        "root": "/opt/x",
        "generation": 1,
        "generations": [
            {
                "number": 1,
                "created": NOW,
                "pinned": False,
                "default": "python",
                "bundles": {"python": PYTHON.id},
                "virtualenvs": {"web": "w"},
            }
        ],
        "bundles": [
            {**{key: INFO[key] for key in INFO if key != "files"}, "id": PYTHON.id, "sha256": PYTHON.sha256, "path": "/x", "active": True}
        ],
        "virtualenvs": [
            {
                "name": "web",
                "id": "web-x",
                "bundle": PYTHON.id,
                "path": "/x",
                "packages": [],
                "wheels": [{"sha256": digest("w"), "filename": "w-1.0-py3-none-any.whl"}],
            }
        ],
    },
}


@HOSTILE
@given(mutated(INFORMED))
def test_what_a_host_says_that_it_has(answer: Any) -> None:
    with ours():
        info = checked_answer(answer).get("info")
        if info is not None:
            installed_bundle(info, None)


@HOSTILE
@given(mutated(ANSWER))
def test_the_answer_of_a_job_in_the_background_in_a_report(answer: Any) -> None:
    if isinstance(answer, dict):
        answer_event("host", "drift", "|", answer, check=False, at="2026-11-25T10:00:00Z")


@HOSTILE
@given(
    mutated(
        {
            "platform": "windows-x86_64",
            "interpreter": {"id": "python-3.12.1+1-0123456789ab", "version": "3.12.1"},
            "dead": ["python-3.12.1+2-0123456789ab"],
            "problem": {"kind": "bootstrap", "step": "fetch", "detail": "x"},
            "seconds": {"engine": 0.5},
        }
    )
)
def test_what_a_windows_host_says_of_itself(host: Any) -> None:
    if isinstance(host, dict):
        with ours(subject="host"):
            reported_facts(presumed_facts("C:\\x", "windows-x86_64"), checked_host(host))


def test_what_is_not_changed_is_taken() -> None:
    """A check that refused everything would let all of these tests pass."""
    assert checked_answer(ANSWER) == ANSWER
    assert installed_bundle(checked_answer(INFORMED)["info"], None)["id"] == PYTHON.id
