# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that was cut off between a switch and its checks: the next one proves what is in force, or goes back from it before its own work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from checked_hosts import python
from hosts import Host
from roots import Declared, Document, Engine
from wheelhouse import Wheel

pytestmark = pytest.mark.skipif(os.name != "posix", reason="tests/windows runs checks there")

PASSES = {"checks_after": [python("pass")]}
FAILS = {"checks_after": [python("raise SystemExit(3)")]}


@pytest.fixture(scope="module")
def later(declared: Declared, wheels: dict[str, Wheel]) -> Declared:
    """Return the next declaration of the hosts: another version in ``web``."""
    return declared.but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]])


@pytest.fixture(scope="module")
def cut_off(engine: Engine, declared: Declared, later: Declared) -> Iterator[Path]:
    """Return a root in which generation 2 is in force, and its check of ``web`` did not run, and beside it a copy."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-checks-"))
    place.chmod(0o755)
    host = Host(place / "root", engine, declared)
    host.converge()
    host.converge(replace(later, checks={"web": PASSES}))
    # As a kill between the switch and its checks leaves it.
    marker = {"format": 1, "pid": 1, "generation": 2, "checks": ["virtualenv:web"], "steps": []}
    (host.path / "state" / "journal").write_text(json.dumps(marker))
    subprocess.run(["cp", "-a", str(host.path), str(place / "kept")], check=True)
    yield host.path
    shutil.rmtree(place)


@pytest.fixture
def unproved(cut_off: Path, engine: Engine, declared: Declared) -> Host:
    """Return the host as the run left it that was cut off."""
    shutil.rmtree(cut_off)
    subprocess.run(["cp", "-a", str(cut_off.with_name("kept")), str(cut_off)], check=True)
    return Host(cut_off, engine, declared)


def beta(host: Host) -> str:
    return host.python("-c", "import beta; print(beta.VERSION)", of="web").strip()


def generations(host: Host) -> list[str]:
    return sorted(path.name for path in (host.path / "generations").iterdir())


def whole(host: Host, *declared: Declared) -> None:
    """Require that nothing is left to be done."""
    assert host.drift("deep", declared=declared[0] if declared else None) == [] and host.leftovers() == []
    assert sorted(path.stem for path in (host.path / "state" / "generations").iterdir()) == generations(host)


def test_drift_says_that_it_is_not_proved_and_going_back_by_hand_settles_it(
    unproved: Host, later: Declared, wheels: dict[str, Wheel]
) -> None:
    (finding,) = unproved.drift("deep", declared=later)
    assert finding["actual"] == "a run that did not end, so the checks after the switch to generation 2 are not known to pass"
    assert unproved.generation("activate", "previous")["generation"] == {"before": 2, "after": 1}
    other = unproved.declared.but(web=[wheels["gamma-1.0"]])
    result = unproved.converge(replace(other, checks={"web": PASSES}))
    # The operator's own decision: nothing is gone back from, and the generation that was left stays.
    assert (result["generation"], generations(unproved)) == ({"before": 1, "after": 3}, ["1", "2", "3"])
    whole(unproved, other)


def test_another_declaration_of_the_same_tree_proves_it_first(unproved: Host, later: Declared, wheels: dict[str, Wheel]) -> None:
    more = later.but(ops=[wheels["gamma-1.0"]])
    planned = unproved.run("converge", declared=replace(more, checks={"web": PASSES, "ops": PASSES}), check=True)
    assert [step["subject"] for step in planned["plan"] if step["action"] == "check"] == ["virtualenv:ops", "virtualenv:web"]
    result = unproved.converge(replace(more, checks={"web": PASSES, "ops": PASSES}))
    assert [each["subject"] for each in result["checks"]] == ["virtualenv:web", "virtualenv:ops"]
    assert (result["generation"], generations(unproved)) == ({"before": 2, "after": 3}, ["1", "2", "3"])
    whole(unproved, more)


def test_a_tree_that_is_not_proved_is_gone_back_from_before_anything_else_is_done(
    unproved: Host, later: Declared, wheels: dict[str, Wheel]
) -> None:
    wanted = replace(later.but(ops=[wheels["gamma-1.0"]]), checks={"web": FAILS, "ops": PASSES})
    result = unproved.run("converge", declared=wanted)
    unproved.explains(result, "1 check failed after the switch to generation 2", "generation 1 is in force again")
    assert [each["subject"] for each in result["checks"]] == ["virtualenv:web"]
    assert (result["switched_back"], result["failed_generation"], result["generation"]) == (True, 2, {"before": 1, "after": 1})
    assert (beta(unproved), generations(unproved)) == ("1.0", ["1"])
    whole(unproved)


def test_a_declaration_of_another_tree_begins_at_the_generation_before(unproved: Host, wheels: dict[str, Wheel]) -> None:
    other = replace(unproved.declared.but(web=[wheels["beta-2.0"], wheels["gamma-1.0"]]), checks={"web": PASSES})
    before = unproved.state()
    planned = unproved.run("converge", declared=other, check=True)
    assert unproved.state() == before
    steps = [(step["action"], step["reason"]) for step in planned["plan"]]
    assert steps[0] == (
        "switch",
        "from generation 2 back to generation 1: a run was cut off before the checks of the former ended",
    )
    result = unproved.converge(other)
    for key in ("plan", "generation", "changed_bundles", "changed_virtualenvs"):
        assert result[key] == planned[key], key
    assert result["generation"] == {"before": 2, "after": 3}
    # What services see: from the version that was in force, not from that of the generation before.
    assert result["changed_virtualenvs"]["web"]["packages"] == {
        "alpha": {"before": "1.0", "after": None},
        "gamma": {"before": None, "after": "1.0"},
    }
    assert generations(unproved) == ["1", "3"]
    record = json.loads((unproved.path / "state" / "generations" / "3.json").read_text())
    assert record["previous"] == 1
    whole(unproved, other)


def test_the_earlier_declaration_goes_back_and_makes_no_generation(unproved: Host) -> None:
    result = unproved.converge(replace(unproved.declared, checks={"web": PASSES}))
    assert (result["generation"], generations(unproved), result.get("checks")) == ({"before": 2, "after": 1}, ["1"], None)
    assert result["changed_virtualenvs"]["web"]["packages"] == {"beta": {"before": "2.0", "after": "1.0"}}
    whole(unproved)


def test_what_fails_after_it_went_back_says_what_is_in_force(unproved: Host, wheels: dict[str, Wheel], tmp_path: Path) -> None:
    gone = tmp_path / wheels["gamma-1.0"].path.name
    shutil.copyfile(wheels["gamma-1.0"].path, gone)
    other = unproved.declared.but(web=[replace(wheels["gamma-1.0"], path=gone, sha256="0" * 64)])
    result = unproved.run("converge", declared=other)
    unproved.explains(result, "Generation 1 is in force again: a run was cut off before the checks of generation 2 ended")
    assert (beta(unproved), generations(unproved)) == ("1.0", ["1"])
    whole(unproved)


def test_a_check_before_the_switch_that_fails_says_so_as_well(unproved: Host, wheels: dict[str, Wheel]) -> None:
    other = replace(unproved.declared.but(web=[wheels["gamma-1.0"]]), checks={"web": {"checks": [python("raise SystemExit(3)")]}})
    result = unproved.run("converge", declared=other)
    unproved.explains(result, "1 check failed before the switch; nothing was switched. Generation 1 is in force again")
    assert (result["switched_back"], result["generation"]) == (False, {"before": 1, "after": 1})
    assert (beta(unproved), generations(unproved)) == ("1.0", ["1"])
    whole(unproved)


def test_a_part_of_a_host_that_cannot_prove_the_rest_goes_back_as_well(unproved: Host) -> None:
    part = Declared(unproved.declared.bundles, {})
    result = unproved.run("converge", declared=part, scope="partial")
    assert not result.get("failed"), result
    assert (result["generation"], beta(unproved)) == ({"before": 2, "after": 1}, "1.0")
    whole(unproved)


@pytest.mark.parametrize("lost", ["pruned", "damaged"])
def test_where_there_is_nothing_to_go_back_to_it_stays_with_a_warning(unproved: Host, wheels: dict[str, Wheel], lost: str) -> None:
    if lost == "pruned":
        # By hand: to prune keeps what a run may have to go back to.
        kept = unproved.run("generation", generation={"action": "prune"}, options={"keep_generations": 1})
        assert generations(unproved) == ["1", "2"] and not kept.get("failed"), kept
        shutil.rmtree(unproved.path / "generations" / "1")
        (unproved.path / "state" / "generations" / "1.json").unlink()
    else:
        record = json.loads((unproved.path / "state" / "generations" / "1.json").read_text())
        (site,) = (unproved.path / "environments" / record["virtualenvs"]["web"]).glob("lib/python*/site-packages")
        (site / "beta.py").write_text("VERSION = 'mine'\n")
    other = replace(unproved.declared.but(web=[wheels["beta-2.0"], wheels["gamma-1.0"]]), checks={"web": PASSES})
    result = unproved.converge(other)
    (warning,) = (each for each in result["warnings"] if "Generation 2 is in force" in each)
    assert "It stays, since there is nothing to go back to" in warning
    assert result["generation"] == {"before": 2, "after": 3}
    assert "2" in generations(unproved)


def test_a_check_that_fails_does_not_lead_back_to_what_is_not_there(checked_host: Host, later: Declared) -> None:
    shutil.rmtree(checked_host.environment("web").resolve())
    result = checked_host.run("converge", declared=replace(later, checks={"web": FAILS}))
    checked_host.explains(
        result, "1 check failed after the switch to generation 2, which stays in force: generation 1", "has no interpreter"
    )
    assert (result["switched_back"], result["generation"]) == (False, {"before": 1, "after": 2})
    assert beta(checked_host) == "2.0"
    # It stays unproved: the next run checks it again.
    again: dict[str, Any] = checked_host.run("converge", declared=replace(later, checks={"web": FAILS}))
    assert again["failed"] and again["switched_back"] is False
    checked_host.converge(replace(later, checks={"web": PASSES}))
    whole(checked_host, later)


def test_a_check_that_fails_leads_back_to_what_was_damaged_before_and_says_so(checked_host: Host, later: Declared) -> None:
    (checked_host.site("web") / "stray.py").write_text("x = 1\n")
    result: Document = checked_host.run("converge", declared=replace(later, checks={"web": FAILS}))
    tree = f"environments/{checked_host.environment('web').resolve().name}"
    checked_host.explains(result, "generation 1 is in force again, which was not as it was installed when this run began", tree)
    assert result["switched_back"] is True
    assert checked_host.drift() != []
    checked_host.converge()
    assert checked_host.drift("deep") == []
