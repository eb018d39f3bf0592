# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roll-out goes on while its waves are good; after one that is not, every host that it switched has what it had before."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from play_rollouts import Rollouts

pytestmark = pytest.mark.slow

DEAD = {"ansible_connection": "ssh", "ansible_host": "127.0.0.2", "ansible_port": 9}


def test_a_wave_that_fails_takes_back_the_waves_before_it_and_leaves_the_rest_alone(rollouts: Rollouts) -> None:
    old, new = rollouts.releases
    stopped = rollouts.roll_out(ill=["c"])
    assert stopped.code == 2, stopped.output
    assert {host: rollouts.has(host) for host in "abcde"} == dict.fromkeys("abcde", old), stopped.output
    assert {host: rollouts.generation(host) for host in "abcde"} == dict.fromkeys("abcde", 1)
    assert not (rollouts.directory / "d/state/generations/2.json").exists()
    report = rollouts.report()
    assert report["stopped"].startswith("Wave 2: 1 of 2 hosts (1 unhealthy; at most 0 may be): c")
    assert report["summary"] == {"not_begun": 2, "switched": 2, "taken_back": 3, "unhealthy": 1}
    assert report["hosts"]["c"]["message"] == "Ask the service: the service does not answer"
    assert {host: each["taken_back"]["to"] for host, each in report["hosts"].items() if "taken_back" in each} == dict.fromkeys("abc", 1)
    assert "c: unhealthy (Ask the service: the service does not answer); taken back to generation 1" in " ".join(stopped.output.split())
    lines = rollouts.notes.read_text().splitlines()
    # Once when it was switched, and once when it went back, the handlers first.
    assert sorted(lines) == sorted([*"abc", *"abc", *(f"{host} handled" for host in "abcabc")])
    assert [line for line in lines if line.startswith("a")] == ["a handled", "a", "a handled", "a"]
    assert rollouts.channel("stable") == old
    done = rollouts.roll_out()
    assert done.code == 0, done.output
    assert {host: rollouts.has(host) for host in "abcde"} == dict.fromkeys("abcde", new)
    assert (rollouts.report()["stopped"], rollouts.report()["summary"]) == (None, {"switched": 5})
    assert [rollouts.report()["hosts"][host]["wave"] for host in "abcde"] == [1, 2, 2, 3, 3]
    assert rollouts.channel("stable") == new


def test_hosts_that_cannot_be_reached_count_against_their_wave(rollouts: Rollouts) -> None:
    rollouts.hosts["b"].update(DEAD)
    stopped = rollouts.roll_out()
    # What could not be reached may have been switched as well, and is asked to go back as well.
    assert stopped.code == 4, stopped.output
    report = rollouts.report()
    assert report["stopped"].startswith("Wave 2: 1 of 2 hosts (1 unreachable; at most 0 may be): b")
    assert report["summary"] == {"not_begun": 2, "not_taken_back": 1, "switched": 2, "taken_back": 2, "unreachable": 1}
    assert {host: rollouts.has(host) for host in "acde"} == dict.fromkeys("acde", rollouts.releases[0]), stopped.output
    passed = rollouts.roll_out(rollout_max_bad="50%")
    assert passed.code == 4, passed.output
    assert rollouts.report()["summary"] == {"switched": 4, "unreachable": 1}
    assert {host: rollouts.has(host) for host in "acde"} == dict.fromkeys("acde", rollouts.releases[1])


def test_a_roll_out_that_was_interrupted_is_resumed_or_taken_back_by_its_name(rollouts: Rollouts) -> None:
    old, new = rollouts.releases
    # As if the controller had been killed after the first wave.
    begun = rollouts.roll_out("-l", "a", rollout_id="october", rollout_promote="canary")
    assert (begun.code, rollouts.has("a"), rollouts.has("b")) == (0, new, old), begun.output
    # Another one has done something on e since.
    assert rollouts.roll_out("-l", "e", rollout_id="other", rollout_promote="canary").code == 0
    stopped = rollouts.roll_out(rollout_id="october", ill=["c"])
    assert stopped.code == 2, stopped.output
    assert {host: rollouts.has(host) for host in "abcde"} == {**dict.fromkeys("abcd", old), "e": new}
    assert rollouts.report()["hosts"]["a"]["state"] == "unchanged"
    assert rollouts.report()["hosts"]["a"]["taken_back"]["to"] == 1
    resumed = rollouts.roll_out(rollout_id="october")
    assert resumed.code == 0, resumed.output
    assert {host: rollouts.has(host) for host in "abcde"} == dict.fromkeys("abcde", new)
    back = rollouts.run("rollout", "-e", "rollout_id=october", "-e", "rollout_take_back=true")
    assert back.code == 0, back.output
    assert {host: rollouts.has(host) for host in "abcde"} == {**dict.fromkeys("abcd", old), "e": new}
    # The report of the roll-out is still there, and that of what was taken back first.
    first = (rollouts.directory / "report-taken-back.json").read_bytes()
    assert (rollouts.report()["summary"], json.loads(first)["summary"]["taken_back"]) == ({"switched": 4, "unchanged": 1}, 4)
    again = rollouts.run("rollout", "-e", "rollout_id=october", "-e", "rollout_take_back=true")
    assert again.code == 0, again.output
    (later,) = rollouts.directory.glob("report-taken-back-*.json")
    assert str(later) in again.output
    assert json.loads(later.read_bytes())["summary"] == {"kept": 5, "not_begun": 5}
    assert (rollouts.directory / "report-taken-back.json").read_bytes() == first
    assert "Nothing was to be taken back" in again.output


def test_a_host_whose_handler_fails_counts_against_its_wave(rollouts: Rollouts) -> None:
    # Ansible goes on without such a host, and the report is not to lose it.
    broken = {"name": "Note it", "ansible.builtin.fail": {"msg": "it does not start"}, "when": "inventory_hostname == 'c'"}
    (rollouts.directory / "handlers.yml").write_text(yaml.safe_dump([broken]))
    stopped = rollouts.roll_out()
    assert stopped.code == 2, stopped.output
    report = rollouts.report()
    assert report["stopped"].startswith("Wave 2: 1 of 2 hosts (1 failed; at most 0 may be): c"), report
    assert {host: rollouts.has(host) for host in "abde"} == dict.fromkeys("abde", rollouts.releases[0]), stopped.output
    assert report["summary"] == {"failed": 1, "not_begun": 2, "switched": 2, "taken_back": 3}
    # The host has what it had, although its handler failed once more.
    assert (rollouts.has("c"), rollouts.generation("c")) == (rollouts.releases[0], 1)
    assert report["hosts"]["c"]["taken_back"] == {"state": "taken_back", "to": 1, "message": "it does not start"}
    assert "c: failed (it does not start); taken back to generation 1, then failed (it does not start)" in " ".join(stopped.output.split())
    assert rollouts.channel("stable") == rollouts.releases[0]


WORDS = "words.yml"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"rollout_max_bad": "many"}, "How many hosts of a wave may be bad is 'many'"),
    ({"rollout_soak_interval": 0}, "rollout_soak_interval one of at least 1"),
    ({"rollout_take_back": True}, "Say which roll-out is to be taken back"),
    ({"rollout_waves": "some"}, "The number of hosts at once is 'some'"),
    ({"rollout_waves": "some"}, "-e rollout_waves=1,10%"),
    ({"rollout_canaries": "canarys"}, "rollout_canaries, which is 'canarys'"),
    ({"bundle_repository_path": "/nowhere"}, "need the repository in bundle_repository_path, which is '/nowhere'"),
    ({"rollout_hosts": "b:c"}, "No host of the roll-out (b:c) is one of rollout_canaries"),
    ({"rollout_channel": "nowhere"}, "has no channel 'nowhere'"),
    ({"rollout_health": "/nowhere/health.yml"}, "/nowhere/health.yml is not there, or holds no list of tasks"),
    ({"rollout_after_switch": WORDS}, "holds no list of tasks"),
    ({"rollout_max_badd": "5%"}, "'rollout_max_badd' is not a variable of this playbook, the nearest is rollout_max_bad."),
    ({"rollout_wave": 7}, "'rollout_wave' is not a variable of this playbook, the nearest is rollout_waves."),
    ({"bundle_repository_private_key": "nowhere.pem"}, "DIRECTORY/nowhere.pem"),
    ({"rollout_id": "../October"}, 'rollout_id is "../October"; expected a name of lower-case letters'),
    ({"rollout_bundle": "other"}, "channel of bundle 'other', which has no release in the repository"),
]


def test_what_cannot_be_meant_changes_no_host(rollouts: Rollouts) -> None:
    (rollouts.directory / WORDS).write_text("no tasks\n")
    for variables, message in REFUSED:
        given = {name: str(rollouts.directory / value) if value == WORDS else value for name, value in variables.items()}
        refused = rollouts.roll_out(**given)
        assert refused.code not in (0, 4), refused.output
        assert message.replace("DIRECTORY", str(rollouts.directory)) in " ".join(refused.output.split()), refused.output
        assert {host: rollouts.generation(host) for host in "abcde"} == dict.fromkeys("abcde", 1)


def test_a_promotion_that_fails_is_reported_with_what_was_rolled_out(rollouts: Rollouts) -> None:
    rollouts.hosts["b"]["system_bundle_bundles"] = [{"name": "python", "release": rollouts.releases[0]}]
    planned = rollouts.roll_out("-l", "a,b")
    assert (planned.code, rollouts.generation("a")) == (2, 1), planned.output
    assert "could not move the channel stable of bundle python: " in " ".join(planned.output.split())
    assert "expected one and the same" in " ".join(planned.output.split())
    # Without a plan, only the end shows it.
    done = rollouts.roll_out("-l", "a,b", rollout_prove=False)
    assert done.code == 2, done.output
    assert "No channel was moved" in done.output
    assert (rollouts.report()["summary"], rollouts.report()["promoted"]) == ({"switched": 1, "unchanged": 1}, {})
    assert rollouts.channel("stable") == rollouts.releases[0]
