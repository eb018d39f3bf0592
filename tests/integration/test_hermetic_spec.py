# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command hermetic-spec as people and jobs run it: real processes, a real resolver and an index that is served."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.lock_file import read_lock
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.pylock import select_from_pylock
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import PLATFORMS, Target
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.command.main import main
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking import resolver
from repository_samples import publish
from spec_places import COMMAND, WHEELS, Place
from supply_samples import served, sha256

SCRIPT = """#!/usr/bin/env vpython3
# /// script
# requires-python = ">=3.11,<3.12"
# dependencies = ["alpha"]
# [tool.hermetic]
# platforms = ["linux-x86_64", "windows-x86_64"]
# ///
"""
PROTO = """python_version: "3.11"
wheel: <
  name: "infra/python/wheels/beta/${vpython_platform}"
  version: "version:1.0.chromium.3"
  match_tag: < platform: "manylinux_2_17_x86_64" >
>
wheel: < name: "infra/python/wheels/alpha-py3" version: "version:2.0" not_match_tag: < platform: "win32" > >
verify_pep425_tag: < platform: "linux_x86_64" >
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "index" / "files").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    # Nothing above the directory is a specification of these tests.
    (tmp_path / "work" / ".gclient").touch()
    with served(tmp_path / "index") as server:
        place = Place(tmp_path / "work", server, tmp_path / "index")
        place.publish(WHEELS)
        yield place


def target(platform: str) -> Target:
    return Target.of_any_system(PLATFORMS[platform], version="3.11.4", abi="cp311")


def test_a_program_is_locked_once_and_its_lock_is_what_hosts_select_from(place: Place) -> None:
    program = place.write("tool.py", SCRIPT)
    assert place.run("lock", "--check", "tool.py").code == 1
    done = place.run("lock", "tool.py")
    assert (done.code, done.out, done.err) == (0, "pylock.tool-py.toml: written, 2 packages for linux-x86_64, windows-x86_64\n", "")
    path = place.directory / "pylock.tool-py.toml"
    lock = read_lock(path)
    for platform, wheel in (("linux-x86_64", "manylinux_2_17_x86_64"), ("windows-x86_64", "win_amd64")):
        wheels, problems = select_from_pylock(lock.pylock, target(platform), directory=path.parent)
        assert problems == []
        assert [each.filename for each in wheels] == ["alpha-2.0-py3-none-any.whl", f"beta-1.0-cp311-cp311-{wheel}.whl"]
        assert [each.sha256 for each in wheels] == [sha256(place.root / "files" / each.filename) for each in wheels]
    # Of a Python that the specification excludes, nothing is kept.
    assert "cp312" not in path.read_text()
    before = path.stat()
    assert place.run("lock", "tool.py").out.startswith("pylock.tool-py.toml: unchanged")
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert place.run("lock", "--check", "tool.py").code == 0
    assert place.run("verify", "tool.py").code == 0
    assert place.run("lint", "tool.py").code == 0
    program.write_text(SCRIPT.replace('"alpha"', '"alpha<2"'))
    assert place.run("lock", "--check", "tool.py").code == 1
    assert "lock-outdated" in place.run("lint", "tool.py").err
    assert place.run("lock", "tool.py").code == 0
    assert [package["version"] for package in tomllib.loads(path.read_text())["packages"]] == ["1.0"]


def test_a_lock_keeps_its_versions_until_an_upgrade(place: Place) -> None:
    place.write("tool.py", SCRIPT)
    assert place.run("lock", "tool.py").code == 0
    place.publish({"alpha-3.0-py3-none-any.whl": ()})
    assert place.run("lock", "tool.py").out.startswith("pylock.tool-py.toml: unchanged")
    assert place.run("lock", "--upgrade", "tool.py").out == "pylock.tool-py.toml: written, 1 package for linux-x86_64, windows-x86_64\n"


def test_checking_a_lock_needs_no_network(place: Place) -> None:
    place.write("tool.py", SCRIPT)
    assert place.run("lock", "tool.py").code == 0
    asked = len(place.server.asked)
    place.environment["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"
    assert place.run("lock", "--check", "tool.py").code == 0
    assert place.run("lint", "--offline", "tool.py").code == 0
    assert len(place.server.asked) == asked


def test_a_list_of_wheels_is_locked_as_it_is_listed(place: Place) -> None:
    place.write(".vpython3", PROTO)
    assert place.run("lint", ".vpython3").code == 0
    done = place.run("lock", "--json", ".vpython3")
    assert (done.code, done.document["locks"][0]["packages"], done.document["locks"][0]["platforms"]) == (0, 2, ["linux-x86_64"])
    assert place.run("lock", "--check", ".vpython3").code == 0
    assert place.run("verify", ".vpython3").code == 0
    # alpha 2.0 requires beta, which a list without it does not install.
    place.write("alone.py.vpython3", 'wheel: < name: "infra/python/wheels/alpha-py3" version: "version:2.0" >\npython_version: "3.11"\n')
    assert place.run("lock", "--json", "alone.py.vpython3").document["locks"][0]["packages"] == 1


def test_a_platform_without_a_wheel_stops_the_lock(place: Place) -> None:
    place.write("tool.py", SCRIPT.replace("windows-x86_64", "macos-arm64"))
    done = place.run("lock", "tool.py")
    assert done.code == 1
    assert "no wheel of beta 1.0 for macos-arm64-cp311; there is: cp311-cp311-" in done.err
    assert not (place.directory / "pylock.tool-py.toml").exists()


def test_what_cannot_be_resolved_is_said_in_the_words_of_the_resolver(place: Place) -> None:
    place.write("tool.py", SCRIPT.replace('"alpha"', '"alpha==9"'))
    done = place.run("lock", "tool.py")
    assert done.code == 1
    assert "alpha==9" in done.err


def test_several_files_are_locked_and_all_problems_are_shown(place: Place) -> None:
    place.write("tool.py", SCRIPT)
    place.write("bad.toml", "dependencies = [\n 'a b c' ]\nrequires-python = 1\n")
    place.write("other.toml", 'requires-python = "==3.11.*"\ndependencies = ["gamma"]\n')
    done = place.run("lock", "tool.py", "bad.toml", "other.toml", "gone.toml")
    assert done.code == 2
    assert "pylock.tool-py.toml: written" in done.out
    for words in (
        "bad.toml:2:2: error[requirement-invalid]",
        "bad.toml:3:1: error[requires-python-invalid]",
        "gamma",
        "gone.toml: error[unreadable]",
    ):
        assert words in done.err


@pytest.mark.parametrize("command", ["verify", "lock --check"])
def test_nothing_is_verified_in_silence(place: Place, command: str) -> None:
    place.write("vpython.toml", 'requires-python = "==3.11.*"\ndependencies = ["alpha==1.0"]\n')
    done = place.run(*command.split(), "vpython.toml")
    assert done.code == 1
    assert "lock-missing" in done.err


def test_all_platforms_are_verified_where_none_is_named(place: Place) -> None:
    place.write("vpython.toml", 'requires-python = "==3.11.*"\ndependencies = ["beta"]\n')
    assert place.run("lock", "vpython.toml").code == 0
    done = place.run("verify", "vpython.toml")
    assert done.code == 1
    assert {name for name in PLATFORMS if f"for {name}-cp311" in done.err} == set(PLATFORMS) - {"linux-x86_64", "windows-x86_64"}
    assert place.run("verify", "--platform", "linux-x86_64", "--platform", "windows-x86_64", "vpython.toml").code == 0


def test_a_wheel_that_changed_or_is_gone_is_found(place: Place) -> None:
    place.write("tool.py", SCRIPT)
    assert place.run("lock", "tool.py").code == 0
    name = "beta-1.0-cp311-cp311-win_amd64.whl"
    place.publish({name: ()}, salt="another build")
    done = place.run("verify", "--json", "tool.py")
    assert done.code == 1
    assert [(problem["rule"], name in problem["message"]) for problem in done.document["problems"]] == [("wheel-changed", True)]
    (place.root / "files" / name).unlink()
    place.publish({})
    done = place.run("verify", "--json", "--cache", str(place.directory / "cache"), "tool.py")
    assert [(problem["rule"], "windows-x86_64" in problem["message"]) for problem in done.document["problems"]] == [("wheel-missing", True)]


def test_an_index_that_does_not_answer_is_no_pass(place: Place) -> None:
    place.write("tool.py", SCRIPT)
    assert place.run("lock", "tool.py").code == 0
    place.environment |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    done = place.run("verify", "tool.py")
    assert done.code == 1
    assert "source-unreadable" in done.err


def test_wheels_of_a_repository_need_no_index(place: Place, tmp_path: Path) -> None:
    publish(tmp_path)
    wheels = tmp_path / "build"
    place.write("vpython.toml", 'requires-python = ">=3.12"\ndependencies = ["pkg"]\n')
    assert place.run("lock", "--find-links", str(wheels), "vpython.toml").code == 0
    repository = str(tmp_path / "repository")
    done = place.run("verify", "--no-index", "--json", "--repository", repository, "vpython.toml")
    assert (done.code, done.document["verified"][0]["platforms"], done.document["verified"][0]["wheels"]) == (
        0,
        ["linux-x86_64", "windows-x86_64"],
        1,
    )
    stored = next((tmp_path / "repository" / "wheels").glob("*/*.whl"))
    stored.chmod(0o644)
    stored.unlink()
    assert place.run("verify", "--no-index", "--repository", repository, "vpython.toml").code == 1


def test_a_list_without_a_lock_is_verified_after_conversion(place: Place) -> None:
    place.write(".vpython3", PROTO.replace("version:2.0", "version:2.5"))
    done = place.run("verify", "--json", ".vpython3")
    assert done.code == 1
    assert {problem["rule"] for problem in done.document["problems"]} == {"lock-missing", "wheel-missing"}
    assert "no wheel of alpha==2.5 for linux-x86_64-cp311" in done.out


def test_names_and_versions_are_looked_up_in_the_index(place: Place) -> None:
    place.write("tool.py", SCRIPT.replace('"alpha"', '"alpha==7", "alhpa"'))
    done = place.run("lint", "--json", "tool.py")
    assert done.code == 1
    assert [problem["rule"] for problem in done.document if problem["severity"] == "error"] == ["version-unknown", "name-unknown"]
    assert place.run("lint", "--offline", "tool.py").code == 0


def test_conversion_prints_or_writes_and_reports(place: Place) -> None:
    place.write(".vpython3", PROTO)
    done = place.run("convert", "--to", "requirements", ".vpython3")
    assert done.code == 0
    assert done.out == (
        'beta==1.0; sys_platform == "linux" and platform_machine == "x86_64"\n'
        'alpha==2.0; sys_platform != "win32" or platform_machine != "x86"\n'
    )
    assert "the build 'chromium.3' for CIPD is left out" in done.err
    assert place.run("convert", ".vpython3", "--output", "vpython.toml").code == 0
    assert place.run("lint", "--offline", "vpython.toml").code == 0
    shown = place.run("show", "--json", "vpython.toml").document
    assert shown["requires-python"] == "==3.11.*"
    assert shown["tool"] == {"hermetic": {"platforms": ["linux-x86_64"]}}
    assert "exists and is left as it is" in place.run("convert", ".vpython3", "--output", "vpython.toml").err
    block = place.run("convert", "--to", "pep723", ".vpython3").out
    place.write("tool.py", f"{block}\nprint()\n")
    assert place.run("show", "--json", "tool.py").document == shown
    lock = place.run("convert", "--to", "pylock.toml", ".vpython3").out
    assert [package["name"] for package in tomllib.loads(lock)["packages"]] == ["alpha", "beta"]
    document = place.run("convert", "--json", ".vpython3").document
    assert {change["kind"] for change in document["changes"]} >= {"build", "tag", "dependencies"}


def test_a_program_is_shown_with_what_vpython3_finds_for_it(place: Place) -> None:
    place.write("tool.py", "print()\n")
    assert place.run("show", "tool.py").code == 2
    place.write(".vpython3", 'python_version: "3.11"\n')
    assert place.run("show", "--program", "--json", "tool.py").document == {"python_version": "3.11"}
    assert place.run("show", "--json", "-c", "# /// script\n# dependencies = ['a']\n# ///\n").document == {"dependencies": ["a"]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["show"], 2),
        (["other"], 2),
        (["lint"], 2),
        (["show", "gone"], 2),
        (["lock", "--platform", "atari", "x"], 2),
        (["--help"], 0),
    ],
)
def test_wrong_usage_ends_with_2(place: Place, arguments: list[str], code: int) -> None:
    assert place.run(*arguments).code == code


def test_passwords_reach_the_index_and_nothing_else(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = place.write("tool.py", SCRIPT)
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIP_INDEX_URL", f"{place.server.url.replace('://', '://me:s3cr3t@')}/simple")
    started: list[Any] = []
    run = subprocess.run

    def watched(command: Any, **more: Any) -> Any:
        started.append(command)
        return run(command, **more)

    monkeypatch.setattr(subprocess, "run", watched)
    assert main(["lock", str(program)]) == 0
    assert started
    assert not any("s3cr3t" in word for command in started for word in command)
    assert any(login == "Basic bWU6czNjcjN0" for _path, login in place.server.asked)
    assert "s3cr3t" not in (place.directory / "pylock.tool-py.toml").read_text()
    program.write_text(SCRIPT.replace('"alpha"', '"alpha==9"'))
    assert main(["lock", str(program)]) == 1
    captured = capfd.readouterr()
    assert "s3cr3t" not in captured.out + captured.err


def test_pip_locks_for_this_machine_where_there_is_no_uv(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.hermetic.python.plugins.plugin_utils.locks.package_sources import PackageSources

    place.publish({"here-1.0-py3-none-any.whl": ()})
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    sources = PackageSources(configured_urls=(f"{place.server.url}/simple",), trusted_hosts=("127.0.0.1",))
    answer = resolver.PipLock().resolve(resolver.Question(("here",), "3.11", False), sources)
    assert [package["name"] for package in tomllib.loads(answer.text)["packages"]] == ["here"]


def test_a_library_that_is_missing_is_named(place: Place) -> None:
    place.write(".vpython3", PROTO)
    program = "import runpy, sys\nsys.modules['google.protobuf'] = None\nsys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-c", program, str(COMMAND), "show", ".vpython3"]
    done = subprocess.run(command, cwd=place.directory, env=place.variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("hermetic-spec cannot use the Python packages of the controller")
    assert "requirements.txt" in done.stderr


def test_protobuf_is_loaded_only_where_a_text_proto_is_read(place: Place) -> None:
    place.write("tool.py", SCRIPT)
    place.write(".vpython3", PROTO)
    program = "import runpy, sys\nsys.argv = sys.argv[1:]\ntry:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
    program += "finally:\n    sys.stderr.write(str('google.protobuf' in sys.modules))"
    for file, loaded in (("tool.py", "False"), (".vpython3", "True")):
        command = [sys.executable, "-c", program, str(COMMAND), "show", file]
        done = subprocess.run(command, cwd=place.directory, env=place.variables, capture_output=True, text=True, check=False)
        assert done.stderr == loaded
