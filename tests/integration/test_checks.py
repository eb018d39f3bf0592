# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks guard the switch: nothing is switched where one before it fails, and it is taken back where one after it does."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.check import Check
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.check_run import Place, run_check
from checked_hosts import python
from engine_for_others import NOBODY
from hosts import Host
from roots import Declared, Document, Engine
from wheelhouse import Wheel, make_wheel

pytestmark = pytest.mark.skipif(os.name != "posix", reason="tests/windows runs checks there")

SAYS_WHERE = "import sys; print(sys.prefix); print(sys.executable)"
LATER = "import beta; assert beta.VERSION == '2.0', beta.VERSION"
FAILS = "print('one'); print('the last line'); raise SystemExit(3)"


@pytest.fixture
def later(checked_host: Host, wheels: dict[str, Wheel]) -> Declared:
    """Return the next declaration of the host: another version in ``web``."""
    return checked_host.declared.but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]])


def checked(declared: Declared, **checks: dict[str, list[Document]]) -> Declared:
    return replace(declared, checks=checks)


def environments(host: Host) -> set[str]:
    return {path.name for path in (host.path / "environments").iterdir()}


def test_checks_run_in_the_new_tree_and_then_through_the_stable_path(checked_host: Host, later: Declared) -> None:
    before = [python(LATER, name="version"), python(f"{SAYS_WHERE}; import os; os._exit(7)", rc=7)]
    result = checked_host.converge(checked(later, web={"checks": before, "checks_after": [python(LATER)]}))
    assert [(each["subject"], each["when"], each["passed"], each["rc"]) for each in result["checks"]] == [
        ("virtualenv:web", "before", True, 0),
        ("virtualenv:web", "before", True, 7),
        ("virtualenv:web", "after", True, 0),
    ]
    tree, stable = checked_host.environment("web"), checked_host.path / "envs" / "web"
    assert [each["argv"][0] for each in result["checks"]] == [f"{tree}/bin/python"] * 2 + [f"{stable}/bin/python"]
    assert result["checks"][0]["name"] == "version"
    steps = [step["action"] for step in result["plan"]]
    assert steps[-2:] == ["check", "switch"]
    assert checked_host.drift("deep") == [] and checked_host.leftovers() == []


def test_a_run_that_changes_nothing_and_check_mode_run_no_check(checked_host: Host, later: Declared) -> None:
    declared = checked(later, web={"checks": [python(FAILS)], "checks_after": [python(FAILS)]}, python={"checks": [python(FAILS)]})
    planned = checked_host.run("converge", declared=declared, check=True)
    assert not planned.get("failed"), planned
    reasons = [step["reason"] for step in planned["plan"] if step["action"] == "check"]
    assert reasons == ["1 check before the switch and 1 check after it; check mode does not run them"]
    assert "checks" not in planned
    checked_host.converge(later)
    unchanged = checked_host.converge(declared)
    assert (unchanged["changed"], unchanged["plan"], unchanged.get("checks")) == (False, [], None)


def test_every_failed_check_is_reported_and_nothing_was_switched(checked_host: Host, later: Declared, wheels: dict[str, Wheel]) -> None:
    declared = checked(
        later.but(ops=[wheels["beta-1.0"], wheels["gamma-1.0"]]),
        web={"checks": [python(FAILS, name="smoke"), python("pass"), {"argv": ["no-such-program"]}], "checks_after": [python("pass")]},
        ops={"checks": [python("import time; time.sleep(60)", name="slow", timeout=0.3)]},
    )
    number, trees = checked_host.current()["number"], environments(checked_host)
    stable = checked_host.python("-c", "import beta; print(beta.VERSION)", of="web")
    result = checked_host.run("converge", declared=declared)
    checked_host.explains(
        result,
        "3 checks failed before the switch; nothing was switched.",
        "virtualenv:web, check 'smoke'",
        "ended with exit code 3; expected exit code 0",
        "the last line",
        "no-such-program",
        "virtualenv:ops, check 'slow'",
        "time limit",
    )
    assert (result["switched_back"], result["generation"]) == (False, {"before": number, "after": number})
    assert [each["passed"] for each in result["checks"]] == [False, True, False, False]
    assert result["checks"][0]["output"] == ["one", "the last line"]
    assert checked_host.current()["number"] == number
    assert checked_host.python("-c", "import beta; print(beta.VERSION)", of="web") == stable
    assert checked_host.leftovers() == []
    # What was built stays for the next run, which checks it again before it is in force.
    assert environments(checked_host) > trees
    again = checked_host.run("converge", declared=checked(later, web={"checks": [python(FAILS)]}))
    assert again["failed"] and "1 check failed before the switch" in again["msg"]
    assert checked_host.converge(checked(later, web={"checks": [python(LATER)]}))["generation"]["before"] == number
    assert checked_host.drift("deep") == []


def test_a_failed_check_after_the_switch_switches_back(checked_host: Host, later: Declared) -> None:
    number, before = checked_host.current()["number"], checked_host.state()
    declared = checked(later, web={"checks": [python(LATER)], "checks_after": [python(FAILS, name="smoke")]})
    result = checked_host.run("converge", declared=declared, options={"keep_generations": 1})
    checked_host.explains(
        result, f"1 check failed after the switch to generation {number + 1}", f"generation {number} is in force again", "the last line"
    )
    assert (result["switched_back"], result["failed_generation"]) == (True, number + 1)
    assert result["generation"] == {"before": number, "after": number}
    after = checked_host.state()
    assert {path: entry for path, entry in after.items() if path in before} == {**before, **_touched(before, after)}
    checked_host.works()
    assert checked_host.drift("deep") == [] and checked_host.leftovers() == []
    repaired = checked_host.converge(checked(later, web={"checks_after": [python(LATER)]}))
    assert [each["passed"] for each in repaired["checks"]] == [True]
    checked_host.works()


def _touched(before: dict[str, tuple[Any, ...]], after: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Return what a switch writes again: the record of the generation, with another time, and directories that have a new entry."""
    return {path: after[path] for path in before if path.endswith(".json") and before[path][-1] == after[path][-1]}


def test_a_first_install_whose_check_fails_afterwards_leaves_nothing_in_force(checked_host: Host) -> None:
    host = Host(checked_host.path.with_name("first"), checked_host.engine, checked_host.declared)
    declared = checked(host.declared, python={"checks_after": [python(FAILS)]})
    result = host.run("converge", declared=declared)
    host.explains(result, "1 check failed after the switch to generation 1", "nothing is in force")
    assert (result["switched_back"], result["generation"]) == (True, {"before": None, "after": None})
    assert [name for name in ("bin", "lib", "envs", "current") if os.path.lexists(host.path / name)] == []
    assert not list((host.path / "state" / "generations").iterdir()) and host.leftovers() == []
    assert host.converge(checked(host.declared, python={"checks_after": [python(SAYS_WHERE)]}))["generation"] == {
        "before": None,
        "after": 1,
    }
    assert host.drift("deep") == []


def test_placeholders_are_the_new_tree_and_then_the_stable_path(checked_host: Host) -> None:
    host = Host(checked_host.path.with_name("placeholders"), checked_host.engine, checked_host.declared)
    show = "import os, sys; sys.exit(0 if [sys.argv[1], os.environ['P'], os.getcwd()] == sys.argv[2:] else f'{sys.argv} {os.environ[\"P\"]} {os.getcwd()}')"
    tree, root = host.path / "bundles" / host.declared.bundles["python"].id, host.path

    def check(prefix: Path) -> Document:
        words = ["{prefix}{{}}", f"{prefix}{{{{}}}}", f"{prefix}/lib", str(prefix)]
        return {
            "argv": ["{prefix}/bin/python3", "-c", show.replace("{", "{{").replace("}", "}}"), *words],
            "environment": {"P": "{prefix}/lib"},
            "chdir": "{prefix}",
        }

    before, after = check(tree), check(root)
    result = host.run("converge", declared=checked(host.declared, python={"checks": [before], "checks_after": [after]}))
    assert not result.get("failed"), result["msg"]


@pytest.mark.root
def test_a_check_runs_as_a_user_without_privileges_and_without_the_surroundings_of_root(
    checked_host: Host, later: Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_ROOT", "hidden")
    code = (
        "import json, os, stat, sys, pathlib\n"
        "home = os.environ['HOME']\n"
        "pathlib.Path(home, 'mine').write_text('x'); pathlib.Path(os.environ['TMPDIR'], 'mine').write_text('x')\n"
        "print(json.dumps([os.getuid(), os.getgid(), os.getgroups(), stat.S_IMODE(os.stat(home).st_mode), os.getcwd() == home]))\n"
        "print(sys.stdin.read() == '', 'SECRET_OF_ROOT' in os.environ, home)\n"
        "sys.exit(1)\n"
    )
    result = checked_host.run("converge", declared=checked(later, web={"checks": [python(code), python(code, user="daemon")]}))
    first, second = result["checks"]
    assert first["output"][0] == "[65534, 65534, [], 448, true]"
    assert (first["user"], second["user"]) == ("nobody", "daemon")
    assert second["output"][0].startswith("[1, ")
    for each in (first, second):
        empty, told, home = each["output"][1].split()
        assert (empty, told) == ("True", "False")
        assert not Path(home).exists()


@pytest.mark.root
def test_a_check_cannot_change_the_new_tree(checked_host: Host, later: Declared) -> None:
    code = (
        "import os, sys, pathlib\n"
        "for path in (sys.prefix, os.path.dirname(os.__file__), sys.argv[1]):\n"
        "    try: pathlib.Path(path, 'stray.py').write_text('x')\n"
        "    except OSError: continue\n"
        "    sys.exit('written')\n"
    )
    check = {"argv": ["{python}", "-c", code, str(checked_host.path)]}
    checked_host.converge(checked(later, web={"checks": [check], "checks_after": [check]}))
    assert checked_host.drift("deep") == []


@pytest.mark.root
@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("no-such-user", "is not on this host"),
        ("+0", "is not on this host"),
        ("00", "is root"),
        # To the system -1, which leaves the user as it is; the next is none at all, and the last is a digit for str.isdigit only.
        ("4294967295", "is no number of a user"),
        ("9999999999", "is no number of a user"),
        ("99999999999999999999", "is not on this host"),
        ("\u00b2", "is not on this host"),
    ],
)
def test_a_user_that_cannot_be_used_is_said_before_anything_changes(checked_host: Host, later: Declared, user: str, text: str) -> None:
    declared = checked(later, web={"checks": [python("pass", user=user)]}, python={"checks": []})
    for check in (False, True):
        checked_host.refuses("Checks cannot be run on this host; nothing was changed.", text, declared=declared, check=check)


def test_drift_runs_checks_where_it_is_asked_to_and_reports_what_is_unhealthy(checked_host: Host) -> None:
    declared = checked(
        checked_host.declared,
        web={"checks": [python("pass"), python(FAILS, name="smoke")], "checks_after": [python(FAILS)]},
        python={"checks": [python("import time; time.sleep(60)", timeout=0.2)]},
    )
    assert checked_host.drift(declared=declared) == []
    before = checked_host.state()
    result = checked_host.run("drift", declared=declared, options={"run_checks": True})
    assert not result.get("failed"), result
    found = [(each["subject"], each["kind"], each["severity"], each["cause"], each["path"]) for each in result["findings"]]
    assert (
        found
        == [("bundle:python", "unhealthy", "high", "tampered", None)] + [("virtualenv:web", "unhealthy", "high", "tampered", None)] * 2
    )
    assert result["findings"][1]["actual"] == "ended with exit code 3: the last line"
    assert "'smoke'" in result["findings"][1]["expected"]
    assert [each["passed"] for each in result["checks"]] == [False, True, False, False]
    assert (result["plan"], result["changed"]) == ([], False)
    checked_host.is_as(before)


def test_drift_runs_nothing_of_what_was_changed(checked_host: Host, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tmp_path.chmod(0o777)
    stray = checked_host.site("web") / "sitecustomize.py"
    stray.write_text(f"open({str(mark)!r}, 'w').close()")
    declared = checked(checked_host.declared, web={"checks": [python("pass")], "checks_after": [python("pass")]})
    result = checked_host.run("drift", declared=declared, options={"run_checks": True})
    assert result["checks"] == [] and not mark.exists()
    assert "The checks of virtualenv:web were not run" in "".join(result["warnings"])


def test_a_bundle_compares_the_requirements_of_what_it_installs(checked_host: Host, wheels: dict[str, Wheel], tmp_path: Path) -> None:
    metadata = {"METADATA": "Metadata-Version: 2.1\nName: needs\nVersion: 1.0\nRequires-Dist: beta>=2\nRequires-Dist: lost\n"}
    needs = make_wheel(tmp_path, "needs", metadata=metadata)
    inconsistent = checked_host.declared.but(web=[wheels["beta-1.0"], needs])
    if not (checked_host.bundle() / "lib" / "engine" / "packaging").is_dir():
        pytest.skip("this Python has no packaging in its bundles")
    number = checked_host.current()["number"]
    refused = checked_host.run("converge", declared=inconsistent, options={"consistency": "error"})
    checked_host.explains(
        refused,
        "Environments are not consistent; nothing was switched.",
        "virtualenv:web: needs 1.0 requires beta>=2, found 1.0",
        "virtualenv:web: needs 1.0 requires lost, which is missing",
    )
    assert checked_host.current()["number"] == number
    (warning,) = checked_host.converge(inconsistent)["warnings"]
    assert "requires beta>=2, found 1.0; virtualenv:web: needs 1.0 requires lost, which is missing." in warning


def test_a_check_that_fails_after_a_repair_leaves_what_was_repaired(checked_host: Host) -> None:
    (checked_host.site("web") / "beta.py").write_text("VERSION = 'mine'\n")
    number = checked_host.current()["number"]
    result = checked_host.run("converge", declared=checked(checked_host.declared, web={"checks_after": [python(FAILS)]}))
    checked_host.explains(result, f"1 check failed after generation {number} was repaired")
    assert (result["switched_back"], result["generation"]) == (False, {"before": number, "after": number})
    assert checked_host.drift("deep") == [] and checked_host.leftovers() == []
    checked_host.works()


@pytest.mark.root
def test_without_root_a_check_is_the_run_s_own_user_and_what_it_changes_is_noticed(open_engine: Engine, declared: Declared) -> None:
    place = Path(tempfile.mkdtemp(prefix="hermetic-checks-"))
    os.chown(place, 65534, 65534)
    artifacts = declared.artifacts()
    for sha256, artifact in artifacts.items():
        copied = place / sha256 / artifact["filename"]
        copied.parent.mkdir()
        shutil.copyfile(artifact["sources"][0], copied)
        artifact["sources"] = [str(copied)]

    def run(check: Document) -> Document:
        request = {"format": 1, "command": "converge", "root": str(place / "root"), "scope": "system", "artifacts": artifacts}
        return open_engine({**request, "declaration": checked(declared, web={"checks": [check]}).document()}, **NOBODY)

    try:
        other = run(python("pass", user="daemon"))
        assert "the run itself is that of nobody, which cannot become another" in other["msg"]
        changed = run(python("import sys; open(sys.prefix + '/stray.py', 'w').close()"))
        assert "Checks changed what was installed; nothing was switched." in changed["msg"]
        assert "A check changed what was installed: file:web/stray.py" in changed["msg"]
        assert not os.path.lexists(place / "root" / "current")
        passed = run(python("import os; assert os.getuid() == 65534", user="nobody"))
        assert not passed.get("failed"), passed["msg"]
        assert not (place / "root" / "envs" / "web" / "stray.py").exists()
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize("name", ["no-such-program", "tool"])
def test_a_program_that_is_not_in_its_path_is_a_check_that_failed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A program of that name in the current directory of the engine is another one.
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    end, _ = run_check(
        Check("c", (name,)), Place("/p", "/", "/nowhere"), subject="bundle:p", when="before", account=None, beside=tmp_path, secrets=[]
    )
    assert (end.passed, end.code) == (False, None)
    assert end.how.startswith(f"did not start: {name}:")
