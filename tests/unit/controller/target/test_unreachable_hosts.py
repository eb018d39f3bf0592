# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is reported of hosts that could not be reached, which plays they are left out of, and the status of the run."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.end_of_run import EndOfRun
from ansible_collections.hermetic.python.plugins.plugin_utils.target.unreachable_hosts import Lost, Unreachable, named, patterns


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with nothing noted."""
    monkeypatch.setattr(Lost, "hosts", {})
    monkeypatch.setattr(Lost, "passed_over", set())
    monkeypatch.setattr(EndOfRun, "_all", [])
    monkeypatch.setattr(EndOfRun, "_ended", {})


def lost(host: str, *, planning: bool, message: str = "no route") -> None:
    Lost.hosts[host] = Unreachable(host, "Do it", message, planning)
    if not planning:
        Lost.passed_over.add(host)


def test_every_host_is_named_with_what_is_known_of_it() -> None:
    lost("a\x1b", planning=True, message="one\ntwo " + "x" * 500)
    lost("b", planning=False)
    lost("c", planning=False)
    lines = list(named(Lost.hosts))
    assert lines[0] == "NOT DONE, 1 host could not be reached, so it was left out; nothing was changed there:"
    assert lines[1].startswith("  a\\x1b (Do it): one two xxx")
    assert lines[1].endswith("…")
    assert lines[2] == "NOT DONE, 2 hosts could not be reached when they were to be changed; what is there now is not known:"
    assert lines[3:] == ["  b (Do it): no route", "  c (Do it): no route"]
    assert list(named({})) == []


def test_plays_that_follow_leave_them_out_and_a_name_that_is_a_pattern_changes_no_choice() -> None:
    assert patterns("others", ["web", "!db"]) == ["web", "!db"]
    assert patterns("passed_over", []) == ["all", "!all"]
    lost("a", planning=True)
    lost("b", planning=False)
    for name in ("all:x", "*", "~.", "c[0:9]", "d,e", "fe80::1"):
        lost(name, planning=False)
    assert patterns("others", ["all"]) == ["all", "!a", "!b"]
    assert patterns("passed_over", []) == ["b"]
    assert patterns("terms", ["x"]) == ["x"]


def test_a_host_that_is_reached_after_all_is_not_lost() -> None:
    lost("a", planning=True)
    lost("b", planning=False)
    Lost.reached_after_all("b")
    Lost.reached_after_all("c")
    assert (list(Lost.hosts), Lost.passed_over) == (["a"], set())


def test_the_last_callback_ends_the_run_with_the_most_telling_status() -> None:
    EndOfRun.join("one")
    EndOfRun.join("two")
    EndOfRun.seen("one", 4)
    with pytest.raises(SystemExit) as ended:
        EndOfRun.seen("two", 1)
    assert ended.value.code == 1
    # The next playbook of the command begins again; Ansible's own status stays where nobody has one.
    EndOfRun.seen("two", 0)
    EndOfRun.seen("one", 0)
    EndOfRun.seen("one", 0)
    with pytest.raises(SystemExit) as ended:
        EndOfRun.seen("two", 4)
    assert ended.value.code == 4
