# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin\\vpython3.exe where it is not a plain run: switches for development, tools, ends in the middle, many at once, roots that cannot be written."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_hosts import WindowsRoot, equip
from kill_driver import BULK, STEPS
from programs import block_of, check_complete, pylock, script_text
from roots import Archive, Declared, Document
from wheelhouse import Wheel
from windows_host import WindowsHost
from windows_programs import WORK, WindowsRunner

SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
EVERY = bool(os.environ.get("KILL_EVERY"))
# How many of the steps are chosen: half of them end the engine, the others the launcher.
SAMPLE = 2
WEEK = 7 * 24 * 3600
BYPASS = "manually managed python not supported by chrome operations"
SHOWS_ARGUMENTS = "import json, sys\njson.dump(sys.argv[1:], sys.stdout)\nsys.exit(4)\n"
HOSTILE = "raise SystemExit('hostile')\n"
BODY = "import alpha, beta, sys\nprint(alpha.VERSION, beta.VERSION, sys.prefix)\n"
BETA = "import beta\nprint(beta.VERSION)\n"


@pytest.fixture(scope="module")
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return a converged root, whose bundle has the command and which has unpacked ``beta``."""
    declared = Declared({"python": slim_windows_bundles[0]}, {"one": [wheels["beta-2.0"]]})
    made = WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)
    made.converge()
    return made


@pytest.fixture
def runner(root: WindowsRoot) -> Iterator[WindowsRunner]:
    """Return the command with a root of environments and a directory of programs that are not there yet."""
    made = WindowsRunner(root.host, "C:\\fresh")
    made.work.mkdir()
    (made.work / ".gclient").touch()
    yield made
    shutil.rmtree(made.work)
    shutil.rmtree(made.path, ignore_errors=True)


def test_bypassed_it_is_the_next_python(runner: WindowsRunner, root: WindowsRoot) -> None:
    runner.write_command("bin/python3.exe", SHOWS_ARGUMENTS)
    runner.write_command("other/python.exe", SHOWS_ARGUMENTS)
    runner.write_command("here/python3.exe", HOSTILE)
    runner.write("scripts/python3.bat", "exit 5\n")
    options = ["-u", "-vpython-spec", "none", "x y.py", 'a "quote"', "--"]

    def bypassed(path: str, *command: str, word: str = BYPASS) -> Document:
        variables = {"PATH": path, "VPYTHON_BYPASS": word}
        return {"command": list(command), "variables": variables, "cwd": f"{WORK}\\here"}

    # Another name of the command is not taken for another Python.
    (runner.work / "own").mkdir()
    os.link(runner.host.path(f"{root.root}\\bundles\\{root.bundle().name}\\bin\\vpython3.exe"), runner.work / "own" / "python3.exe")
    runs = [
        bypassed(f".;;{WORK}\\own;{WORK}\\scripts;{WORK}\\bin", *options),
        bypassed(f"{WORK}\\other", *options),
        bypassed(f"{WORK}\\scripts", *options),
        bypassed(f"{WORK}\\bin", "-vpython-tool", "install"),
        bypassed(f"{WORK}\\bin", "-c", "print('not bypassed')", word="1"),
    ]
    first, second, none, tool, other_word = runner.asked(*runs)
    assert (first[0], json.loads(first[1]), first[2]) == (4, ["-u", "x y.py", 'a "quote"', "--"], "")
    assert second[:2] == first[:2]
    assert none[:2] == (127, "") and "there is no python3.exe or python.exe in PATH" in none[2]
    assert tool == (0, "", "")
    assert (other_word[0], other_word[1]) == (0, "not bypassed\n")


def test_tools_of_people_are_started_where_they_are(runner: WindowsRunner) -> None:
    runner.write_command("bin/hermetic-spec.exe", SHOWS_ARGUMENTS)
    runner.write_command("here/hermetic-spec.exe", HOSTILE)
    runner.write("scripts/hermetic-spec.cmd", "exit 5\n")
    names = ("verify", "lint", "lock", "convert")
    settings = {"cwd": f"{WORK}\\here", "variables": {"PATH": f".;{WORK}\\scripts;{WORK}\\bin"}}
    lacking = {**settings, "variables": {"PATH": f".;{WORK}\\scripts"}}
    commands = [["-vpython-tool", name, "-vpython-spec", "a b.toml", "--json"] for name in names]
    answers = runner.asked(*({"command": each, **settings} for each in commands), {"command": commands[0], **lacking})
    for name, (code, out, _errors) in zip(names, answers[:-1], strict=True):
        assert (code, json.loads(out)) == (4, [name, "a b.toml", "--json"])
    assert answers[-1][:2] == (127, "")
    assert "verify is done by hermetic-spec.exe, which is not in PATH" in answers[-1][2], answers[-1]
    assert "is upgrade; expected install, prune, verify, lint, lock or convert" in runner.refused("-vpython-tool", "upgrade", code=2)
    assert not runner.path.exists()


def test_install_makes_the_environment_and_runs_nothing(runner: WindowsRunner, wheels: dict[str, Wheel]) -> None:
    program = runner.program([wheels["beta-2.0"]], body="raise SystemExit(9)\n")
    # The working directory and variables decide nothing over the Python that makes the environment.
    for name in ("hermetic", "json", "contextlib", "sitecustomize"):
        runner.write(f"here/{name}.py", "import os\nos._exit(77)\n")
    settings = {"cwd": f"{WORK}\\here", "variables": {"PYTHONPATH": f"{WORK}\\here", "PYTHONHOME": f"{WORK}\\here"}}
    made, again = runner.asked(*({"command": ["-vpython-tool", "install", program], **settings} for _time in range(2)))
    assert made == again == (0, f"C:\\fresh\\environments\\{runner.environments()[0]}\n", "")
    assert runner.start(program).code == 9


def test_a_development_machine_may_resolve(runner: WindowsRunner, wheels: dict[str, Wheel]) -> None:
    beta = wheels["beta-2.0"]
    program = runner.write("tool.py", script_text("beta", body=BETA))
    lock = runner.write("lock.toml", pylock(block_of("beta"), [beta], addresses=False))
    places = (
        "import os, shutil, sys\nassert sys.argv[1] == 'lock', sys.argv\n"
        f"shutil.copy({lock!r}, os.path.join(os.path.dirname(sys.argv[2]), 'pylock.vpython-toml.toml'))\n"
    )
    runner.write_command("bin/hermetic-spec.exe", places)
    for name in ("hermetic-spec.exe", "uv.exe"):
        runner.write_command(f"here/{name}", HOSTILE)
    for name in ("hermetic-spec.bat", "uv.cmd"):
        runner.write(f"here/{name}", "@echo hostile>&2\n@exit 5\n")
        runner.write(f"scripts/{name}", "@echo hostile>&2\n@exit 5\n")

    def resolved(path: str, switch: str = "1", script: str = program) -> Document:
        return {"command": [script], "cwd": f"{WORK}\\here", "variables": {"PATH": path, "HERMETIC_VPYTHON_UNLOCKED": switch}}

    tools = f"{WORK}\\bin"
    runs = [
        resolved(f".;;{WORK}\\scripts"),
        resolved(tools, switch="yes"),
        resolved(f".;{WORK}\\scripts;{tools}"),
        resolved(""),
        resolved(tools, switch=""),
    ]
    lacking, no_switch, made, kept, refused = runner.asked(*runs)
    assert (lacking[0], lacking[1]) == (126, "") and "hermetic-spec.exe or uv.exe, which would resolve it, is not in PATH" in lacking[2], (
        lacking
    )
    assert (no_switch[0], refused[0]) == (126, 126) and "is not locked" in no_switch[2] and "is not locked" in refused[2]
    assert (made, kept[:2]) == ((0, "2.0\n", ""), (0, "2.0\n"))
    # uv does where there is no hermetic-spec.
    requirement = f"beta==2.0 --hash=sha256:{beta.sha256}\n"
    writes = f"import sys\nopen(sys.argv[sys.argv.index('--output-file') + 1], 'w').write({requirement!r})\nassert open(sys.argv[-1]).read() == 'beta>1\\n'\n"
    runner.write_command("uv/uv.exe", writes)
    other = runner.write("other.py", script_text("beta>1", body=BETA))
    unknown = runner.write("unknown.py", script_text("gamma"))
    by_uv, unresolved = runner.asked(resolved(f"{WORK}\\uv", script=other), resolved(f"{WORK}\\uv", script=unknown))
    assert by_uv == (0, "2.0\n", "")
    assert (
        unresolved[0] == 126
        and "unknown.py cannot be resolved with C:\\work\\uv\\uv.exe" in unresolved[2]
        and "AssertionError" in unresolved[2]
    )


def test_many_at_once_make_an_environment_once(runner: WindowsRunner, wheels: dict[str, Wheel]) -> None:
    program = runner.program([wheels["alpha-1.0"], wheels["beta-2.0"]], body=BODY)
    processes = [runner.popen("-vpython-log-level", "info", program) for _number in range(10)]
    ended = [(*process.communicate(timeout=300), process.returncode) for process in processes]
    assert {code for _out, _errors, code in ended} == {0}, ended
    assert len({out for out, _errors, _code in ended}) == 1
    assert sum(b"make an environment" in errors for _out, errors, _code in ended) == 1
    assert check_complete(runner.path) == len(runner.environments()) == 1


def test_a_root_that_cannot_be_written_is_refused_or_another_one_is_used(runner: WindowsRunner) -> None:
    program = runner.write("plain.py", "import sys\nprint(sys.prefix)\n")
    file = runner.write("file", "")
    command = {"command": [program]}
    named = [f"{file}\\root", file, "Q:\\root", f"{WORK}\\no<name"]
    refusals = runner.asked(*({**command, "variables": {"VPYTHON_VIRTUALENV_ROOT": place}} for place in named))
    for place, (code, out, errors) in zip(named, refusals, strict=True):
        assert (code, out) == (126, ""), (place, errors)
        assert f"no environment can be made: {place}" in errors and "-vpython-root or VPYTHON_VIRTUALENV_ROOT" in errors, errors
    # Without a name, the directory for temporary files is the next one.
    usual = {"VPYTHON_VIRTUALENV_ROOT": "", "LOCALAPPDATA": WORK, "TMP": f"{WORK}\\tmp", "TEMP": f"{WORK}\\tmp"}
    runner.write("hermetic-vpython", "a file")
    runner.write("tmp/x", "")
    ((code, out, errors),) = runner.asked({**command, "variables": usual})
    assert (code, errors) == (0, "") and out.startswith(f"{WORK}\\tmp\\vpython-root_S-1-"), errors
    runner.write("other/hermetic-vpython", "a file")
    nowhere = {**usual, "LOCALAPPDATA": f"{WORK}\\other", "TMP": f"{file}\\tmp", "TEMP": f"{file}\\tmp"}
    ((code, out, errors),) = runner.asked({**command, "variables": nowhere})
    assert (code, out) == (126, "") and f"no environment can be made: {WORK}\\other\\hermetic-vpython" in errors, errors


@pytest.fixture
def breakable(root: WindowsRoot) -> Iterator[None]:
    """Have the engine of the bundle end where a test says so."""
    engine = root.bundle() / "lib" / "engine-code" / "engine.zip"
    whole = engine.with_name("engine.zip.whole")
    engine.rename(whole)
    (engine / "hermetic" / "vpython").mkdir(parents=True)
    here = Path(__file__).parent
    shutil.copy(here / "kill_launch.py", engine / "hermetic" / "vpython" / "launch.py")
    shutil.copy(here.parent / "integration" / "kill_driver.py", engine)
    yield
    shutil.rmtree(engine)
    whole.rename(engine)


def _gone(runner: WindowsRunner) -> bool:
    deadline = time.monotonic() + 60
    while runner.host.processes("hermetic.vpython.launch") and time.monotonic() < deadline:
        time.sleep(0.1)
    return not runner.host.processes("hermetic.vpython.launch")


def left_over(runner: WindowsRunner) -> list[Path]:
    """Return what is there of what was being made, but for links to the programs that whoever would remove them runs."""
    found = [path for path in runner.path.rglob("*") if path.name.startswith((".new-", ".old-"))]
    return [
        path
        for path in found
        if path.is_file() or [each for each in path.rglob("*") if each.is_file() and each.suffix not in (".exe", ".dll")]
    ]


def points_of(calls: dict[str, list[str]], chance: random.Random) -> list[tuple[str, int, bool]]:
    """Return before which calls to end something, and whether that is the launcher instead of the engine."""
    points = [(kinds, at) for kinds in (STEPS, BULK) for at in range(1, len(calls[kinds]) + 1)]
    if EVERY:
        return [(*point, launcher) for point in points for launcher in (False, True)]
    # In the last step, the environment is there, and a record is written.
    last = (STEPS, len(calls[STEPS]), False)
    return [last, *((*point, bool(number % 2)) for number, point in enumerate(chance.sample(points, SAMPLE)))]


def test_an_end_at_any_step_leaves_complete_environments(runner: WindowsRunner, wheels: dict[str, Wheel], breakable: None) -> None:
    program = runner.program([wheels["alpha-1.0"], wheels["beta-2.0"]], body=BODY)
    report = runner.work / "report"
    assert runner.having(KILL_LAUNCH=json.dumps({"report": f"{WORK}\\report"})).start(program).code == 0
    calls = json.loads(report.read_text())
    assert len(calls[STEPS]) > 10 and len(calls[BULK]) > 30, calls
    for kinds, at, launcher in points_of(calls, random.Random(SEED)):
        where = f"{kinds} {at} of {len(calls[kinds])} ({calls[kinds][at - 1]}), {'launcher' if launcher else 'engine'}, seed {SEED}"
        shutil.rmtree(runner.path)
        ended = runner.having(KILL_LAUNCH=json.dumps({"kinds": kinds, "at": at, "parent": launcher})).start(program)
        assert (ended.code != 0, ended.text, _gone(runner)) == (True, "", True), (where, ended)
        if not launcher:
            said = ("the environment was not made: ", "python.exe ended with exit code 15 (0xF)")
            assert (ended.code, [text for text in said if text not in ended.errors]) == (126, []), (where, ended)
        check_complete(runner.path)
        done = runner.start(program)
        assert (done.code, done.text.split()[:2]) == (0, ["1.0", "2.0"]), (where, done)
        assert done.errors == "" or "\\environments\\.old-" in done.errors, (where, done)
        assert check_complete(runner.path) == 1, where
        # Files that were being written go later, since others may be writing theirs.
        left = left_over(runner)
        assert [path for path in left if path.is_dir() or path.parent in (runner.path / "environments", runner.path / "laid")] == [], where
        for path in left:
            os.utime(path, (time.time() - WEEK - 3600,) * 2)
        if left:
            assert runner.start("-vpython-tool", "prune").code == 0
            assert left_over(runner) == [], where
