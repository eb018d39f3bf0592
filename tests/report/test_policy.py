# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy: globs with a reason and a last day, and every problem of a file at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import parse_policy, policy_of, read_policy
from report_samples import TODAY, finding, policy


@pytest.mark.parametrize(
    ("globs", "matches"),
    [
        ({"hosts": "web*"}, True),
        ({"hosts": "db*"}, False),
        ({"subject": "package:*/flask", "kind": "version", "cause": "pending"}, True),
        ({"subject": "package:*/flask", "kind": "missing"}, False),
        ({"path": "*.log"}, False),
        ({"path": "*"}, True),
        ({"hosts": "WEB*"}, False),
    ],
)
def test_every_glob_of_an_entry_must_match(globs: dict[str, str], matches: bool) -> None:
    assert (policy(globs).ignoring("web1", finding()) == 0) is matches


def test_the_first_entry_that_matches_and_has_not_expired_is_the_one() -> None:
    made = policy({"kind": "*", "expires": "2026-11-23"}, {"kind": "link"}, {"kind": "version"}, {"kind": "*"})
    assert made.ignoring("a", finding()) == 2


def test_the_last_day_still_counts() -> None:
    assert policy({"kind": "*", "expires": "2026-11-24"}).ignoring("a", finding()) == 0
    expired = policy({"kind": "*", "expires": "2026-11-23"})
    assert expired.ignoring("a", finding()) is None
    assert expired.shown({})["expired"] == 1


def test_every_problem_of_a_file_is_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(
        "threshold: severe\nignoers: []\nignores:\n"
        "  - {reason: '', expires: 2026-12-31, kind: x}\n"
        "  - {reason: all of it, expires: 2026-12-31}\n"
        "  - {reason: no end, kind: x}\n"
        "  - {reason: odd day, expires: '2026-02-30', kind: x}\n"
        "  - {reason: no day, expires: soon, kind: x}\n"
        "  - {reason: typo, expires: 2026-12-31, pth: x, kind: x}\n"
        "  - nothing\n"
    )
    with pytest.raises(HermeticError) as raised:
        read_policy(path, today=TODAY)
    problems = "\n".join(raised.value.problems)
    for text in (
        "severe", "ignoers", "ignores[0].reason", "ignores[1]: matches everything", "'expires' is a required", "ignores[3].expires: 2026-02-30",
        "ignores[4].expires: 'soon'", "'pth'", "ignores[6]",
    ):  # fmt: skip
        assert text in problems, problems
    assert str(path) in raised.value.message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "policy.yml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HermeticError, match=r"policy\.yml"):
        read_policy(path, today=TODAY)


@pytest.mark.parametrize("document", [{}, {"threshold": "high"}, {"ignores": []}])
def test_little_is_enough(document: dict[str, Any]) -> None:
    assert parse_policy(document, today=TODAY).ignores == ()


def test_an_empty_file_lets_everything_count(tmp_path: Path) -> None:
    (tmp_path / "policy.yml").touch()
    assert read_policy(tmp_path / "policy.yml", today=TODAY) == read_policy(None, today=TODAY)


def test_a_policy_is_read_back_from_a_report() -> None:
    made = policy({"hosts": "a*", "path": "*.log"}, {"kind": "link", "expires": "2020-01-01"}, threshold="medium")
    assert policy_of(made.shown({0: 3})) == made
