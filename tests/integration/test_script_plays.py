# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module script in real plays: programs of the controller and of the host, in the environments that they declare."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from play_fleet import lock_text
from plays import HERE
from programs import SHOWS, block_of, lock_of, pylock, script_text, write_program
from roots import Archive, Declared, Root
from script_plays import Scripts
from wheelhouse import Wheel

TELLS = (
    "import json, os, sys\n"
    "json.dump({'argv': sys.argv[1:], 'stdin': sys.stdin.read(), 'cwd': os.getcwd(), 'umask': os.umask(0),\n"
    "    'variables': {name: os.environ.get(name) for name in ('OF_OPTION', 'OF_KEYWORD', 'VPYTHON_BYPASS', 'HERMETIC_VPYTHON_OFFERS')}}, sys.stdout)\n"
)
UNREACHABLE = {"far": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}}


def test_a_script_runs_with_the_packages_that_it_declares(scripts: Scripts, wheels: dict[str, Wheel]) -> None:
    temporary = scripts.place / "temporary"
    temporary.mkdir()
    body = f"import alpha, beta; assert (alpha.VERSION, beta.VERSION) == ('1.0', '2.0')\n{SHOWS}"
    program = write_program(scripts.place, [wheels["alpha-1.0"], wheels["beta-2.0"]], body=body)
    played = scripts.controller.play([scripts.task(program), scripts.task(program)], TMPDIR=str(temporary))
    assert played.code == 0, played.output
    first, second = (each["result"] for each in played.results)
    shown = json.loads(first["stdout"])
    assert Path(shown["argv"][0]).is_relative_to(temporary)
    assert Path(shown["prefix"]).parent == scripts.environments
    assert (first["rc"], first["changed"], first["environment_made"]) == (0, True, True)
    assert (first["stdout_lines"], first["stderr_lines"]) == ([first["stdout"]], [])
    assert first["cmd"][0] == str(scripts.root / "bin" / "vpython3")
    assert first["start"] < first["end"]
    assert json.loads(second["stdout"])["prefix"] == shown["prefix"]
    assert second["environment_made"] is False
    assert list(temporary.glob("hermetic-*")) == []


def test_it_is_started_as_the_task_says(scripts: Scripts, tmp_path: Path) -> None:
    program = write_program(scripts.place, name="with blank é.py", body=TELLS)
    arguments = ["", "two words", "'\"", "-vpython-root", "--help", "$HOME `id` *", "ünïcødé 日本", "line\nline", "-c"]
    (tmp_path / "elsewhere").mkdir()
    task = {
        "environment": {"OF_KEYWORD": "k", "LC_ALL": "C", "VPYTHON_BYPASS": "manually managed python not supported by chrome operations"}
    }
    umask = os.umask(0o027)
    try:
        played = scripts.controller.play(
            [
                scripts.task(
                    program,
                    arguments=arguments,
                    stdin="given ü",
                    chdir=str(tmp_path / "elsewhere"),
                    environment={"OF_OPTION": 7},
                    task={**task, "name": "all"},
                ),
                scripts.task(program, stdin="given", stdin_add_newline=False),
                scripts.task(program),
            ],
        )
    finally:
        os.umask(umask)
    assert played.code == 0, played.output
    first, second, third = (json.loads(each["result"]["stdout"]) for each in played.results)
    assert first == {
        "argv": arguments,
        "stdin": "given ü\n",
        "cwd": str(tmp_path / "elsewhere"),
        "umask": 0o027,
        "variables": {"OF_OPTION": "7", "OF_KEYWORD": "k", "VPYTHON_BYPASS": None, "HERMETIC_VPYTHON_OFFERS": None},
    }
    assert (second["stdin"], second["variables"]["OF_OPTION"]) == ("given", None)
    assert third["stdin"] == ""
    assert played.results[0]["result"]["cmd"][-len(arguments) :] == arguments


def test_it_runs_once_where_that_is_asked_for(scripts: Scripts) -> None:
    # The directory is no pattern.
    directory = scripts.place / "a[1]*"
    directory.mkdir()
    made = directory / "made-1"
    program = write_program(scripts.place, body="import sys, pathlib; pathlib.Path(sys.argv[1]).touch()\n")
    task = scripts.task(program, arguments=[str(made)], chdir=str(directory), creates="made-*")
    checked = scripts.controller.play([task], "--check")
    assert checked.last["changed"] is True
    assert "would run" in checked.last["msg"]
    assert not made.exists()
    assert scripts.made() == []
    removal = scripts.task(program, arguments=[str(scripts.place / "x")], removes=str(made))
    played = scripts.controller.play([task, task, removal, {"ansible.builtin.raw": f"rm '{made}'"}, removal])
    assert played.code == 0, played.output
    results = [each["result"] for each in played.results]
    assert [each["status"] for each in played.results] == ["ok", "skipped", "ok", "ok", "skipped"]
    assert [(each["changed"], each["rc"]) for each in results[:3]] == [(True, 0), (False, 0), (True, 0)]
    assert "made-* exists" in results[1]["msg"]
    assert results[4]["changed"] is False
    assert "does not exist" in results[4]["msg"]
    made.touch()
    skipped = scripts.run(program, "--check", creates=str(made))
    assert (skipped.last["changed"], skipped.status("here")) == (False, "skipped")


def test_how_it_ends_is_the_result(scripts: Scripts) -> None:
    body = (
        "import os, sys, subprocess\n"
        "print('out', flush=True); print('err', file=sys.stderr, flush=True); sys.stdout.buffer.write(b'\\xff\\x1b\\r\\n')\n"
        "sys.stdout.flush()\n"
        "if sys.argv[1] == 'leave': subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'])\n"
        "elif sys.argv[1].startswith('-'): os.kill(os.getpid(), -int(sys.argv[1]))\n"
        "else: sys.exit(int(sys.argv[1]))\n"
    )
    program = write_program(scripts.place, body=body)
    ignoring = {"ignore_errors": True}
    begin = time.monotonic()
    played = scripts.controller.play(
        [
            scripts.task(program, arguments=["3"], task=ignoring),
            scripts.task(program, arguments=["-15"], task=ignoring),
            scripts.task(program, arguments=["3"], task={"register": "ended", "failed_when": "ended.rc != 3"}),
            scripts.task(program, arguments=["leave"]),
        ]
    )
    assert played.code == 0, played.output
    assert time.monotonic() - begin < 29, "somebody waited for what the script left running"
    three, signal, expected, leaving = (each["result"] for each in played.results)
    assert [each["status"] for each in played.results] == ["failed", "failed", "ok", "ok"]
    assert (three["rc"], three["changed"], three["stderr"]) == (3, True, "err")
    assert three["stdout_lines"] == ["out", "\\xff\\x1b"]
    assert "exit code 3" in three["msg"]
    assert signal["rc"] == -15
    assert "SIGTERM" in signal["msg"]
    assert expected["rc"] == 3
    assert leaving["rc"] == 0


def test_secrets_are_nowhere_but_with_the_script(scripts: Scripts) -> None:
    body = (
        "import os, sys, glob\n"
        "own, given = os.environ['TOKEN'], sys.stdin.read().strip()\n"
        "assert own.startswith('geh') and given.startswith('ver'), 'not given'\n"
        "def read(path):\n"
        "    try: return open(path, 'rb').read()\n"
        "    except OSError: return b''\n"
        "shown = [path for path in glob.glob('/proc/[0-9]*/cmdline') for secret in (own, given) if secret.encode() in read(path)]\n"
        "print('in argv:', len(shown)); print('said', own, file=sys.stderr)\n"
    )
    program = write_program(scripts.place, body=body)
    secret, given = "geheim-" + "x1y2z3", "verborgen-" + "a4b5c6"
    log = scripts.controller.directory / "log"
    # Read from files, so that neither stands in the playbook.
    (scripts.place / "token").write_text(secret)
    (scripts.place / "input").write_text(given)
    task = scripts.task(
        program,
        environment={"TOKEN": f"{{{{ lookup('ansible.builtin.file', '{scripts.place / 'token'}') }}}}"},
        stdin=f"{{{{ lookup('ansible.builtin.file', '{scripts.place / 'input'}') }}}}",
    )
    failing = {**task, "ignore_errors": True, "hermetic.python.script": {**task["hermetic.python.script"], "root": "/nowhere/root"}}
    played = scripts.controller.play([task, failing], "-vvv", ANSIBLE_LOG_PATH=str(log), ANSIBLE_PIPELINING="1")
    assert played.code == 0, played.output
    assert played.results[0]["result"]["stdout"] == "in argv: 0"
    assert played.results[0]["result"]["stderr"] == "said ********"
    assert log.stat().st_size
    files = [path for path in scripts.controller.directory.rglob("*") if path.is_file()]
    holders = [path for path in files for text in (secret, given) if text.encode() in path.read_bytes()]
    assert holders == []
    assert secret not in played.output
    assert given not in played.output


def test_what_is_wrong_is_said_before_the_host_is_reached(scripts: Scripts, wheels: dict[str, Wheel]) -> None:
    stale = write_program(scripts.place, [wheels["beta-2.0"]], name="stale.py")
    stale.write_text(stale.read_text().replace("beta==2.0", "beta>=2.0"))
    missing = scripts.place / "missing.py"
    missing.write_text(script_text("beta"))
    unreadable = scripts.place / "unreadable.py"
    unreadable.write_text("# /// script\n# dependencies = 7\n# ///\n")
    foreign = write_program(scripts.place, [wheels["beta-2.0"]], name="foreign.py")
    lock_of(foreign).write_text(lock_of(foreign).read_text().partition("[tool.hermetic]")[0])
    plain = write_program(scripts.place, name="plain.py")
    cases: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({"path": str(stale)}, ("pylock.stale-py.toml is not current", "hermetic-spec lock")),
        ({"path": str(missing)}, ("is not locked", "pylock.missing-py.toml", f"hermetic-spec lock {missing}")),
        ({"path": str(unreadable)}, ("unreadable.py", "dependencies")),
        ({"path": str(foreign)}, ("does not say which specification",)),
        ({"path": "nowhere.py"}, ("nowhere.py", "not on the controller")),
        ({"path": str(scripts.place)}, ("cannot be read",)),
        ({"path": str(plain), "arguments": ["a\0b"], "environment": {"A=B": "1", "LIST": [1]}}, ("Argument 1", "'A=B'", "'LIST'")),
        ({"path": str(missing), "environment": {"NOTHING": None}}, ("is not locked", "'NOTHING'")),
    ]
    tasks = [{"hermetic.python.script": {"root": str(scripts.root), **options}, "ignore_errors": True} for options, _words in cases]
    for arguments in ((), ("--check",)):
        played = scripts.controller.play(tasks, *arguments, hosts=UNREACHABLE)
        assert len(played.results) == len(cases), played.output
        for (_options, words), each in zip(cases, played.results, strict=True):
            assert each["status"] == "failed", each
            text = " ".join([each["result"]["msg"], *each["result"]["errors"]])
            assert all(word in text for word in words), (words, text)
    # And this is what a host that cannot be reached is.
    assert scripts.controller.play([scripts.task(plain)], hosts=UNREACHABLE).status("far") == "unreachable"


def test_what_a_script_needs_is_found_as_by_hermetic_spec(scripts: Scripts, wheels: dict[str, Wheel]) -> None:
    imports = "import beta; print(beta.VERSION)\n"
    # Beside it, as text proto; above it, as TOML with requirements that have hashes; and for the target of a link.
    proto = 'wheel: < name: "infra/python/wheels/beta-py3" version: "version:2.0" >\n'
    (scripts.place / "partner.py").write_text(imports)
    (scripts.place / "partner.py.vpython3").write_text(proto)
    lock_of(scripts.place / "partner.py.vpython3").write_text(pylock(proto, [wheels["beta-2.0"]]))
    (scripts.place / "links").mkdir()
    (scripts.place / "links" / "linked.py").symlink_to("../partner.py")
    below = scripts.place / "package" / "below"
    below.mkdir(parents=True)
    (scripts.place / "package" / "vpython.toml").write_text(block_of("beta>=2"))
    (scripts.place / "package" / "vpython.toml.uv.lock").write_text(lock_text(wheels["beta-2.0"]))
    (below / "tool.py").write_text(imports)
    # Nothing, whatever lies above the directory that the host keeps it in.
    (scripts.place / "nothing.py").write_text("import importlib.util; print(importlib.util.find_spec('beta'))\n")
    (scripts.controller.directory / "tmp").mkdir()
    (scripts.controller.directory / "tmp" / "vpython.toml").write_text(block_of("beta"))
    find: dict[str, Any] = {"find_links": [str(wheels["beta-2.0"].path.parent)]}
    played = scripts.controller.play(
        [
            scripts.task(scripts.place / "partner.py"),
            scripts.task(scripts.place / "links" / "linked.py"),
            scripts.task(below / "tool.py", **find),
            scripts.task(scripts.place / "nothing.py"),
        ],
        TMPDIR=str(scripts.controller.directory / "tmp"),
    )
    assert played.code == 0, played.output
    assert [each["result"]["stdout"] for each in played.results] == ["2.0", "2.0", "2.0", "None"]
    assert len(scripts.made()) == 2


def test_wheels_come_from_where_the_task_says(scripts: Scripts, wheels: dict[str, Wheel]) -> None:
    imports = "import alpha, beta; print(beta.VERSION, alpha.VERSION)\n"
    names = ("beta-2.0", "alpha-1.0")
    program = write_program(scripts.place, [wheels[name] for name in names], body=imports, addresses=False)
    repository, notes = scripts.place / "repository", scripts.place / "notes"
    notes.mkdir()
    publishing = {"path": str(repository), "wheels": [str(wheels[name].path) for name in names]}
    pushed: dict[str, Any] = {
        "repository": str(repository),
        "transfer": "push",
        "environment": {"VPYTHON_VIRTUALENV_ROOT": str(scripts.place / "pushed")},
    }
    played = scripts.controller.play(
        [
            {"hermetic.python.repository": publishing},
            scripts.task(program, transfer="pull", find_links=[str(scripts.place)], task={"ignore_errors": True}, retries=0, timeout=5),
            scripts.task(program, repository=str(repository)),
            scripts.task(program, **pushed),
        ],
        hosts={"here": {"ansible_connection": "losing", "losing_after": 99}},
        ANSIBLE_CONNECTION_PLUGINS=str(HERE / "connection_plugins"),
        LOSING_DIRECTORY=str(notes),
    )
    assert played.code == 0, played.output
    _published, refused, local, push = (each["result"] for each in played.results)
    assert refused["rc"] == 126
    assert "beta-2.0" in " ".join(refused["errors"])
    for each in (local, push):
        assert (each["stdout"], each["environment_made"]) == ("2.0 1.0", True)
    assert push["timings"]["push"] >= 0
    assert not list((scripts.place / "pushed" / "fetched").iterdir())


def test_a_script_of_the_host_is_run_where_it_is(scripts: Scripts, wheels: dict[str, Wheel]) -> None:
    program = write_program(scripts.place, [wheels["beta-2.0"]], body=f"import beta\n{SHOWS}")
    listed = scripts.place / "listed"
    listed.mkdir()
    (listed / "tool.py").write_text(script_text("beta", body="import beta; print(beta.VERSION)\n"))
    (listed / "tool.py.uv.lock").write_text(lock_text(wheels["beta-2.0"]))
    unlocked = scripts.place / "unlocked.py"
    unlocked.write_text(script_text("beta"))
    ignoring, development = {"ignore_errors": True}, {"environment": {"HERMETIC_VPYTHON_UNLOCKED": "1"}, "ignore_errors": True}
    find: dict[str, Any] = {"find_links": [str(wheels["beta-2.0"].path.parent)]}
    played = scripts.controller.play(
        [
            scripts.task("tool.py", chdir=str(scripts.place), remote_src=True),
            scripts.task(listed / "tool.py", remote_src=True, task=ignoring, index_url=str(scripts.place)),
            scripts.task(listed / "tool.py", remote_src=True, transfer="push", **find),
            scripts.task(unlocked, remote_src=True, task=development),
            scripts.task(scripts.place / "absent.py", remote_src=True, task=ignoring),
            scripts.task(program, remote_src=True, chdir=str(scripts.place / "absent"), task=ignoring),
        ]
    )
    assert played.code == 0, played.output
    there, lacking, listed_one, refused, absent, nowhere = (each["result"] for each in played.results)
    assert json.loads(there["stdout"])["argv"] == [str(program)]
    assert "no package source has a wheel" in lacking["msg"]
    assert listed_one["stdout"] == "2.0"
    assert "is not locked" in refused["msg"]
    assert "absent.py is not on this host" in absent["msg"]
    assert "chdir" in nowhere["msg"]


def test_it_runs_in_the_background_and_for_another_host(scripts: Scripts, wheels: dict[str, Wheel]) -> None:
    program = write_program(scripts.place, [wheels["beta-2.0"]], body="import beta, sys; print(beta.VERSION); sys.exit(int(sys.argv[1]))\n")
    waiting = {"task": {"async": 60, "poll": 1, "ignore_errors": True}}
    started = {"task": {"async": 60, "poll": 0, "register": "job"}}
    status = {"jid": "{{ job.ansible_job_id }}"}
    played = scripts.controller.play(
        [
            scripts.task(program, arguments=["0"], task={"async": 60, "poll": 1}),
            scripts.task(program, arguments=["4"], **waiting),
            scripts.task(program, arguments=["0"], **started),
            {
                "ansible.builtin.async_status": status,
                "register": "state",
                "until": "state.finished",
                "retries": 60,
                "delay": 1,
                "vars": {"ansible_python_interpreter": str(scripts.root / "bin" / "python")},
            },
            scripts.task(program, arguments=["0"], task={"delegate_to": "there"}),
        ],
        hosts={"here": {}},
        ANSIBLE_PYTHON_INTERPRETER=str(scripts.root / "bin" / "python"),
    )
    assert played.code == 0, played.output
    for each in (played.results[0], played.results[-1]):
        assert (each["status"], each["result"]["rc"], each["result"]["stdout"]) == ("ok", 0, "2.0"), each
    assert [each["result"]["rc"] for each in played.results if each["status"] == "failed"] == [4]
    (waited,) = [each["result"] for each in played.results if "async_status" in each["task"] and "rc" in each["result"]]
    assert (waited["rc"], waited["stdout_lines"]) == (0, ["2.0"])


@pytest.mark.root
def test_it_runs_as_the_user_that_the_task_becomes(scripts: Scripts, user_place: Path, wheels: dict[str, Wheel]) -> None:
    program = write_program(scripts.place, [wheels["beta-2.0"]], body="import beta, os; print(os.getuid(), beta.VERSION)\n")
    become = {"become": True, "become_user": "nobody", "become_method": "ansible.builtin.su", "become_flags": "-s /bin/sh"}
    os.chown(user_place, 65534, 65534)
    # Its home is none, so that its environments are made in the directory for temporary files.
    keyword = {"environment": {"TMPDIR": str(user_place), "XDG_CACHE_HOME": ""}}
    repository = scripts.place / "repository"
    played = scripts.controller.play(
        [
            {"hermetic.python.repository": {"path": str(repository), "wheels": [str(wheels["beta-2.0"].path)]}},
            scripts.task(program, repository=str(repository), transfer="push", task={**become, **keyword}),
        ],
        ANSIBLE_REMOTE_TMP="/tmp/.ansible-${USER}/tmp",
        hosts={"here": {"ansible_remote_tmp": str(user_place / "remote")}},
    )
    assert played.code == 0, played.output
    assert played.last["stdout"] == "65534 2.0"
    assert (user_place / "vpython-root_65534").stat().st_uid == 65534


def test_a_bundle_that_cannot_run_scripts_says_what_to_deploy(
    scripts: Scripts, make_root: Callable[[Path, Declared], Root], bundle_archive: Archive
) -> None:
    root = make_root(scripts.place / "root", Declared({"python": bundle_archive}))
    root.converge()
    (root.path / "current" / "bin" / "vpython3").unlink()
    program = write_program(scripts.place)
    for arguments in ((), ("--check",)):
        played = scripts.run(program, *arguments, root=str(root.path))
        assert played.status("here") == "failed"
        assert "vpython3" in played.last["msg"]
        assert "hermetic.python.bundle_build" in played.last["msg"]
    empty = scripts.run(program, root=str(scripts.place / "empty"))
    assert "Nothing is installed" in empty.last["msg"]
