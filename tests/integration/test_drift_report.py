# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of real plays: every host of a run, whatever became of it, in every format and in the exit status."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import format_readers as read
import pytest
from plays import PROJECT
from reported_plays import Hosts, Reported

GONE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.2", "ansible_port": 9}


@pytest.fixture
def fleet(roots: tuple[dict[str, Any], dict[str, str]]) -> Hosts:
    """Return a host in each state, and one more of each that is skipped and that lies outside the limit."""
    named = roots[1]
    return {
        "clean": {"root": named["clean"]},
        "drifted": {"root": named["drifted"]},
        "broken": {"root": named["broken"]},
        "gone": {"root": "/nowhere", **GONE},
        "left-out": {"root": named["clean"], "leave_out": True},
        "outside": {"root": named["clean"]},
    }


def test_every_host_of_a_run_is_reported_in_every_format_and_in_the_exit_status(reported: Reported, fleet: Hosts) -> None:
    asked = reported.drift(when="not (leave_out | default(false))")
    played = reported.play(reported.begin(), asked, hosts=fleet, arguments=("--limit", "!outside"))
    assert played.code == 1, played.output
    wanted = {
        "broken": "failed",
        "clean": "clean",
        "drifted": "tampered",
        "gone": "unreachable",
        "left-out": "skipped",
        "outside": "outside_limit",
    }
    assert reported.states() == wanted
    report = reported.report()
    told = {"states": {"clean": 1, "pending": 0, "tampered": 1, "interrupted": 0, "not_checked": 4}, "findings": 1, "exit": 1}
    files = {path.name.partition(".")[2]: path.read_text(encoding="utf-8") for path in reported.reports.glob("drift.*")}
    assert read.of_json(files["json"]) == told
    assert read.of_json_lines(files["jsonl"]) == (told, report)
    assert {key: read.of_prometheus(files["prom"])[key] for key in told} == told
    assert read.of_text(files["txt"]) == told
    assert read.of_html(files["html"]) == {"states": told["states"], "exit": 1}
    junit = read.of_junit(files["junit.xml"])
    assert (junit["clean"], junit["differing"], junit["not_checked"], junit["exit"]) == (1, 1, 4, 1)
    # The recap is Ansible's; the report comes after it.
    assert played.output.index("PLAY RECAP") < played.output.index("1 clean, 0 pending, 1 tampered, 0 interrupted, 4 not checked")
    entry = report["hosts"]["clean"]
    assert entry["platform"].startswith("linux-")
    assert (entry["generation"], set(entry["bundles"])) == (1, {"python"})
    assert report["declarations"][entry["declared"]] == {"bundles": entry["bundles"], "virtualenvs": {}}
    assert report["hosts"]["broken"]["message"]
    assert "connect" in report["hosts"]["gone"]["message"]
    assert not list(reported.reports.glob(".drift.*"))


@pytest.mark.parametrize(
    ("names", "options", "code"), [(["clean"], {}, 0), (["clean", "drifted"], {}, 2), (["drifted"], {"fail": False}, 0)]
)
def test_the_exit_status_is_that_of_the_report_where_it_is_wanted(
    reported: Reported, fleet: Hosts, names: list[str], options: dict[str, Any], code: int
) -> None:
    played = reported.play(reported.begin(**options), reported.drift(), hosts={name: fleet[name] for name in names})
    assert played.code == code, played.output
    assert reported.report()["exit"] == (2 if "drifted" in names else 0)


def test_a_policy_decides_what_counts_and_one_with_mistakes_stops_the_play(reported: Reported, fleet: Hosts, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text("ignores: [{reason: known, expires: 2199-12-31, path: '*/stray'}]\n")
    hosts = {"drifted": fleet["drifted"]}
    assert reported.play(reported.begin(policy=str(policy)), reported.drift(), hosts=hosts).code == 0
    assert (reported.report()["totals"]["ignored"], reported.states()) == (1, {"drifted": "clean"})
    policy.write_text("threshold: severe\nignores: [{reason: x}]\n")
    played = reported.play(reported.begin(policy=str(policy)), reported.drift(), hosts=hosts)
    assert played.code == 1
    assert "severe" in played.output
    assert "expires" in played.output
    assert [each["task"] for each in played.results][-1].endswith("Begin the report")


def test_the_second_run_knows_what_is_new_and_what_is_resolved(reported: Reported, fleet: Hosts) -> None:
    hosts = {"one": fleet["drifted"]}
    for new in (1, 0):
        reported.play(reported.begin(), reported.drift(), hosts=hosts)
        assert reported.report()["totals"]["new"] == new
    reported.play(reported.begin(), reported.drift(), hosts={"one": fleet["clean"]})
    assert [each["host"] for each in reported.report()["history"]["resolved"]] == ["one"]
    assert [each["tampered"] for each in reported.report()["history"]["trend"]] == [1, 1, 0]


def test_loops_and_hosts_that_are_delegated_to(reported: Reported, fleet: Hosts) -> None:
    roots = [fleet[name]["root"] for name in ("clean", "drifted")]
    looped = reported.drift(root="{{ item }}", loop=roots)
    sent = {**reported.drift(root=roots[0]), "delegate_to": "{{ item }}", "loop": ["other"], "when": "inventory_hostname == 'asks'"}
    hosts: Hosts = {"asks": {}, "other": {}}
    played = reported.play(reported.begin(), sent, looped, hosts=hosts, arguments=("--limit", "asks"))
    assert played.code == 2, played.output
    assert reported.states() == {"asks": "tampered", "other": "clean"}


def test_a_task_in_the_background_is_reported_when_its_result_is_asked_for(reported: Reported, fleet: Hosts) -> None:
    variables = {"ansible_python_interpreter": sys.executable}
    hosts = {
        "waits": {**fleet["drifted"], **variables},
        "asks": {**fleet["clean"], **variables},
        "forgets": {**fleet["clean"], **variables},
    }
    waiting = reported.drift(**dict[str, Any]({"async": 60, "poll": 1, "when": "inventory_hostname == 'waits'"}))
    started = reported.drift(**dict[str, Any]({"async": 60, "poll": 0, "register": "job", "when": "inventory_hostname != 'waits'"}))
    asked = {
        "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
        "register": "ended",
        "until": "ended.finished",
        "retries": 60,
        "delay": 1,
        "when": "inventory_hostname == 'asks'",
    }
    played = reported.play(reported.begin(), waiting, started, asked, hosts=hosts)
    assert reported.states() == {"waits": "tampered", "asks": "clean", "forgets": "skipped"}, played.output
    assert "nobody asked" in reported.report()["hosts"]["forgets"]["message"]
    assert reported.report()["hosts"]["asks"]["declared"] is not None
    assert reported.report()["hosts"]["asks"]["platform"].startswith("linux-")


def test_no_log_hides_a_result_and_a_hidden_host_is_not_clean(reported: Reported, fleet: Hosts) -> None:
    reported.play(reported.begin(), reported.drift(no_log=True), hosts={"drifted": fleet["drifted"]})
    text = (reported.reports / "drift.json").read_text()
    assert reported.states() == {"drifted": "skipped"}
    assert "no_log" in text
    assert "stray" not in text


def test_retries_count_by_their_last_word_and_a_failure_that_the_task_declares_is_an_answer(reported: Reported, fleet: Hosts) -> None:
    tried = reported.drift(register="seen", until="seen.findings == []", retries=2, delay=0)
    declared = reported.drift(failed_when=True)
    hosts = {name: fleet[name] for name in ("clean", "drifted")}
    for task in (tried, declared):
        assert reported.play(reported.begin(), task, hosts=hosts).code == 2
        assert reported.states() == {"clean": "clean", "drifted": "tampered"}
        assert reported.report()["totals"]["findings"] == 1


def test_a_host_that_another_task_lost_says_so(reported: Reported, fleet: Hosts) -> None:
    lost = {"name": "Look around", "ansible.builtin.fail": {"msg": "not today"}, "when": "inventory_hostname == 'clean'"}
    reported.play(lost, reported.begin(), reported.drift(), hosts={name: fleet[name] for name in ("clean", "drifted")})
    entry = reported.report()["hosts"]["clean"]
    assert (entry["reason"], entry["message"]) == ("failed", "Look around: not today")


def test_no_report_since_no_host_was_left_is_an_error_and_no_drift(reported: Reported, fleet: Hosts) -> None:
    played = reported.play(
        {"ansible.builtin.fail": {"msg": "not today"}}, reported.begin(), reported.drift(), hosts={"clean": fleet["clean"]}
    )
    assert played.code == 1, played.output
    assert "No drift report was made" in played.output


def test_a_serial_play_is_one_report_and_a_converged_host_is_clean(reported: Reported, fleet: Hosts, tmp_path: Path) -> None:
    hosts = {**{name: fleet[name] for name in ("clean", "drifted")}, "fresh": {"root": str(tmp_path / "fresh")}}
    converge = {"hermetic.python.system": {"root": "{{ root }}", "bundles": reported.bundles}, "when": "inventory_hostname == 'fresh'"}
    asked = reported.drift(when="inventory_hostname != 'fresh'")
    played = reported.play(reported.begin(), converge, asked, hosts=hosts, play={"serial": 1})
    assert played.code == 2, played.output
    assert reported.states() == {"clean": "clean", "drifted": "tampered", "fresh": "clean"}
    assert reported.report()["hosts"]["fresh"]["generation"] == 1
    assert played.output.count("Drift report of") == 1


def test_a_role_that_is_included_says_that_it_comes_too_late(reported: Reported, fleet: Hosts) -> None:
    late = reported.begin()
    late["ansible.builtin.include_role"] = late.pop("ansible.builtin.import_role")
    played = reported.play(late, hosts={"clean": fleet["clean"]})
    assert played.code == 2
    assert "callbacks_enabled = hermetic.python.drift_report" in played.output


def test_the_callback_alone_reports_on_every_play_that_uses_the_modules(reported: Reported, fleet: Hosts, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "ANSIBLE_CALLBACKS_ENABLED": "recorded_results,hermetic.python.drift_report",
        "HERMETIC_DRIFT_REPORT_DIRECTORY": str(reported.reports),
        "HERMETIC_DRIFT_REPORT_FAIL": "true",
    }
    hosts = {name: fleet[name] for name in ("clean", "drifted")}
    assert reported.play({"ansible.builtin.debug": {"msg": "x"}}, hosts=hosts, **settings).code == 0
    assert not reported.reports.exists()
    played = reported.play(reported.drift(), hosts=hosts, **settings)
    assert played.code == 2, played.output
    assert reported.states() == {"clean": "clean", "drifted": "tampered"}
    # In check mode nothing is repaired.
    checked = {"hermetic.python.bundle": {"root": "{{ root }}", **reported.bundles[0]}}
    assert reported.play(checked, hosts={"drifted": fleet["drifted"]}, arguments=("--check",), **settings).code == 2


def test_reports_go_below_the_working_directory_whatever_the_environment_calls_it(reported: Reported, fleet: Hosts, tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    # Programs that start others, such as systemd, cron and Ansible itself, leave PWD out or as it was.
    variables = {"system_bundle_root": fleet["clean"]["root"], "system_bundle_drift_against": "installed", "system_bundle_bundles": []}
    playbook = PROJECT / "playbooks" / "drift.yml"
    played = reported.controller.play(None, playbook=playbook, hosts={"clean": variables}, working_directory=here, PWD=str(elsewhere))
    assert played.code == 0, played.output
    assert (here / "reports" / "drift.json").exists()
    assert not elsewhere.exists()


def test_reports_are_merged_by_one_command(reported: Reported, fleet: Hosts, tmp_path: Path) -> None:
    for name in ("clean", "drifted"):
        reported.play(reported.begin(directory=str(tmp_path / name)), reported.drift(), hosts={name: fleet[name]})
    arguments = ("-e", json.dumps({"merge_reports": [f"{tmp_path}/clean/drift.json", f"{tmp_path}/dr*/drift.json"]}))
    places = ("-e", f"drift_report_directory={reported.reports}")
    played = reported.controller.play(None, *arguments, *places, playbook=PROJECT / "playbooks" / "merge_reports.yml")
    assert played.code == 2, played.output
    assert reported.states() == {"clean": "clean", "drifted": "tampered"}
    nothing = reported.controller.play(None, "-e", "merge_reports=/nowhere/x.json", playbook=PROJECT / "playbooks" / "merge_reports.yml")
    assert nothing.code == 1
    assert "/nowhere/x.json" in nothing.output
