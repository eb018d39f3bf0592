# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subcommands of hermetic-spec with an index that is a directory and a resolver that answers in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.locks import package_sources
from ansible_collections.hermetic.python.plugins.plugin_utils.locks.package_sources import PackageSources
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.command.main import main
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.problem import Problem
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking import locking
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.locking.resolver import Answer, Question
from supply_samples import make_html_index, make_wheel, sha256

LINUX, WINDOWS = "beta-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "beta-1.0-cp311-cp311-win_amd64.whl"
TOML = 'requires-python = "==3.11.*"\ndependencies = ["beta"]\n[tool.hermetic]\nplatforms = ["linux-x86_64", "windows-x86_64"]\n'
Run = Callable[..., tuple[int, str, str]]


class Resolver:
    """Answers with every wheel of the index."""

    name = "resolver"
    universal = True

    def __init__(self, files: Path) -> None:
        self._files = files

    def resolve(self, question: Question, sources: PackageSources) -> Answer:
        wheels = "".join(
            f'  {{url = "{file.as_uri()}", hashes = {{sha256 = "{sha256(file)}"}}}},\n' for file in sorted(self._files.glob("beta-1.0-*"))
        )
        return Answer(f'lock-version = "1.0"\n[[packages]]\nname = "beta"\nversion = "1.0"\nwheels = [\n{wheels}]\n', Path("/elsewhere"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (LINUX, WINDOWS):
        make_wheel(tmp_path / "files", name)
    make_html_index(tmp_path, sorted((tmp_path / "files").iterdir()))
    monkeypatch.setattr(package_sources, "pip_configuration", lambda: {"index-url": (tmp_path / "simple").as_uri()})
    monkeypatch.setattr(locking, "resolver", lambda: Resolver(tmp_path / "files"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".gclient").touch()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def start(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return (code, *capsys.readouterr())

    return start


def rules(text: str) -> list[str]:
    document = json.loads(text)
    problems = document["problems"] if isinstance(document, dict) else document
    return [problem["rule"] for problem in problems]


def test_one_file_is_shown_alone_and_several_by_path(place: Path, run: Run) -> None:
    (place / "vpython.toml").write_text(TOML)
    (place / ".vpython3").write_text('python_version: "3.8"\nverify_pep425_tag: < platform: "win32" >\n')
    document = {"python_version": "3.8", "verify_pep425_tag": [{"platform": "win32"}]}
    assert json.loads(run("show", "--json", ".vpython3")[1]) == document
    both = json.loads(run("show", "--json", ".vpython3", "vpython.toml")[1])
    assert (sorted(both), both[".vpython3"]) == ([".vpython3", "vpython.toml"], document)
    code, out, _err = run("show", ".vpython3", "vpython.toml")
    assert code == 0
    assert "verified for *-*-win32" in out
    assert "  Python ==3.11.*\n  beta\n" in out


def test_what_cannot_be_read_is_said_beside_what_can(place: Path, run: Run) -> None:
    (place / "vpython.toml").write_text(TOML)
    code, out, err = run("show", "--json", "vpython.toml", "gone")
    assert code == 2
    assert list(json.loads(out)) == ["vpython.toml"]
    assert err == "gone: error[unreadable]: No such file or directory\n"


def test_a_program_without_a_specification_has_the_one_that_vpython3_finds(place: Path, run: Run) -> None:
    (place / "tool.py").write_text("print()\n")
    assert run("show", "tool.py")[0] == 2
    (place / "vpython.toml").write_text(TOML)
    assert json.loads(run("show", "--json", "tool.py")[1])["dependencies"] == ["beta"]
    assert json.loads(run("show", "--json", str(place))[1])["dependencies"] == ["beta"]
    assert run("lock", "tool.py")[1].startswith(f"{place}/pylock.vpython-toml.toml: written")
    # What is in the program goes before what is beside it only where the file itself is asked for.
    (place / "tool.py").write_text("# /// script\n# dependencies = ['inside']\n# ///\n")
    (place / "tool.py.vpython3").write_text('python_version: "3.8"\n')
    assert json.loads(run("show", "--json", "tool.py")[1]) == {"dependencies": ["inside"]}
    assert json.loads(run("show", "--json", "--program", "tool.py")[1]) == {"python_version": "3.8"}


def test_what_one_host_gets_is_shown(place: Path, run: Run) -> None:
    (place / ".vpython3").write_text(
        'python_version: "3.11"\nwheel: < name: "infra/python/wheels/beta/${vpython_platform}" version: "version:1.0" >\n'
        'wheel: < name: "infra/python/wheels/a-py3" version: "version:1" match_tag: < platform: "win32" > match_tag: < platform: "linux_x86_64" > >\n'
        'wheel: < name: "infra/python/wheels/a-py3" version: "version:2" match_tag: < platform: "win32" > >\n'
    )
    beta = {"name": "infra/python/wheels/beta/linux-amd64_cp311_cp311", "version": "version:1.0"}
    shown = json.loads(run("show", "--json", "--platform", "linux-x86_64", ".vpython3")[1])
    assert shown == {"host": "linux-x86_64-cp311", "wheel": [{"name": "infra/python/wheels/a-py3", "version": "version:1"}, beta]}
    assert run("show", "--platform", "macos-arm64", ".vpython3")[1] == (
        ".vpython3: macos-arm64-cp311\n  infra/python/wheels/beta/mac-arm64_cp311_cp311 version:1.0\n"
    )
    code, _out, err = run("show", "--platform", "windows-x86", ".vpython3")
    assert code == 2
    assert "windows-x86-cp311 gets infra/python/wheels/a-py3 in several versions: version:1, version:2" in err
    (place / "vpython.toml").write_text('dependencies = ["a", "b; python_version < \'3.10\'", "c; sys_platform == \'win32\'"]\n')
    for python, names in (("3.9", ["a", "b; python_version < '3.10'"]), ("3.12", ["a"])):
        assert (
            json.loads(run("show", "--json", "--platform", "linux-x86_64", "--python", python, "vpython.toml")[1])["dependencies"] == names
        )
    assert run("show", "--platform", "linux-x86_64", "--python", "x", "vpython.toml")[0] == 2


def test_code_and_modules_have_a_specification_too(place: Path, run: Run) -> None:
    assert run("show", "-m", "json.tool")[0] == 2
    (place / ".vpython3").write_text('python_version: "3.8"\n')
    assert json.loads(run("show", "--json", "-m", "json.tool")[1]) == {"python_version": "3.8"}
    assert json.loads(run("show", "--json", "-c", "print()")[1]) == {"python_version": "3.8"}
    assert json.loads(run("show", "--json", "--program", "-")[1]) == {"python_version": "3.8"}
    both = json.loads(run("show", "--json", "-m", "x", "-c", "# /// script\n# dependencies = ['a']\n# ///")[1])
    assert both == {"-c": {"dependencies": ["a"]}, "-m": {"python_version": "3.8"}}


def test_resolved_versions_are_shown(place: Path, run: Run) -> None:
    (place / "a.versions").write_text(f"# auto\n\na/b\n\tversion:1\n\t{'0' * 40}\n\na/c\n  latest\n  {'A' * 44}\n")
    assert json.loads(run("show", "--json", "a.versions")[1]) == [
        {"package": "a/b", "version": "version:1", "instance_id": "0" * 40},
        {"package": "a/c", "version": "latest", "instance_id": "A" * 44},
    ]
    (place / "a.versions").write_text(f"a/b\nv\n{'0' * 40}\n\na/b\nv\n{'1' * 40}\n\na/c\nv\n")
    code, _out, err = run("show", "a.versions")
    assert code == 2
    assert [line.partition(": ")[0] for line in err.splitlines()] == ["a.versions:5", "a.versions:9"]


def test_a_specification_is_locked_checked_linted_and_verified(place: Path, run: Run) -> None:
    (place / "vpython.toml").write_text(TOML)
    assert rules(run("lock", "--check", "--json", "vpython.toml")[1]) == ["lock-missing"]
    code, out, _err = run("lock", "vpython.toml")
    assert (code, out) == (0, "pylock.vpython-toml.toml: written, 1 package for linux-x86_64, windows-x86_64\n")
    assert run("lock", "vpython.toml")[1].startswith("pylock.vpython-toml.toml: unchanged")
    for command in (["lock", "--check"], ["lint"], ["verify"]):
        assert run(*command, "vpython.toml")[0] == 0, command
    (place / "vpython.toml").write_text(f"{TOML}# another text\n")
    assert run("lock", "--check", "vpython.toml")[:2] == (1, f"{place}/pylock.vpython-toml.toml: not current\n")
    assert rules(run("lint", "--json", "vpython.toml")[1]) == ["lock-outdated"]
    assert rules(run("verify", "--json", "vpython.toml")[1]) == ["lock-outdated"]


def test_wheels_that_changed_or_are_gone_are_found(place: Path, run: Run) -> None:
    (place / "vpython.toml").write_text(TOML)
    assert run("lock", "vpython.toml")[0] == 0
    file = place.parent / "files" / WINDOWS
    file.write_bytes(file.read_bytes() + b" ")
    make_html_index(place.parent, [place.parent / "files" / LINUX, file])
    assert rules(run("verify", "--json", "vpython.toml")[1]) == ["wheel-changed"]
    shutil.rmtree(place.parent / "simple")
    make_html_index(place.parent, [place.parent / "files" / LINUX])
    code, out, err = run("verify", "vpython.toml")
    assert (code, out) == (1, "vpython.toml: 1 problem, 2 wheels for linux-x86_64, windows-x86_64\n")
    assert f"{WINDOWS} is neither in the repository nor in an index (for windows-x86_64-cp311)" in err


def test_without_a_lock_the_requirements_are_looked_up(place: Path, run: Run) -> None:
    (place / ".vpython3").write_text(
        'python_version: "3.11"\nwheel: < name: "infra/python/wheels/beta/${vpython_platform}" version: "version:1.0" >\n'
        'verify_pep425_tag: < platform: "win_amd64" > verify_pep425_tag: < platform: "linux_arm64" >\n'
    )
    code, _out, err = run("verify", ".vpython3")
    assert code == 1
    assert "no wheel of beta==1.0 for linux-aarch64-cp311" in err
    assert "windows" not in err


def test_a_platform_without_bundles_is_not_passed_over(place: Path, run: Run) -> None:
    (place / ".vpython3").write_text(
        'python_version: "3.11"\nverify_pep425_tag: < platform: "linux_armv6l" > verify_pep425_tag: < platform: "win32" >\n'
    )
    code, _out, err = run("verify", ".vpython3")
    assert code == 1
    assert "warning[platform-unsupported]: *-*-linux_armv6l is a platform that no bundle exists for; it was not verified" in err


def test_a_platform_that_nobody_named_is_not_passed_over(place: Path, run: Run) -> None:
    (place / "vpython.toml").write_text(TOML.partition("[tool")[0])
    assert run("lock", "vpython.toml")[0] == 0
    assert run("lock", "--check", "vpython.toml")[0] == 0
    code, _out, err = run("verify", "vpython.toml")
    assert code == 1
    assert err.count("error[wheel-missing]") == 7
    assert run("verify", "--platform", "linux-x86_64", "vpython.toml")[0] == 0


def test_names_and_versions_that_the_index_does_not_have(place: Path, run: Run) -> None:
    (place / "vpython.toml").write_text('requires-python = "==3.11.*"\ndependencies = ["beta>2", "gamma"]\n')
    (place / ".vpython3").write_text(
        'python_version: "3.11"\nwheel: < name: "infra/python/wheels/beta-py3" version: "version:3.0" >\n'
        'wheel: < name: "infra/python/wheels/gamma-py3" version: "version:3.0" >\n'
    )
    for name in ("vpython.toml", ".vpython3"):
        assert [rule for rule in rules(run("lint", "--json", name)[1]) if rule != "lock-missing"] == ["version-unknown", "name-unknown"]
        assert run("lint", "--offline", name)[0] == 0


def test_a_package_that_has_only_its_source_is_found(place: Path, run: Run) -> None:
    page = place.parent / "simple" / "delta"
    page.mkdir()
    (page / "index.html").write_text('<a href="../../files/delta-1.0.tar.gz">delta-1.0.tar.gz</a>')
    (place / "vpython.toml").write_text('requires-python = "==3.11.*"\ndependencies = ["delta"]\n')
    assert rules(run("lint", "--json", "vpython.toml")[1]) == ["no-wheel", "lock-missing"]


def test_locks_of_others_are_found_by_lint(place: Path, run: Run) -> None:
    (place / "vpython.toml").write_text(TOML)
    lock = place / "pylock.vpython-toml.toml"
    for text, rule in (("not TOML [", "lock-invalid"), ('lock-version = "1.0"\ncreated-by = "x"\npackages = []\n', "lock-foreign")):
        lock.write_text(text)
        assert rules(run("lint", "--json", "--offline", "vpython.toml")[1])[0] == rule
    code, _out, err = run("lock", "vpython.toml")
    assert code == 1
    assert "is left as it is: another tool made it" in err
    assert run("lock", "--force", "vpython.toml")[0] == 0


def test_a_conversion_is_printed_or_written(place: Path, run: Run) -> None:
    (place / "a.py.vpython3").write_text(
        'python_version: "3.11"\nwheel: < name: "infra/python/wheels/beta-py3" version: "version:1.0.x.2" >\n'
    )
    code, out, err = run("convert", "--to", "requirements", "a.py.vpython3")
    assert (code, out) == (0, "beta==1.0\n")
    assert "the build 'x.2' for CIPD is left out" in err
    assert "a list of requirements does not say that requires-python is ==3.11.*" in err
    (place / "set.toml").write_text('dependencies = ["beta"]\n[tool.hermetic]\nplatforms = ["linux-x86_64"]\n')
    assert "a list of requirements has no settings: [tool.hermetic]" in run("convert", "--to", "requirements", "set.toml")[2]
    assert "a list of requirements" not in run("convert", "set.toml")[2]
    assert run("convert", "--to", "requirements", "--local-versions", "a.py.vpython3")[1] == "beta==1.0+x.2\n"
    assert run("convert", "a.py.vpython3", "-o", "vpython.toml")[0] == 0
    assert json.loads(run("show", "--json", "vpython.toml")[1]) == {"requires-python": "==3.11.*", "dependencies": ["beta==1.0"]}
    assert run("convert", "a.py.vpython3", "-o", "vpython.toml")[0] == 1
    assert run("convert", "a.py.vpython3", "-o", "vpython.toml", "--force")[0] == 0
    assert run("convert", "--to", "pep723", "vpython.toml")[1].startswith("# /// script\n# requires-python")
    assert 'name = "beta"' in run("convert", "--to", "pylock.toml", "vpython.toml", "--platform", "linux-x86_64")[1]
    assert run("convert", "a.py.vpython3", "vpython.toml", "-o", "x")[0] == 2
    _code, out, _err = run("convert", "a.py.vpython3", "vpython.toml")
    assert out.count("# ") == 2
    assert len(json.loads(run("convert", "--json", "a.py.vpython3", "vpython.toml")[1])) == 2


def test_what_cannot_be_converted_is_a_finding_and_is_not_written(place: Path, run: Run) -> None:
    (place / ".vpython3").write_text('wheel: < name: "infra/python/wheels/beta-py3" version: "version:x" >\n')
    code, _out, err = run("convert", ".vpython3", "-o", "vpython.toml")
    assert code == 1
    assert ".vpython3:1:1: error[version-invalid]" in err
    assert not (place / "vpython.toml").exists()


@pytest.mark.parametrize("arguments", [[], ["show"], ["nothing"], ["lock"], ["lint", "--platform", "x"]])
def test_wrong_usage_ends_with_2(place: Path, arguments: list[str]) -> None:
    try:
        code: Any = main(arguments)
    except SystemExit as error:
        code = error.code
    assert code == 2


def test_a_problem_is_one_line_whatever_is_in_it() -> None:
    problem = Problem("rule", "one\x1b[2Jtwo", "warning", 3, 0, "a" * 200, "pa\nth")
    assert str(problem) == f"pa\\nth:3: warning[rule]: {'a' * 80}…: one\\x1b[2Jtwo"
    assert problem.as_json() == {
        "path": "pa\nth",
        "rule": "rule",
        "severity": "warning",
        "message": "one\x1b[2Jtwo",
        "line": 3,
        "field": "a" * 200,
    }
