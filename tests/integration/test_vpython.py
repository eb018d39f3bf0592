# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin/vpython3 of a host: programs run in the environments that they declare, as with python itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from programs import SHOWS, Runner, block_of, lock_of, pylock, script_text, write_program
from roots import Root
from wheelhouse import Wheel


@pytest.fixture
def work(user_place: Path) -> Path:
    (user_place / "work").mkdir()
    return user_place / "work"


def test_a_program_runs_with_the_packages_that_it_declares(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    body = f"import alpha, beta; assert (alpha.VERSION, beta.VERSION) == ('1.0', '2.0')\n{SHOWS}"
    program = write_program(work, [wheels["alpha-1.0"], wheels["beta-2.0"]], body=body)
    first = runner.shown(program, "one argument", "--two")
    assert first["argv"] == [str(program), "one argument", "--two"]
    assert Path(first["prefix"]).parent == runner.root / "environments"
    assert first["executable"] == f"{first['prefix']}/bin/python"
    assert runner.shown(program)["prefix"] == first["prefix"]


def test_equal_declarations_share_one_environment(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    one = write_program(work / "one", [wheels["beta-2.0"]])
    other = write_program(work / "other", [wheels["beta-2.0"]], name="x.py", body=f"# More.\n{SHOWS}")
    assert runner.shown(one)["prefix"] == runner.shown(other)["prefix"]
    assert len(list((runner.root / "by-spec").iterdir())) == 1
    # Another specification, which selects the same wheels.
    (work / "third").mkdir()
    third = work / "third" / "tool.py"
    third.write_text(script_text("beta"))
    lock_of(third).write_text(pylock(block_of("beta"), [wheels["beta-2.0"]]))
    assert runner.shown(third)["prefix"] == runner.shown(one)["prefix"]
    assert (len(list((runner.root / "by-spec").iterdir())), len(runner.environments())) == (2, 1)


def test_a_program_without_packages_needs_no_lock(runner: Runner, work: Path) -> None:
    for name, text in {"plain.py": SHOWS, "empty.py": script_text(), "code.py": f"# /// script\n# # nothing\n# ///\n{SHOWS}"}.items():
        (work / name).write_text(text)
        assert Path(runner.shown(work / name)["prefix"]).name in runner.environments()
    assert len(runner.environments()) == 1


def test_it_becomes_the_program(runner: Runner, work: Path) -> None:
    program = write_program(work, body="import os, sys; print(os.getpid()); print(sys.stdin.read(), file=sys.stderr); sys.exit(7)\n")
    assert runner.start(program, input="").returncode == 7
    with subprocess.Popen(
        [str(runner.command), str(program)], env=runner.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        out, err = process.communicate(b"input", timeout=60)
    assert (int(out), err, process.returncode) == (process.pid, b"input\n", 7)


def test_the_first_run_takes_nothing_of_the_streams(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = write_program(work, [wheels["beta-2.0"]], body="import sys; print(sys.stdin.read() * 2, end='')\n")
    done = runner.start("-vpython-log-level", "debug", program, input="text")
    assert (done.returncode, done.stdout) == (0, "texttext")
    assert "vpython3: " in done.stderr
    again = runner.start(program, input="text")
    assert (again.stdout, again.stderr) == ("texttext", "")


def test_streams_that_are_closed_stay_closed(runner: Runner, work: Path) -> None:
    body = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr((sys.stdin, sys.stdout)))\n"
    program = write_program(work, body=body)
    for number in range(2):
        command = f'exec "{runner.command}" "{program}" "{work}/{number}" <&- >&-'
        subprocess.run(["/bin/sh", "-c", command], env=runner.environment, check=True)
        assert (work / str(number)).read_text() == "(None, None)"


def test_debugging_shows_what_was_found(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = write_program(work, [wheels["beta-2.0"]])
    for _time in range(2):
        shown = runner.start("-vpython-log-level", "debug", program).stderr
        for line in (f"specification: script {program}", f"lock: pylock {lock_of(program)}", f"environment: {runner.root}/environments/"):
            assert f"vpython3: {line}" in shown


def test_a_signal_ends_it_as_it_ends_python(runner: Runner, work: Path) -> None:
    program = write_program(work, body="import os, signal, sys; os.kill(os.getpid(), int(sys.argv[1])); import time; time.sleep(60)\n")
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP):
        assert runner.start(program, str(int(number))).returncode == -number


def test_who_ignores_the_end_of_children_learns_why_nothing_was_made(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    """As a daemon may hand it down: a system then forgets how a process ended."""

    def ignoring() -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    program = write_program(work, [wheels["beta-2.0"]], body="import signal; print(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN)\n")
    lock = lock_of(program).rename(work / "away")
    done = runner.start(program, preexec_fn=ignoring)
    assert (done.returncode, "is not locked" in done.stderr, "was made" in done.stderr) == (126, True, False)
    lock.rename(lock_of(program))
    for _time in range(2):
        assert runner.start(program, preexec_fn=ignoring).stdout == "True\n"


def test_arguments_arrive_as_they_are(runner: Runner, work: Path) -> None:
    arguments = ["", " a  b ", "-c", "--", "-vpython-root", "ü\n'\"", "\udcff"]
    program = write_program(work, body="import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))\n")
    command = [str(runner.command), "-X", "utf8", str(program), *arguments]
    done = subprocess.run(command, env=runner.environment, capture_output=True, check=True)
    assert done.stdout == b"\0".join(os.fsencode(argument) for argument in arguments)


def test_a_program_starts_by_its_first_line(runner: Runner, work: Path) -> None:
    program = write_program(work, body=SHOWS)
    program.chmod(0o755)
    variables = {**runner.environment, "PATH": f"{runner.command.parent}:/usr/bin:/bin"}
    done = subprocess.run([str(program), "x"], env=variables, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["argv"] == [str(program), "x"]


ISOLATION = (
    "import json, os, sys; from site import ENABLE_USER_SITE; json.dump({'user site': ENABLE_USER_SITE, 'path': sys.path, "
    "'home': os.environ.get('PYTHONHOME'), 'no user site': os.environ.get('PYTHONNOUSERSITE'), 'PATH': os.environ['PATH'], "
    "'optimized': sys.flags.optimize, 'prefix': sys.prefix}, sys.stdout)\n"
)


def test_it_is_isolated_as_vpython_isolates(runner: Runner, work: Path) -> None:
    program = write_program(work, body=ISOLATION)
    extra = work / "extra"
    extra.mkdir()
    variables = {
        **runner.environment,
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": str(extra),
        "PYTHONUSERBASE": str(work),
        "PYTHONOPTIMIZE": "1",
    }
    found = runner.shown(program, env=variables)
    assert found["path"][:2] == [str(work), str(extra)]
    assert (found["user site"], found["home"], found["no user site"], found["optimized"]) == (False, None, "1", 1)
    assert found["PATH"] == f"{found['prefix']}/bin:/usr/bin:/bin"
    assert not list(Path(found["prefix"]).rglob("*.opt-1.pyc"))


def test_code_and_modules_see_the_current_directory(runner: Runner, work: Path) -> None:
    (work / "here.py").write_text("print('here', __name__)\n")
    for arguments, expected in ((["-m", "here"], "here __main__\n"), (["-c", "import here"], "here here\n"), (["-"], "here here\n")):
        assert runner.start(*arguments, cwd=work, input="import here").stdout == expected


def test_children_stay_in_the_environment(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    body = (
        "import subprocess, sys\n"
        "for command in ([sys.executable], ['python'], ['python3'], ['python3.%d' % sys.version_info[1]]):\n"
        "    subprocess.run([*command, '-c', 'import sys, alpha, here; print(sys.prefix)'], check=True)\n"
        "subprocess.run(['alpha'], check=True)\n"
    )
    (work / "here.py").touch()
    done = runner.start(write_program(work, [wheels["alpha-1.0"]], body=body), cwd=work)
    assert done.returncode == 0, done.stderr
    prefix = str(runner.root / "environments" / runner.environments()[0])
    assert done.stdout.splitlines() == [prefix] * 4 + [f"alpha {prefix}"]


def test_a_program_that_starts_another_gives_it_its_own_environment(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    inner = write_program(work, [wheels["alpha-1.0"]], name="inner.py", body="import sys, alpha; print(sys.prefix)\n")
    body = f"import subprocess, sys; print(sys.prefix, flush=True); subprocess.run([{str(runner.command)!r}, {str(inner)!r}], check=True)\n"
    outer, inside = runner.start(write_program(work, [wheels["beta-2.0"]], body=body)).stdout.splitlines()
    assert {Path(outer).name, Path(inside).name} == set(runner.environments())
    assert outer != inside


def test_what_is_not_locked_is_refused(runner: Runner, work: Path) -> None:
    program = work / "tool.py"
    program.write_text(script_text("beta==2.0"))
    done = runner.start(program)
    assert done.returncode == 126
    for words in (
        f"{program} declares packages and is not locked",
        f"{work}/pylock.tool-py.toml",
        "hermetic-spec lock",
        "HERMETIC_VPYTHON_UNLOCKED=1",
    ):
        assert words in done.stderr
    (work / ".vpython3").write_text('wheel: < name: "x" version: "version:1" >\n')
    (work / "plain.py").write_text("pass\n")
    assert f"{work}/.vpython3 declares packages and is not locked" in runner.start(work / "plain.py").stderr
    assert "write it to a file" in runner.start("-c", "# /// script\n# dependencies = ['x']\n# ///\n").stderr
    assert runner.environments() == []


def test_a_lock_of_another_specification_is_refused(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = write_program(work, [wheels["beta-2.0"]])
    program.write_text(script_text("beta==1.0"))
    done = runner.start(program)
    assert done.returncode == 126
    assert f"The lock {lock_of(program)} is not current" in done.stderr
    lock_of(program).write_text(lock_of(program).read_text().partition("[tool.hermetic]")[0])
    assert "has no table [tool.hermetic]" in runner.start(program).stderr
    lock_of(program).write_text("[")
    assert "is no valid pylock file" in runner.start(program).stderr


def test_a_text_proto_is_known_by_the_digest_in_its_lock(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    text = 'python_version: "3.11"\nwheel: <\n  name: "infra/python/wheels/beta-py3"\n  version: "version:2.0"\n>\n'
    specification = work / ".vpython3"
    specification.write_text(text)
    lock_of(specification).write_text(pylock(text, [wheels["beta-2.0"]]))
    (work / "tool.py").write_text("import beta; print(beta.VERSION)\n")
    assert runner.start(work / "tool.py").stdout == "2.0\n"


def requirement(wheel: Wheel, digest: str | None = None) -> str:
    name, version = wheel.filename.split("-")[:2]
    return f"{name}=={version} \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{digest or wheel.sha256}\n    # via nothing\n"


def test_requirements_with_hashes_are_a_lock(runner: Runner, program_host: Root, wheels: dict[str, Wheel], work: Path) -> None:
    program = work / "tool.py"
    program.write_text(
        script_text(
            "Beta>=1", "alpha; python_version >= '3'", "gone; python_version < '3'", body="import alpha, beta; print(beta.VERSION)\n"
        )
    )
    lock = program.with_name("tool.py.uv.lock")
    index = offered(work / "index", wheels["beta-2.0"], wheels["beta-1.0"])
    variables = {**runner.environment, "HERMETIC_VPYTHON_INDEX": str(index)}
    markers = 'windows-only==1.0 ; sys_platform == "win32" \\\n    --hash=sha256:' + "1" * 64 + "\n"
    lock.write_text("# a comment\n" + requirement(wheels["beta-2.0"]) + requirement(wheels["alpha-1.0"]) + markers)
    done = runner.start(program, env=variables)
    assert (done.returncode, done.stdout) == (0, "2.0\n"), done.stderr
    lock.write_text(requirement(wheels["beta-2.0"]))
    assert "the lock has no alpha" in runner.start(program, env=variables).stderr
    program.write_text(script_text("beta==1.0", "alpha>3"))
    lock.write_text(requirement(wheels["beta-2.0"]) + requirement(wheels["alpha-1.0"]))
    both = runner.start(program, env=variables).stderr
    assert "beta==1.0 is declared, and the lock has beta 2.0" in both
    assert "alpha>3 is declared, and the lock has alpha 1.0" in both
    lock.write_text("beta==2.0\nalpha>=1 --hash=sha256:" + "0" * 64 + "\n-r other.txt\n")
    unpinned = runner.start(program, env=variables).stderr
    for words in ("beta has no hash", "alpha>=1 is not pinned", "'-r other.txt' is an option"):
        assert words in unpinned


def offered(index: Path, *wheels: Wheel) -> Path:
    """Make a simple index in a directory."""
    for name in {wheel.name for wheel in wheels}:
        (index / name).mkdir(parents=True)
        links = [f'<a href="{wheel.path.as_uri()}#sha256={wheel.sha256}">{wheel.filename}</a>' for wheel in wheels if wheel.name == name]
        (index / name / "index.html").write_text(f"<html>{''.join(links)}</html>\n")
    return index


@pytest.mark.parametrize("by", ["variable", "pip", "host", "repository"])
def test_what_a_lock_names_no_usable_address_for_is_looked_up(
    runner: Runner, program_host: Root, wheels: dict[str, Wheel], work: Path, by: str
) -> None:
    wheel = wheels["beta-2.0"]
    program = write_program(work, [wheel], body="import beta; print(beta.VERSION)\n")
    text = pylock(block_of("beta==2.0"), [wheel])
    lock_of(program).write_text(text.replace(f'path = "{wheel.path}"', f'name = "{wheel.filename}"\npath = "missing/{wheel.filename}"'))
    # This machine may have an index of its own.
    no_pip = {"PIP_CONFIG_FILE": os.devnull}
    missing = runner.start(program, env={**runner.environment, **no_pip})
    assert missing.returncode == 126
    assert f"{wheel.filename} (sha256 {wheel.sha256})" in missing.stderr
    assert "no index is configured" in missing.stderr
    index = offered(work / "index", wheel, wheels["beta-1.0"])
    variables = {**runner.environment, **({} if by == "pip" else no_pip)}
    configuration = program_host.path / "state" / "vpython.json"
    if by == "variable":
        variables["HERMETIC_VPYTHON_INDEX"] = str(index)
    elif by == "pip":
        (runner.home / ".config" / "pip").mkdir(parents=True)
        (runner.home / ".config" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {index}\n")
    elif by == "host":
        configuration.write_text(json.dumps({"format": 1, "indexes": [str(index)]}))
    else:
        place = work / "repository" / "wheels" / wheel.sha256
        place.mkdir(parents=True)
        (place / wheel.filename).write_bytes(wheel.path.read_bytes())
        variables["HERMETIC_VPYTHON_REPOSITORY"] = str(work / "repository")
    try:
        assert runner.start(program, env=variables).stdout == "2.0\n"
    finally:
        configuration.unlink(missing_ok=True)


def test_a_wheel_that_is_not_the_locked_one_is_refused(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    other = work / wheels["beta-2.0"].filename
    other.write_bytes(wheels["beta-2.0"].path.read_bytes() + b"x")
    program = write_program(work, [wheels["beta-2.0"]])
    lock_of(program).write_text(lock_of(program).read_text().replace(str(wheels["beta-2.0"].path), str(other)))
    done = runner.start(program)
    assert done.returncode == 126
    assert wheels["beta-2.0"].sha256 in done.stderr
    assert runner.environments() == []


def test_what_the_host_has_is_used(runner: Runner, program_host: Root, wheels: dict[str, Wheel], work: Path) -> None:
    """The host's environment has alpha; nobody can fetch it from where the lock says."""
    program = write_program(work, [wheels["alpha-1.0"]], addresses=False, body="import alpha; print(alpha.__cached__ or alpha.__file__)\n")
    done = runner.start("-vpython-log-level", "info", program)
    assert done.returncode == 0, done.stderr
    assert "unpack" not in done.stderr
    (tree,) = (runner.root / "laid").iterdir()
    there = program_host.path / "laid" / tree.name
    files = sorted(path.relative_to(tree) for path in tree.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(there) for path in there.rglob("*") if path.is_file())
    assert all((tree / path).read_bytes() == (there / path).read_bytes() for path in files)
    assert all((tree / path).stat().st_ino != (there / path).stat().st_ino for path in files)


def test_environments_share_unpacked_wheels(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    runner.shown(write_program(work / "a", [wheels["beta-2.0"]]))
    runner.shown(write_program(work / "b", [wheels["beta-2.0"], wheels["alpha-1.0"]]))
    inodes = {path.stat().st_ino for path in runner.root.glob("environments/*/lib/python3*/site-packages/beta.py")}
    assert (len(runner.environments()), len(inodes)) == (2, 1)
    assert list((runner.root / "fetched").iterdir()) == []


def test_a_lock_for_another_python_says_so(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = work / "tool.py"
    program.write_text(script_text("beta==2.0", python="==3.7.*"))
    lock_of(program).write_text(pylock(block_of("beta==2.0", python="==3.7.*"), [wheels["beta-2.0"]], python="==3.7.*"))
    done = runner.start(program)
    assert done.returncode == 126
    assert "needs Python ==3.7.*, and no bundle of this host is of that version; there is python 3." in done.stderr


def test_install_makes_the_environment_and_runs_nothing(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = write_program(work, [wheels["beta-2.0"]], body="raise SystemExit(9)\n")
    done = runner.start("-vpython-tool", "install", program)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == runner.root / "environments" / runner.environments()[0]
    assert runner.start("-vpython-tool", "install", program).stdout == done.stdout
    assert runner.start(program).returncode == 9


def test_many_at_once_make_an_environment_once(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = write_program(work, [wheels["beta-2.0"], wheels["alpha-1.0"]])
    command = [str(runner.command), "-vpython-log-level", "info", str(program)]
    processes = [
        subprocess.Popen(command, env=runner.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _number in range(40)
    ]
    outcomes = [process.communicate(timeout=240) for process in processes]
    assert {process.returncode for process in processes} == {0}, outcomes
    assert len({json.loads(out)["prefix"] for out, _err in outcomes}) == 1
    assert sum("make an environment" in err for _out, err in outcomes) == 1


def test_a_development_machine_may_resolve(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = work / "tool.py"
    program.write_text(script_text("beta", body="import beta; print(beta.VERSION)\n"))
    tools = work / "bin"
    tools.mkdir()
    lock = work / "lock.toml"
    lock.write_text(pylock(block_of("beta"), [wheels["beta-2.0"]]))
    (tools / "hermetic-spec").write_text(f'#!/bin/sh\n[ "$1" = lock ] && cp {lock} "$(dirname "$2")/pylock.vpython-toml.toml"\n')
    (tools / "hermetic-spec").chmod(0o755)
    variables = {**runner.environment, "HERMETIC_VPYTHON_UNLOCKED": "1"}
    assert "hermetic-spec or uv, which would resolve it, is not in PATH" in runner.start(program, env=variables).stderr
    variables["PATH"] = f"{tools}:/usr/bin:/bin"
    assert runner.start(program, env=variables).stdout == "2.0\n"
    # A lock beside it counts more, and without the switch it is refused as before.
    assert runner.start(program).returncode == 126


def test_uv_resolves_where_there_is_no_hermetic_spec(runner: Runner, wheels: dict[str, Wheel], work: Path) -> None:
    program = work / "tool.py"
    program.write_text(script_text("beta", body="import beta; print(beta.VERSION)\n"))
    tools = work / "bin"
    tools.mkdir()
    (work / "lock").write_text(requirement(wheels["beta-2.0"]))
    script = f"""#!/bin/sh
echo "$*" > {work}/options
for argument; do before="$last"; last="$argument"; [ "$before" = --output-file ] && output="$argument"; done
cp "$last" {work}/asked && cp {work}/lock "$output"
"""
    (tools / "uv").write_text(script)
    (tools / "uv").chmod(0o755)
    index = offered(work / "index", wheels["beta-2.0"])
    variables = {"HERMETIC_VPYTHON_UNLOCKED": "1", "PATH": f"{tools}:/usr/bin:/bin", "HERMETIC_VPYTHON_INDEX": str(index)}
    done = runner.start(program, env={**runner.environment, **variables})
    assert (done.returncode, done.stdout) == (0, "2.0\n"), done.stderr
    assert (work / "asked").read_text() == "beta\n"
    assert "--generate-hashes --only-binary :all:" in (work / "options").read_text()
    # What cannot be resolved says so, with the words of the resolver.
    program.write_text(script_text("gamma"))
    (tools / "uv").write_text("#!/bin/sh\necho no gamma >&2; exit 1\n")
    assert "no gamma" in runner.start(program, env={**runner.environment, **variables}).stderr
