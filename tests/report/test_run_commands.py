# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of a report are those of how its run was started, can be pasted into a shell, and hold no secret."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.run_commands import PLAYBOOKS
from report_samples import report
from run_command_samples import commands, inventory_in

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "s3cret-pass"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory with an inventory."""
    monkeypatch.chdir(tmp_path)
    return inventory_in(tmp_path)


def test_an_installed_collection_is_named_and_the_inventory_is_the_one_that_was_used(directory: Path) -> None:
    found = commands("-i", "inventories/prod.yml", "hermetic.python.drift")
    assert found["repair"] == "ansible-playbook -i inventories/prod.yml hermetic.python.repair"
    assert found["deploy"] == "ansible-playbook -i inventories/prod.yml hermetic.python.site"
    assert found["check"] == "ansible-playbook -i inventories/prod.yml hermetic.python.drift"
    assert (found["directory"], found["left_out"]) == (str(directory), [])


@pytest.mark.parametrize("playbook", ["drift", "repair", "site"])
def test_a_clone_is_named_by_the_paths_of_its_playbooks(monkeypatch: pytest.MonkeyPatch, playbook: str) -> None:
    monkeypatch.chdir(PLAYBOOKS.parent)
    found = commands("-i", "inventories/demo", f"playbooks/{playbook}.yml")
    assert found["repair"] == "ansible-playbook -i inventories/demo playbooks/repair.yml"
    assert found["check"] == "ansible-playbook -i inventories/demo playbooks/drift.yml"
    monkeypatch.chdir(PLAYBOOKS)
    assert commands("-i", "h,", f"{playbook}.yml")["check"] == "ansible-playbook -i h, drift.yml"


def test_a_playbook_of_somebody_else_is_never_run_again(directory: Path) -> None:
    (directory / "drift.yml").write_text("[]")
    for own in ("drift.yml", "deploy.yml", "other.collection.drift"):
        assert commands("-i", "a,b,", own)["check"] == "ansible-playbook -i a,b, hermetic.python.drift"


def test_several_inventories_and_what_is_needed_to_reach_the_hosts(directory: Path) -> None:
    (directory / "with blank").write_text("x")
    (directory / "vault").write_text("x")
    words = ("-i", "with blank", "-i", "/", "-b", "--become-user", "o'hara", "-K", "-u", "deploy", "--vault-password-file", "vault")
    parsed = shlex.split(commands(*words, "hermetic.python.drift")["check"])
    assert parsed[:5] == ["ansible-playbook", "-i", "with blank", "-i", "/"]
    for part in (["--become"], ["--become-user", "o'hara"], ["--ask-become-pass"], ["--user", "deploy"]):
        at = parsed.index(part[0])
        assert parsed[at : at + len(part)] == part
    assert parsed[parsed.index("--vault-password-file") + 1].endswith("vault")


def test_the_choice_of_hosts_is_left_to_who_takes_the_command() -> None:
    words = ("-i", "a,", "--limit", "a", "-e", "drift_hosts=web*", "-e", '{"repair_hosts": ["a"]}', "hermetic.python.drift")
    assert commands(*words) == {**commands("-i", "a,", "hermetic.python.drift")}


def test_what_a_command_does_is_not_decided_by_the_run_that_was_reported_on() -> None:
    words = ("-e", "repair_declared=true", "-e", "system_bundle_state=absent", "-e", '{"system_bundle_drift_against": "installed"}')
    assert commands("-i", "a,", *words, "hermetic.python.repair") == commands("-i", "a,", "hermetic.python.repair")


def test_variables_of_ours_are_kept_and_come_out_as_they_went_in() -> None:
    given = {
        "system_bundle_root": "/srv/it's",
        "drift_report_formats": ["json"],
        "system_bundle_jobs": 4,
        "hermetic_platform": "linux-x86_64",
    }
    parsed = shlex.split(commands("-i", "a,", "-e", json.dumps(given), "-e", "@vars.yml", "hermetic.python.drift")["check"])
    values = [parsed[at + 1] for at, word in enumerate(parsed) if word == "-e"]
    assert values.pop() == "@vars.yml"
    again = commands("-i", "a,", *(word for value in values for word in ("-e", value)), "-e", "@vars.yml", "hermetic.python.drift")
    assert shlex.split(again["check"]) == parsed
    assert "system_bundle_jobs: 4" in " ".join(values)


@pytest.mark.parametrize(
    "given",
    [
        f"password={SECRET}",
        f"ansible_become_password={SECRET} system_bundle_jobs=2",
        json.dumps({"db": {"password": SECRET}}),
        json.dumps({"system_bundle_credentials": {"host": {"password": SECRET}}}),
        f"system_bundle_repository=https://ops:{SECRET}@host/x",
        f"system_bundle_repository=https://ops:p/{SECRET}@host/x",
        f"system_bundle_index_url=https://host/simple?sig={SECRET}",
        json.dumps({"system_bundle_extra_index_urls": ["https://fine/", f"https://{SECRET}@host/"]}),
        json.dumps({"system_bundle_bundles": [{"archive": f"https://host/a?token={SECRET}"}]}),
        f"- {SECRET}",
        f"{{broken: {SECRET}",
    ],
)
def test_nothing_that_could_be_a_secret_is_in_a_command(given: str) -> None:
    found = commands("-i", "a,", "-e", given, "hermetic.python.drift")
    assert SECRET not in json.dumps(found)
    assert found["left_out"] or given.startswith(("-", "{broken"))


def test_what_would_act_on_a_terminal_is_in_no_command(directory: Path) -> None:
    (directory / "evil\x1b[2J").write_text("x")
    found = commands("-i", "evil\x1b[2J", "hermetic.python.drift")
    assert "\x1b" not in json.dumps(found, ensure_ascii=False)
    assert "control characters" in found["left_out"][0]


def test_a_report_of_before_has_no_commands_and_is_still_one() -> None:
    assert "commands" not in report({})["run"]
