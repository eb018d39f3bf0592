# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty ssh hosts through a bad day: what breaks on one stays with that one, the report says so, and the next run heals it.

The tests tell one story and run in their order; each judges a run that a fixture made once.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
from cutting import Cable
from fleet import COUNT, CUT, DYING, FULL, ROOT, SKEWED, Death, Fleet
from machines.containers import PORT, answers
from plays import Played

BROKEN = {CUT, DYING, FULL}
TASK = "Bring the host to the declared state"


def of_task(played: Played) -> dict[str, dict[str, Any]]:
    """Return the status and result of every host's converging task, by host."""
    return {each["host"]: each for each in played.results if each["task"].endswith(TASK)}


@pytest.fixture(scope="module")
def first(fleet: Fleet) -> Played:
    """Return the run that brought every host its Python; forks are more than hosts."""
    return fleet.site(1, forks=2 * COUNT + 10)


def test_hosts_without_python_get_theirs_with_and_without_sudo_and_pipelining(fleet: Fleet, first: Played) -> None:
    assert first.code == 0, first.output[-3000:]
    told = of_task(first)
    assert len(told) == COUNT
    for name, each in told.items():
        assert each["result"]["generation"] == {"before": None, "after": 1}, name
        assert "bootstrap" in each["result"]["timings"], name
        fleet.works(name)
    ways = {(host["ansible_become"], host["ansible_ssh_pipelining"]) for host in fleet.variables().values()}
    assert len(ways) == 4


def test_everything_belongs_to_root_however_the_login_was(fleet: Fleet, first: Played) -> None:
    for name, machine in fleet.machines.items():
        assert machine.run("find", ROOT, "!", "-user", "root") == "", name
        assert machine.run("find", "/tmp", "/root", "/home", "-name", "ansible-tmp-*", "-o", "-name", ".bootstrap-*") == "", name


def test_the_second_run_changes_nothing(fleet: Fleet, first: Played) -> None:
    second = fleet.site(1)
    assert second.code == 0, second.output[-3000:]
    assert {name: each["result"]["changed"] for name, each in of_task(second).items()} == dict.fromkeys(fleet.machines, False)


def test_a_clock_a_year_off_is_no_drift(fleet: Fleet, first: Played) -> None:
    here = int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    assert int(fleet.machines[SKEWED].run("date", "+%s")) - here > 300 * 86400
    _played, report = fleet.drift(1, "clock", limit=SKEWED)
    assert report["hosts"][SKEWED]["state"] == "clean", report


@dataclass
class BadDay:
    """A run on which three hosts broke, each in its own way, and the report that followed while they were still broken."""

    played: Played
    cable: Cable
    death: Death
    report_run: Played
    report: dict[str, Any]
    marker_was_left: bool


@pytest.fixture(scope="module")
def bad_day(fleet: Fleet, first: Played) -> BadDay:
    """Roll the next release out while a cable is cut, a disk is full, and a machine loses its power in the middle of its switch."""
    fleet.machines[FULL].run("sh", "-c", f"head -c $(($(df --output=avail -B1 {ROOT} | tail -n 1) - 2000000)) /dev/zero >/opt/filler")
    machine = fleet.machines[CUT]
    cable = Cable(machine.address, PORT, limit=fleet.archives[1].path.stat().st_size // 2)
    through: dict[str, Any] = {CUT: {"ansible_host": "127.0.0.1", "ansible_port": cable.port}}
    with Death(fleet.machines[DYING], at_generation=2) as death:
        played = fleet.site(2, tolerated=50, report="roll-out", **through)
    report_run, report = fleet.drift(2, "bad-day", **through)
    fleet.machines[DYING].start()
    answers(fleet.machines[DYING])
    left = (fleet.machines[DYING].root / ROOT[1:] / "state" / "journal").exists()
    return BadDay(played, cable, death, report_run, report, left)


def not_checked(report: dict[str, Any]) -> dict[str, str]:
    """Return the reasons that a report gives, by host."""
    return {name: host["reason"] for name, host in report["hosts"].items() if host["state"] == "not_checked"}


def test_the_others_finish(fleet: Fleet, bad_day: BadDay) -> None:
    assert bad_day.played.code != 0
    told = of_task(bad_day.played)
    finished = {name for name, each in told.items() if each["status"] == "ok" and each["result"]["generation"]["after"] == 2}
    assert finished == set(fleet.machines) - BROKEN, bad_day.played.output[-4000:]
    for name in sorted(finished)[:3]:
        assert fleet.release(name) == fleet.releases[1]


def test_a_cable_that_is_cut_in_the_middle_of_a_transfer_leaves_the_host_as_it_was(fleet: Fleet, bad_day: BadDay) -> None:
    assert bad_day.cable.cut.is_set()
    assert of_task(bad_day.played)[CUT]["status"] == "unreachable"
    assert fleet.generation(CUT) == 1
    fleet.works(CUT)


def test_a_machine_that_loses_its_power_in_the_middle_of_the_switch_has_a_python_when_it_comes_back(fleet: Fleet, bad_day: BadDay) -> None:
    assert bad_day.death.happened
    assert bad_day.marker_was_left, "the machine died too late: its run was over"
    assert of_task(bad_day.played)[DYING]["status"] in ("unreachable", "failed")
    fleet.works(DYING)


def test_a_full_disk_is_named_and_the_host_keeps_what_it_has(fleet: Fleet, bad_day: BadDay) -> None:
    told = of_task(bad_day.played)[FULL]
    assert told["status"] == "failed"
    assert "space" in str(told["result"]["msg"]).lower(), told["result"]["msg"]
    assert fleet.generation(FULL) == 1
    fleet.works(FULL)


def test_the_report_of_the_roll_out_says_what_happened_to_each(fleet: Fleet, bad_day: BadDay) -> None:
    report, text = fleet.report("roll-out"), fleet.report_text("roll-out")
    assert not_checked(report) == {CUT: "unreachable", DYING: "unreachable", FULL: "failed"}
    messages = {name: report["hosts"][name]["message"] for name in BROKEN}
    assert "are needed and" in messages[FULL], messages
    for name, message in messages.items():
        assert message, name
        assert name in text
    assert "are needed and" in text
    assert {host["state"] for name, host in report["hosts"].items() if name not in BROKEN} == {"clean"}
    assert report["exit"] == 1


def test_the_report_on_the_day_after_says_who_lags_behind(fleet: Fleet, bad_day: BadDay) -> None:
    report = bad_day.report
    assert not_checked(report) == {CUT: "unreachable", DYING: "unreachable"}
    assert report["hosts"][FULL]["state"] in ("pending", "interrupted")
    assert {"bundle:python", "virtualenv:web"} <= {finding["subject"] for finding in report["hosts"][FULL]["findings"]}
    assert {host["state"] for name, host in report["hosts"].items() if name not in BROKEN} == {"clean"}
    assert bad_day.report_run.code == 1


def test_the_report_on_the_machine_that_came_back_names_the_interrupted_switch(fleet: Fleet, bad_day: BadDay) -> None:
    played, report = fleet.drift(2, "came-back", limit=DYING)
    host = report["hosts"][DYING]
    assert host["state"] == "interrupted", host
    assert "interrupted" in {finding["cause"] for finding in host["findings"]}
    assert f"{DYING}\n" in fleet.report_text("came-back")
    assert played.code == 1, "the other hosts are outside the limit"


def test_the_next_run_heals(fleet: Fleet, bad_day: BadDay) -> None:
    fleet.machines[FULL].run("rm", "/opt/filler")
    healed = fleet.site(2)
    assert healed.code == 0, healed.output[-3000:]
    changed = {name for name, each in of_task(healed).items() if each["result"]["changed"]}
    assert changed == BROKEN
    played, report = fleet.drift(2, "healed")
    assert played.code == 0, json.dumps(report)[:3000]
    assert report["totals"]["clean"] == COUNT
    for name in BROKEN:
        assert fleet.release(name) == fleet.releases[1]
        assert (
            fleet.machines[name].run("find", ROOT, "-maxdepth", "2", "-name", ".new-*", "-o", "-maxdepth", "2", "-name", ".bootstrap-*")
            == ""
        )


def test_a_batch_with_too_many_failures_stops_the_roll_out_before_the_next(fleet: Fleet, bad_day: BadDay) -> None:
    # Back to the first release, in batches: two hosts of the second batch fail, which is more than a tenth of it. Ansible counts
    # failures only: hosts that cannot be reached stop no roll-out.
    gone = {"system_bundle_root": "/etc/hostname"}
    names = list(fleet.machines)
    stopped = fleet.site(1, serial='["1", 9, "100%"]', tolerated=10, report="stopped", **dict.fromkeys(names[2:4], gone))
    assert stopped.code != 0
    told = of_task(stopped)
    assert set(told) == set(names[:10])
    report = fleet.report("stopped")
    assert not_checked(report) == {**dict.fromkeys(names[2:4], "failed"), **dict.fromkeys(names[10:], "not_reached")}
    assert all("/etc/hostname" in report["hosts"][name]["message"] for name in names[2:4])
    reached = [name for name in names[:10] if name not in names[2:4]]
    assert {fleet.release(name) for name in reached} == {fleet.releases[0]}
    assert {fleet.release(name) for name in names[10:]} == {fleet.releases[1]}
    assert fleet.site(1, serial='["1", 9, "100%"]').code == 0
    assert {fleet.release(name) for name in names} == {fleet.releases[0]}
