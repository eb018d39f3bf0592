# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin\\vpython3.exe of a host: programs run in the environments that they declare, as with python itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_hosts import WindowsRoot, equip
from programs import block_of, pylock, script_text
from roots import Archive, Declared
from wheelhouse import Wheel
from windows_host import WindowsHost
from windows_programs import WORK, WindowsRunner

SHOWS = (
    "import json, os, sys\n"
    "json.dump({'prefix': sys.prefix, 'argv': sys.argv, 'executable': sys.executable, 'path': sys.path, 'PATH': os.environ['PATH'], "
    "'home': os.environ.get('PYTHONHOME'), 'no user site': os.environ.get('PYTHONNOUSERSITE')}, sys.stdout)\n"
)
WAITS = "import sys, time\nprint('there', flush=True)\ntime.sleep(600)\n"
WEEK = 7 * 24 * 3600
ANOTHER = 1234


@pytest.fixture(scope="module")
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return a converged root, whose bundle has the command and which has unpacked ``alpha``."""
    declared = Declared({"python": slim_windows_bundles[0]}, {"one": [wheels["alpha-1.0"]]})
    made = WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)
    made.converge()
    return made


@pytest.fixture(scope="module")
def kept(root: WindowsRoot) -> WindowsRunner:
    """Return the command with a root of environments that tests share, so that not each of them makes some."""
    return WindowsRunner(root.host, "C:\\kept")


@pytest.fixture
def runner(root: WindowsRoot) -> Iterator[WindowsRunner]:
    """Return the command with a root of environments that is not there yet."""
    made = WindowsRunner(root.host, "C:\\fresh")
    yield made
    shutil.rmtree(made.path, ignore_errors=True)


@pytest.fixture(autouse=True)
def work(root: WindowsRoot) -> Iterator[Path]:
    """Return the directory of programs; nothing above it says what they need."""
    directory = root.host.path(WORK)
    directory.mkdir()
    (directory / ".gclient").touch()
    yield directory
    shutil.rmtree(directory)


def test_a_program_runs_with_the_packages_that_it_declares(runner: WindowsRunner, wheels: dict[str, Wheel]) -> None:
    body = f"import alpha, beta\nassert (alpha.VERSION, beta.VERSION) == ('1.0', '2.0')\n{SHOWS}"
    program = runner.program([wheels["alpha-1.0"], wheels["beta-2.0"]], body=body)
    first = runner.shown(program, "one argument", "--two")
    (environment,) = runner.environments()
    assert first["argv"] == [program, "one argument", "--two"]
    assert first["prefix"] == f"C:\\fresh\\environments\\{environment}"
    assert first["executable"] == f"{first['prefix']}\\Scripts\\python.exe"
    (entry,) = (runner.path / "by-spec").iterdir()
    assert entry.read_bytes() == f"../environments/{environment}\n".encode()
    assert "vpython3.exe" not in os.listdir(runner.path / "environments" / environment / "Scripts")
    made = (entry.stat().st_mtime_ns, entry.stat().st_ino)
    again = runner.start("-vpython-log-level", "debug", program)
    assert json.loads(again.text)["prefix"] == first["prefix"]
    assert "make an environment" not in again.errors and f"specification: script {program}" in again.errors
    assert (entry.stat().st_mtime_ns, entry.stat().st_ino) == made


def test_what_is_not_locked_is_refused(kept: WindowsRunner, wheels: dict[str, Wheel]) -> None:
    program = kept.program([wheels["beta-2.0"]])
    (kept.work / "pylock.tool-py.toml").unlink()
    told = kept.refused(program)
    assert f"there is no {WORK}\\pylock.tool-py.toml" in told and f"hermetic-spec lock {program}" in told
    kept.write("pylock.tool-py.toml", pylock(block_of("gamma"), [wheels["beta-2.0"]]))
    assert "sha256" in kept.refused(program)


def test_specifications_are_found_where_they_are_elsewhere(kept: WindowsRunner) -> None:
    nothing = pylock("", [])
    kept.write("a/tool.py", "pass\n")
    kept.write("a/TOOL.PY.vpython3", "")
    kept.write("a/pylock.tool-py-vpython3.toml", nothing)
    kept.write("a/plain.py", "pass\n")
    kept.write("a/b/deep.py", "pass\n")
    kept.write("a/vpython.toml", "")
    kept.write("a/b/package/__init__.py", "")
    kept.write("a/b/package/__main__.py", "pass\n")
    kept.write("a/b/package.vpython3", "")
    kept.write("a/b/pylock.package-vpython3.toml", nothing)
    kept.write("inline.py", "# [VPYTHON:BEGIN]\n# [VPYTHON:END]\n")
    block = kept.write("block.py", script_text(body="pass\n"))
    default = kept.write("default.toml", "")
    found = {
        f"{WORK}\\a\\tool.py": f"textproto {WORK}\\a\\tool.py.vpython3",
        f"{WORK}/a/../a/plain.py": f"toml {WORK}\\a\\vpython.toml",
        f"{WORK}\\a\\b\\deep.py": f"toml {WORK}\\a\\vpython.toml",
        f"{WORK}\\a\\b\\package\\": f"textproto {WORK}\\a\\b\\package.vpython3",
        block: f"script {block}",
        f"{WORK}\\inline.py": f"toml {default}",
    }
    runs = [{"command": ["-vpython-log-level=debug", each]} for each in found]
    answers = kept.having(VPYTHON_DEFAULT_SPEC=default).asked(*runs)
    for (program, expected), (code, _out, told) in zip(found.items(), answers, strict=True):
        assert (code, f"specification: {expected}".lower() in told.lower()) == (0, True), (program, told)
    assert kept.start("-vpython-log-level", "debug", f"{WORK}\\a\\tool.py").errors.count(f"lock: pylock {WORK}\\a\\") == 1


@pytest.mark.parametrize("first", [True, False])
def test_arguments_and_input_arrive_as_they_are(kept: WindowsRunner, first: bool, wheels: dict[str, Wheel]) -> None:
    if first:
        shutil.rmtree(kept.path, ignore_errors=True)
    body = "import json, sys\njson.dump([sys.argv[1:], sys.stdin.read()], sys.stdout)\n"
    program = kept.program([wheels["alpha-1.0"]], body=body, name="echo here ☃.py")
    arguments = [
        "", " a  b ", "-c", "--", "-vpython-root", 'say "hello"', "\\", "a\\b", "back\\", "back slash\\", 'a\\"b', 'a\\\\"b c', "a\\\\", "\\\\ \\\\",
        "tab\there", "ü☃𝄞", "*", "?.py", "%PATH%", "^&|<>", "'", '"', '""', "@x",
    ]  # fmt: skip
    ((code, out, told),) = kept.asked({"command": ["-X", "utf8", program, *arguments], "input": "some text"})
    assert (code, told) == (0, "")
    assert json.loads(out) == [arguments, "some text"]


def test_exit_codes_are_those_of_the_program(kept: WindowsRunner) -> None:
    codes = [0, 1, 7, 255, 256, -1, 0xC0000005 - (1 << 32)]
    program = kept.write("exits.py", "import os, sys\nos._exit(int(sys.argv[1]))\n")
    answers = kept.asked(*({"command": [program, str(code)]} for code in codes), {"command": ["-c", "raise SystemExit('why')"]})
    assert [each[0] for each in answers] == [code & 0xFFFFFFFF for code in codes] + [1]
    assert (answers[-1][2].strip(), answers[-1][1]) == ("why", "")
    assert "unknown option -vpython-x; options" in kept.refused("-vpython-x", code=2)
    assert f"can't open file '{WORK}\\none.py': [Errno 2]" in kept.refused(f"{WORK}\\none.py", code=2)


def test_children_stay_in_the_environment(kept: WindowsRunner) -> None:
    body = (
        "import json, shutil, subprocess, sys\n"
        "code = 'import sys; print(sys.prefix, sys.flags.no_user_site)'\n"
        "programs = [sys.executable, shutil.which('python'), shutil.which('python3'), 'python']\n"
        "json.dump([sys.prefix, *(subprocess.run([each, '-c', code], capture_output=True, text=True).stdout for each in programs)], sys.stdout)\n"
    )
    prefix, *children = kept.shown(kept.write("parent.py", body))
    assert prefix.startswith("C:\\kept\\environments\\")
    assert [each.split()[0] for each in children] == [prefix] * 4


def test_only_what_would_make_it_another_python_is_kept_from_it(kept: WindowsRunner) -> None:
    program = kept.write("shows.py", SHOWS)
    variables = {"PYTHONHOME": "C:\\hostile", "PYTHONPATH": "C:\\given", "PYTHONUSERBASE": "C:\\hostile", "Path": "C:\\before"}
    shown = kept.having(**variables).shown(program)
    assert (shown["home"], shown["no user site"]) == (None, "1")
    assert shown["PATH"].startswith(f"{shown['prefix']}\\Scripts;")
    assert shown["path"][:2] == [WORK, "C:\\given"] and not [each for each in shown["path"] if "hostile" in each]
    kept.write("neighbour.py", "print('found')\n")
    starts = (
        f"import os, subprocess, sys\nos.chdir({WORK!r})\n"
        "for each in (['-c', 'import neighbour'], ['-m', 'neighbour']):\n"
        "    for options in ([], ['-I'], ['-P']):\n"
        "        done = subprocess.run([sys.executable, *options, *each], capture_output=True, text=True)\n"
        "        print(done.stdout.strip())\n"
    )
    kept.write("starts.py", starts)
    assert kept.start(f"{WORK}\\starts.py").text.split("\n") == ["found", "", "", "found", "", "", ""]


def test_several_at_once_make_an_environment_once(runner: WindowsRunner, wheels: dict[str, Wheel]) -> None:
    program = runner.program([wheels["alpha-1.0"], wheels["gamma-1.0"]], body="import alpha, gamma\nprint('ran')\n")
    processes = [runner.popen("-vpython-log-level", "info", program) for _number in range(4)]
    ended = [(*process.communicate(timeout=300), process.returncode) for process in processes]
    assert [(out.strip(), code) for out, _told, code in ended] == [(b"ran", 0)] * 4, ended
    assert sum(b"make an environment" in told for _out, told, _code in ended) == 1
    assert len(runner.environments()) == 1


def _gone(host: WindowsHost, word: str) -> bool:
    deadline = time.monotonic() + 60
    while host.processes(word) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not host.processes(word)


def test_the_program_ends_with_its_launcher_and_what_it_started_does_not(kept: WindowsRunner) -> None:
    waits = kept.write("waits.py", WAITS)
    process = kept.popen(waits, "mark-of-program")
    assert process.stdout is not None and process.stdout.readline().strip() == b"there"
    process.kill()
    process.communicate()
    assert _gone(kept.host, "mark-of-program")
    nothing = "subprocess.DEVNULL"
    starts = f"import subprocess, sys\nsubprocess.Popen([sys.executable, {waits!r}, 'mark-of-child'], stdin={nothing}, stdout={nothing}, stderr={nothing})\n"
    process = kept.popen(kept.write("starts.py", starts))
    # Wine lets a process that was started keep the streams that its parent had, so these have no end before that has ended.
    assert process.wait(timeout=120) == 0
    left = kept.host.processes("mark-of-child")
    assert left
    for number in left:
        os.kill(number, signal.SIGKILL)
    process.communicate()


def test_what_others_own_or_may_write_is_refused(runner: WindowsRunner, root: WindowsRoot) -> None:
    program = runner.write("plain.py", "print('ran')\n")
    assert runner.start(program).text == "ran\n"
    (entry,) = (runner.path / "by-spec").iterdir()
    owned = "is owned by S-1-"
    for path in (runner.path, runner.path / "locks"):
        os.chown(path, ANOTHER, ANOTHER)
        if path == runner.path:
            assert f"no environment can be made: C:\\fresh {owned}" in runner.refused(program)
        os.chown(path, 0, 0)
    runner.path.chmod(0o777)
    assert "the access list of C:\\fresh lets S-1-1-0 write" in runner.refused(program)
    runner.path.chmod(0o755)
    # An entry of another user is replaced, not followed.
    entry.write_text(f"../environments/{'0' * 32}\n")
    os.chown(entry, ANOTHER, ANOTHER)
    assert runner.start(program).text == "ran\n"
    assert entry.stat().st_uid == 0 and "0" * 32 not in entry.read_text()
    runner.write("sub/x.py", "print('ran')\n")
    runner.write("sub/vpython.toml", "")
    os.chown(runner.work / "sub" / "vpython.toml", ANOTHER, ANOTHER)
    told = runner.refused(f"{WORK}\\sub\\x.py")
    assert f"{WORK}\\sub\\vpython.toml is refused" in told and owned in told and "-vpython-spec" in told
    assert runner.having(HERMETIC_SAFE_DIRECTORIES=f"C:\\x;{WORK.upper()}\\sub").start(f"{WORK}\\sub\\x.py").text == "ran\n"


def test_a_lock_that_another_user_put_beside_a_program_is_refused(runner: WindowsRunner) -> None:
    program = runner.program([], body="print('ran')\n", name="locked.py")
    assert runner.start(program).text == "ran\n"
    os.chown(runner.work / "pylock.locked-py.toml", ANOTHER, ANOTHER)
    message = runner.refused(program)
    assert f"{WORK}\\pylock.locked-py.toml is refused" in message and "is owned by S-1-" in message
    assert runner.having(HERMETIC_SAFE_DIRECTORIES=WORK).start(program).text == "ran\n"
    os.chown(runner.work / "locked.py", ANOTHER, ANOTHER)
    assert runner.start(program).text == "ran\n"


def _kept(runner: WindowsRunner) -> list[str]:
    """Return the environments; what was renamed may hold links to the python.exe that the pruning itself runs, which goes another time."""
    names = runner.environments()
    for name in names:
        if name.startswith(".old-"):
            assert {path.suffix for path in (runner.path / "environments" / name).rglob("*") if path.is_file()} <= {".exe", ".dll"}
    return [name for name in names if not name.startswith(".old-")]


def test_pruning_removes_what_is_unused_and_nothing_in_use(runner: WindowsRunner, wheels: dict[str, Wheel]) -> None:
    waits = runner.program([wheels["alpha-1.0"]], body=WAITS, name="waits.py")
    process = runner.popen(waits)
    assert process.stdout is not None and process.stdout.readline().strip() == b"there"
    (used,) = runner.environments()
    assert runner.start(runner.write("plain.py", "pass\n")).code == 0
    before = time.time() - WEEK - 3600
    for name in runner.environments():
        os.utime(runner.path / "environments" / name, (before, before))
    pruned = runner.start("-vpython-tool", "prune")
    assert (pruned.code, "removed 1 unused environment from C:\\fresh" in pruned.errors) == (0, True), pruned.errors
    assert _kept(runner) == [used]
    process.kill()
    process.communicate()
    os.utime(runner.path / "environments" / used, (before, before))
    pruned = runner.start("-vpython-tool", "prune")
    assert "removed 1 unused environment" in pruned.errors, pruned.errors
    assert _kept(runner) == []
    assert list((runner.path / "by-spec").iterdir()) == []
