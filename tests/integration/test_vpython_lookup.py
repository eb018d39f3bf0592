# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which specification and lock bin/vpython3 finds for a program, and what of its command line is its own."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.launcher import RUNNER_SOURCE, choose_compiler
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.host import host_platform
from asked_runners import AskedRunner, asked_runner, fields_of

BLOCK = "# /// script\n# dependencies = ['x']\n# ///\n"
TEXT = "dependencies = ['x']\n"
SECTION = '# [VPYTHON:BEGIN]\n# python_version: "3.11"\n# [VPYTHON:END]\n'


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> AskedRunner:
    compiler = choose_compiler("auto", platform=host_platform(), macos_minimum="11.0", cache=tmp_path_factory.mktemp("cache"))
    if compiler is None:
        pytest.skip("this machine has neither a C compiler that links statically nor PyPI's ziglang")
    return asked_runner(tmp_path_factory.mktemp("a bundle") / "id", compiler)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a directory for programs; nothing above it is looked at."""
    (tmp_path / ".gclient").touch()
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def program(directory: Path, text: str = "", name: str = "tool.py") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(text)
    return directory / name


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (BLOCK, "script", TEXT),
        (f"#!/usr/bin/env vpython3\n'''A docstring.'''\nimport os\n{BLOCK}", "script", TEXT),
        ("\ufeff" + BLOCK, "script", TEXT),
        (BLOCK.replace("\n", "\r\n"), "script", TEXT),
        (BLOCK.replace("\n", "\r"), "script", TEXT),
        # Blank lines of a comment, and the last of several ends.
        ("# /// script\n# a = 1\n#\n#  b = 2 \n# ///\n# c = 3\n# ///\ncode\n", "script", "a = 1\n\n b = 2 \n///\nc = 3\n"),
        # Other types are none, and hide what is in them.
        ("# /// other\n# /// script\n# x = 1\n# ///\n", "none", ""),
        ("# /// other\n# x\n# ///\n\n" + BLOCK, "script", TEXT),
        (f"text = '''\n {BLOCK}'''\n", "none", ""),
        ("#/// script\n# x = 1\n# ///\n", "none", ""),
        (SECTION, "inline", 'python_version: "3.11"\n'),
        (
            '  // [VPYTHON:BEGIN]\n  // wheel: <\n  //   name: "a"\n  //\n  // >\n  // [VPYTHON:END]\n',
            "inline",
            'wheel: <\n  name: "a"\n\n>\n',
        ),
        ('"""\n[VPYTHON:BEGIN]  \nwheel {}\n[VPYTHON:END]\n"""\n', "inline", "wheel {}\n"),
        # What stands before the two guards is not the same: nothing is taken away.
        ("# [VPYTHON:BEGIN]\n# a\n## [VPYTHON:END]\n", "inline", "# a\n"),
        ("# [VPYTHON:BEGIN]\n# [VPYTHON:END]\n", "none", ""),
        ("print('[VPYTHON:BEGIN]')\n", "none", ""),
        (BLOCK + SECTION, "script", TEXT),
        ("", "none", ""),
        ("\0" + SECTION, "none", ""),
    ],
)
def test_what_a_program_says_in_its_text(runner: AskedRunner, work: Path, text: str, kind: str, expected: str) -> None:
    script = work / "tool.py"
    script.write_bytes(text.encode())
    question = runner.question(script, place=work)
    assert (question["kind"], question["text"]) == (kind, expected)
    assert question.get("file", "") == (str(script) if kind != "none" else "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# /// script\n# a = 1\n", "no end"),
        ("# /// script\n# ///\n", "no end"),
        ("# /// script\n# a = 1\nx\n# ///\n", "no end"),
        (BLOCK + "\n" + BLOCK, "two blocks"),
        ("# [VPYTHON:BEGIN]\n# wheel {}\n", "no line that ends with"),
    ],
)
def test_what_is_broken_off_is_refused(runner: AskedRunner, work: Path, text: str, says: str) -> None:
    assert says in runner.refusal(program(work, text), place=work)


def test_the_order_of_places(runner: AskedRunner, work: Path) -> None:
    script = program(work / "a" / "b", BLOCK)
    program(work / "a", "1", ".vpython3")
    program(work / "a", "a = 1", "vpython.toml")
    (work / "default").write_text("2")
    with_default = {"VPYTHON_DEFAULT_SPEC": str(work / "default")}

    def found(*arguments: str | Path, **settings: object) -> tuple[str, str]:
        question = runner.question(*arguments, place=work, variables=with_default, **settings)
        return question["kind"], question["text"]

    assert found("-vpython-spec", work / "a" / ".vpython3", script) == ("textproto", "1")
    program(work / "a" / "b", "3", "tool.py.vpython3")
    assert found(script) == ("textproto", "3")
    (work / "a" / "b" / "tool.py.vpython3").unlink()
    assert found(script) == ("script", TEXT)
    script.write_text("pass\n")
    assert found(script) == ("toml", "a = 1")
    (work / "a" / "vpython.toml").unlink()
    assert found(script) == ("textproto", "1")
    (work / "a" / "b" / ".gclient").touch()
    assert found(script) == ("textproto", "2")
    assert runner.question(script, place=work)["kind"] == "none"


def test_a_link_has_the_partner_of_what_it_leads_to(runner: AskedRunner, work: Path) -> None:
    script = program(work / "real")
    partner = program(work / "real", "1", "tool.py.vpython3")
    (work / "bin").mkdir()
    link = work / "bin" / "tool"
    link.symlink_to("../real/tool.py")
    assert runner.question(link, place=work)["file"] == str(partner)
    nearer = program(work / "bin", "2", "tool.vpython3")
    assert runner.question(link, place=work)["file"] == str(nearer)
    assert runner.question(script, place=work)["file"] == str(partner)


def test_a_package_has_the_partner_of_one_around_it(runner: AskedRunner, work: Path) -> None:
    package = work / "outer" / "inner"
    program(package, "", "__main__.py")
    program(package, "", "__init__.py")
    program(work, "1", "outer.vpython3")
    assert runner.question(package, place=work)["kind"] == "none"
    program(work / "outer", "", "__init__.py")
    assert runner.question(f"{package}/", place=work)["text"] == "1"
    program(work / "outer", "2", "inner.vpython3")
    assert runner.question(package, place=work)["text"] == "2"


def test_what_is_no_file_is_looked_for_from_the_current_directory(runner: AskedRunner, work: Path) -> None:
    program(work, "1", ".vpython3")
    below = work / "below"
    below.mkdir()
    for arguments in (["-c", "pass"], ["-m", "json.tool", "x.py"], ["-"], [], ["-Bc", "x.py"], ["-W", "ignore"]):
        assert runner.question(*arguments, place=work, cwd=below)["text"] == "1"
    assert runner.question("-c", BLOCK, place=work, cwd=below)["text"] == TEXT
    assert runner.question(f"-bc{BLOCK}", place=work, cwd=below)["text"] == TEXT
    # The script decides, and not where it is started.
    assert runner.question(program(work.parent / "elsewhere"), place=work, cwd=below)["kind"] == "none"


def test_directories_of_the_names_of_specifications(runner: AskedRunner, work: Path) -> None:
    script = program(work)
    (work / "tool.py.vpython3").mkdir()
    assert runner.question(script, place=work)["kind"] == "none"
    (work / ".vpython3").mkdir()
    assert f"{work}/.vpython3 is no file" in runner.refusal(script, place=work / "tool.py.vpython3")


def test_a_program_that_is_not_there_is_said_as_python_says_it(runner: AskedRunner, work: Path) -> None:
    done = runner.start(work / "none.py", place=work)
    assert (done.returncode, done.stderr) == (2, f"vpython3: can't open file '{work}/none.py': [Errno 2] No such file or directory\n")


def test_what_acts_on_a_terminal_is_shown_escaped(runner: AskedRunner, work: Path) -> None:
    evil = "a\n\x1b[2J\x7f\u009b\u202e\u2066\u061cü€"
    shown = r"a\x0a\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xd8\x9cü€"
    script = program(work / evil)
    assert f"can't open file '{work}/{shown}/none'" in runner.start(script.parent / "none", place=work).stderr
    script.write_text("# /// script\n")
    assert runner.refusal(script, place=work).startswith(f"vpython3: {work}/{shown}/tool.py: the block")


@pytest.mark.parametrize("line", ["# /// other\n", "# /// script\n", "# /// a\n#\n", "[VPYTHON:BEGIN]x\n", "# /// \n"])
def test_a_program_that_no_person_wrote_takes_little_time(runner: AskedRunner, work: Path, line: str) -> None:
    script = program(work, line * 400_000)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    done = runner.start(script, place=work, preexec_fn=limited)
    assert done.returncode == (126 if "script" in line else 9), done.stderr


def test_a_program_from_a_pipe_is_left_for_python(runner: AskedRunner, work: Path) -> None:
    os.mkfifo(work / "pipe")
    assert runner.question(work / "pipe", place=work)["kind"] == "none"


@pytest.mark.parametrize(
    ("name", "lock"),
    [
        ("tool.py", "pylock.tool-py.toml"),
        ("vpython.toml", "pylock.vpython-toml.toml"),
        (".vpython3", "pylock.vpython3.toml"),
        ("tool.v1.py.vpython3", "pylock.tool-v1-py-vpython3.toml"),
        ("tool", "pylock.tool.toml"),
    ],
)
def test_the_lock_lies_beside_the_specification(runner: AskedRunner, work: Path, name: str, lock: str) -> None:
    specification = program(work, BLOCK, name)
    script = specification if name in ("tool", "tool.py") else program(work, "", "tool.v1.py")
    missing = runner.question(script, place=work)
    assert (missing["lock-kind"], missing["lock-file"], missing["lock"]) == ("none", str(work / lock), "")
    if not name.endswith("vpython3"):
        (work / f"{name}.uv.lock").write_text("a")
        assert runner.question(script, place=work)["lock-kind"] == "requirements"
    (work / lock).write_text("b\r\n")
    found = runner.question(script, place=work)
    assert (found["lock-kind"], found["lock-file"], found["lock"]) == ("pylock", str(work / lock), "b\r\n")


def test_a_link_has_the_lock_of_what_it_leads_to(runner: AskedRunner, work: Path) -> None:
    program(work / "real", BLOCK)
    lock = program(work / "real", "lock", "pylock.tool-py.toml")
    link = work / "tool"
    link.symlink_to("real/tool.py")
    assert runner.question(link, place=work)["lock-file"] == str(lock)


def test_only_what_decides_the_environment_decides_its_entry(runner: AskedRunner, work: Path) -> None:
    script = program(work, BLOCK)
    lock = program(work, "1", "pylock.tool-py.toml")
    first = runner.question(script, place=work)["entry"]
    same = {"HTTPS_PROXY": "http://x.invalid", "PIP_INDEX_URL": "https://y.invalid/simple", "LANG": "C", "HERMETIC_VPYTHON_UNLOCKED": "1"}
    script.write_text(BLOCK + "print(1)\n")
    assert runner.question(script, "argument", place=work, variables=same)["entry"] == first
    assert runner.question(program(work / "copy", BLOCK), place=work)["entry"] != first
    lock.write_text("2")
    second = runner.question(script, place=work)["entry"]
    script.write_text(BLOCK.replace("'x'", "'y'"))
    third = runner.question(script, place=work)["entry"]
    (runner.tree / "bundle.json").write_text("{ }\n")
    fourth = runner.question(script, place=work)["entry"]
    assert len({first, second, third, fourth, runner.question(script, "-x", place=work, variables={})["entry"]}) == 4
    other = {"VPYTHON_VIRTUALENV_ROOT": str(work / "other root")}
    assert runner.question(script, place=work, variables=other)["entry"] != fourth


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-vpython-unknown", "x"], "unknown option -vpython-unknown"),
        (["--vpython-unknown=1"], "unknown option --vpython-unknown=1"),
        (["-u", "-vpython-roo", "/x", "tool.py"], "unknown option -vpython-roo"),
        (["-vpython-spec"], "needs a value"),
        (["-vpython-root="], "empty value"),
        (["-vpython-tool", "explode"], "expected install, prune, verify, lint, lock or convert"),
        (["-vpython-log-level", "loud"], "expected debug, info, warning or error"),
    ],
)
def test_options_that_are_none_are_errors(runner: AskedRunner, work: Path, arguments: list[str], says: str) -> None:
    done = runner.start(*arguments, place=work, cwd=work)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (work / "root").exists()


def test_what_belongs_to_the_program_is_left_alone(runner: AskedRunner, work: Path) -> None:
    script = program(work)
    spec = program(work, "named", "x.toml")
    left: list[list[str | Path]] = [
        [script, "-vpython-unknown"],
        ["-u", script, "--vpython-x"],
        ["-m", "x", "-vpython-y"],
        ["--", script, "-vpython-z"],
    ]
    for words in left:
        assert runner.question(*words, place=work, cwd=work)["kind"] == "none"
    named: list[list[str | Path]] = [
        ["-vpython-spec", spec, script],
        [f"--vpython-spec={spec}", script],
        ["-u", "-vpython-spec", spec, "-W", "ignore", script],
        ["-vpython-spec", "x.toml", "--", script],
    ]
    for words in named:
        assert runner.question(*words, place=work, cwd=work)["text"] == "named"
    level = runner.question("-vpython-log-level", "info", script, place=work)["log-level"]
    assert (level, runner.question(script, place=work, variables={"VPYTHON_LOG_TRACE": "1"})["log-level"]) == ("info", "debug")


def test_tools_of_people_are_started_where_they_are(runner: AskedRunner, work: Path) -> None:
    tool = work / "bin" / "hermetic-spec"
    program(tool.parent, '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 3\n', tool.name).chmod(0o755)
    for name in ("verify", "lint", "lock", "convert"):
        done = runner.start("-vpython-tool", name, "a b.py", place=work, variables={"PATH": f"{tool.parent}:/usr/bin:/bin"})
        assert (done.returncode, done.stdout) == (3, f"{name}\na b.py\n")
        missing = runner.start("-vpython-tool", name, "a.py", place=work)
        assert missing.returncode == 127
        assert "hermetic-spec, which is not in PATH" in missing.stderr


def test_bypassed_it_is_the_next_python(runner: AskedRunner, work: Path) -> None:
    other = program(work / "bin", '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 4\n', "python3")
    other.chmod(0o755)
    bypass = "manually managed python not supported by chrome operations"
    variables = {"PATH": f"{work}/nowhere:{work}/bin:/usr/bin:/bin", "VPYTHON_BYPASS": bypass}
    done = runner.start("-u", "-vpython-spec", "none", "x.py", "--", place=work, variables=variables)
    assert (done.returncode, done.stdout) == (4, "-u\nx.py\n--\n")
    assert runner.start("-vpython-tool", "install", place=work, variables=variables).returncode == 0
    # Nothing else bypasses it.
    question = runner.question(program(work), place=work, variables={**variables, "VPYTHON_BYPASS": "1"})
    assert question["kind"] == "none"


def test_the_runner_needs_nothing_and_names_no_directory_of_this_machine(runner: AskedRunner) -> None:
    data = runner.command.read_bytes()
    assert b"ld-linux" not in data.split(b"\0.shstrtab")[0][:4096]
    assert str(Path(__file__).resolve().parents[2]).encode() not in data


def test_who_waits_says_so(runner: AskedRunner, work: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    impatient = AskedRunner(work / "bundle")
    shutil.copytree(runner.tree, impatient.tree)
    command = ["cc", "-DSILENT_FOR=1", '-DPYTHON="python3.12"', "-o", str(impatient.command), RUNNER_SOURCE.name]
    subprocess.run(command, cwd=RUNNER_SOURCE.parent, check=True)
    script = program(work)
    entry = impatient.question(script, place=work)["entry"]
    with (work / "root" / "locks" / entry).open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [str(impatient.command), str(script)],
            env={"PATH": "/usr/bin:/bin", "VPYTHON_VIRTUALENV_ROOT": str(work / "root"), "KEEP": str(work / "question")},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == f"vpython3: another process makes this environment in {work}/root; waiting for it\n"
    # That one made nothing, so it is tried again.
    assert (waiting.communicate(timeout=60)[1], waiting.returncode) == ("", 9)


def test_a_current_directory_that_is_gone_has_nothing_above_it(runner: AskedRunner, work: Path) -> None:
    variables = {"PATH": "/usr/bin:/bin", "VPYTHON_VIRTUALENV_ROOT": str(work / "root"), "KEEP": str(work / "question")}
    script = f'mkdir gone; cd gone; rmdir ../gone; exec "{runner.command}" -c pass'
    done = subprocess.run(["/bin/sh", "-c", script], cwd=work, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, "vpython3" in done.stderr) == (9, False)
    assert fields_of((work / "question").read_bytes())["kind"] == "none"


def test_a_copy_lies_in_no_bundle(runner: AskedRunner, work: Path) -> None:
    (work / "bin").mkdir()
    shutil.copy(runner.command, work / "bin")
    done = subprocess.run([str(work / "bin" / "vpython3"), "-c", "pass"], cwd=work, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        127,
        f"vpython3: {work}/bin/vpython3 lies in no bundle; link to that of a bundle instead of copying it\n",
    )
    (work / "link").symlink_to(runner.command)
    assert AskedRunner(runner.tree).question("-c", "pass", place=work, cwd=work)["bundle"] == str(runner.tree)
