# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds a run has no say in which Python it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hermetic_roots import PYTHONS, program
from roots import Archive, Declared, Root, output, snapshot
from wheelhouse import Wheel

# Says what the interpreter is, and ends badly when anything hostile ran before.
ABOUT = (
    "import sys, json, os, colorsys; json.dump({'prefix': sys.prefix, 'base': sys.base_prefix, 'path': sys.path, 'json': json.__file__, "
    "'executable': sys.executable, 'optimised': sys.flags.optimize}, sys.stdout)"
)


@pytest.fixture(scope="module")
def root(root_with_one: Callable[[], Root]) -> Root:
    return root_with_one()


class Hostile:
    """A directory full of modules that tell when they are imported."""

    def __init__(self, base: Path, short: str) -> None:
        self.modules = base / "modules"
        self.home = base / "home"
        self.marks = base / "marks"
        site = self.home / ".local" / "lib" / f"python{short}" / "site-packages"
        for directory in (self.modules / "encodings", self.modules / "lib" / f"python{short}", site, self.marks):
            directory.mkdir(parents=True)
        tell = f"import os\nos.close(os.open({str(self.marks)!r} + '/{{}}', os.O_CREAT))\n"
        for name in (
            "json",
            "os",
            "colorsys",
            "sitecustomize",
            "usercustomize",
            "encodings/__init__",
            "startup",
            "alpha",
            "site",
            "timeit",
        ):
            (self.modules / f"{name}.py").write_text(tell.format(name.replace("/", "_")))
        (site / "usercustomize.py").write_text(tell.format("user"))
        (site / "colorsys.py").write_text(tell.format("user_module"))
        (site / "evil.pth").write_text(f"import os; os.close(os.open({str(self.marks)!r} + '/user_pth', os.O_CREAT))\n")

    def did(self) -> list[str]:
        """Return which of the modules ran."""
        return sorted(os.listdir(self.marks))


@pytest.fixture
def hostile(root: Root, tmp_path: Path) -> Hostile:
    return Hostile(tmp_path, ".".join(root.engine.bootstrap.name.removeprefix("python").split(".")[:2]))


def require_own(root: Root, of: str | None, told: dict[str, Any], *, script: Path | None = None) -> None:
    """Hold what an interpreter says of itself against where it was installed."""
    bundle = str(root.bundle())
    assert told["prefix"] == (str(root.environment(of)) if of else bundle)
    assert told["base"] == bundle
    assert told["json"].startswith(f"{bundle}/lib/")
    allowed = (bundle, str(root.environment(of)) if of else bundle)
    assert [path for path in told["path"] if not path.startswith(allowed)] == ([str(script.parent)] if script else [])


VARIABLES = {
    "PYTHONPATH": "{modules}",
    "PYTHONHOME": "{modules}",
    "PYTHONSTARTUP": "{modules}/startup.py",
    "PYTHONUSERBASE": "{home}/.local",
    "PYTHONEXECUTABLE": "{modules}/python",
    "__PYVENV_LAUNCHER__": "{modules}/python",
    "PYTHONPLATLIBDIR": "hostile",
    "PYTHONINSPECT": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": "{modules}",
}


def environment_of(hostile: Hostile, names: list[str]) -> dict[str, str]:
    given = {name: VARIABLES[name].format(modules=hostile.modules, home=hostile.home) for name in names}
    return {**os.environ, **given, "HOME": str(hostile.home)}


@pytest.mark.parametrize("of", PYTHONS)
@pytest.mark.parametrize(
    "names", [[name] for name in VARIABLES] + [[]] + [list(VARIABLES)], ids=lambda names: "+".join(names[:2]) or "HOME"
)
def test_no_variable_has_an_effect(root: Root, hostile: Hostile, names: list[str], of: str | None) -> None:
    told = json.loads(output([program(root, of), "-c", ABOUT], env=environment_of(hostile, names), stdin=subprocess.DEVNULL))
    require_own(root, of, told)
    assert told["optimised"] == 0
    assert hostile.did() == []
    assert sorted(path.name for path in hostile.modules.glob("**/__pycache__")) == []


@pytest.mark.parametrize("of", PYTHONS)
@pytest.mark.parametrize("way", ["-c", "-m", "stdin", "dash", "script", "interactive"])
def test_the_current_directory_has_no_effect(root: Root, hostile: Hostile, way: str, of: str | None, tmp_path: Path) -> None:
    python = program(root, of)
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(ABOUT)
    settings: dict[str, Any] = {"cwd": hostile.modules, "env": environment_of(hostile, list(VARIABLES))}
    if way == "-m":
        assert "usec" in output([python, "-m", "timeit", "-n", "1", "-r", "1", "-u", "usec", "pass"], **settings)
        assert hostile.did() == []
        return
    command = {"-c": [python, "-c", ABOUT], "script": [python, str(script)], "dash": [python, "-"], "interactive": [python, "-i", "-q"]}
    given = {"stdin": ABOUT, "dash": ABOUT, "interactive": f"{ABOUT}\n"}.get(way, "")
    told = output(command.get(way, [python]), input=given, **settings)
    require_own(root, of, json.loads(told), script=script if way == "script" else None)
    assert hostile.did() == []


@pytest.mark.parametrize("started_as", ["bare name", "relative path", "link from elsewhere", "versioned name"])
def test_the_prefix_is_the_versioned_tree_however_it_is_started(root: Root, started_as: str, tmp_path: Path) -> None:
    base = root.path / "bin"
    link = tmp_path / "my-python"
    link.symlink_to(base / "python")
    short = ".".join(root.engine.bootstrap.name.removeprefix("python").split(".")[:2])
    command, settings = {
        "bare name": ("python", {"env": {**os.environ, "PATH": f"{base}:{os.environ['PATH']}"}}),
        "relative path": ("bin/python", {"cwd": root.path}),
        "link from elsewhere": (str(link), {}),
        "versioned name": (str(base / f"python{short}"), {}),
    }[started_as]
    # A shell looks a bare name up; so does env, and it passes the bare name on.
    require_own(root, None, json.loads(output(["env", command, "-c", ABOUT], **settings)))  # type: ignore[arg-type]


def test_a_process_that_runs_keeps_its_trees_when_the_host_moves_on(
    make_root: Callable[[Path, Declared], Root],
    bundle_archive: Archive,
    later_bundle_archive: Archive,
    wheels: dict[str, Wheel],
    tmp_path: Path,
) -> None:
    made = make_root(tmp_path / "root", Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"]]}))
    made.converge(options={"keep_generations": 1})
    bundle, environment = made.bundle(), made.environment("one")
    wait = "import sys\nprint('ready', flush=True)\nsys.stdin.readline()\nimport smtplib, xml.dom.minidom\n{}print(sys.prefix)\n"
    runs = [
        _waiting(program(made, None), wait.format("")),
        _waiting(program(made, "one"), wait.format("import alpha.deep.module\n")),
    ]
    made.converge(Declared({"python": later_bundle_archive}, {"one": [wheels["gamma-1.0"]]}), options={"keep_generations": 1})
    assert made.bundle() != bundle
    told = [run.communicate("\n", timeout=60)[0].strip() for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert told == [str(bundle), str(environment)]
    assert made.converge(options={"keep_generations": 1})["plan"] == [
        {"action": "prune", "subject": "store", "reason": "generations, trees or artifacts are needed by nothing"}
    ]
    assert not bundle.exists()
    assert not environment.exists()
    assert made.drift("deep") == []


def _waiting(python: str, code: str) -> subprocess.Popen[str]:
    run = subprocess.Popen([python, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    return run


def test_an_environment_holds_its_lock_and_nothing_else(root: Root) -> None:
    code = "import importlib.metadata as m, json; print(json.dumps(sorted(d.metadata['Name'] for d in m.distributions())))"
    assert json.loads(root.python("-c", code, of="one")) == ["alpha", "beta"]
    assert json.loads(root.python("-c", code)) == []
    find = "import importlib.util as u; print([n for n in ('pip', 'setuptools', 'installer', 'engine') if u.find_spec(n)])"
    assert root.python("-c", find, of="one") == "[]\n"
    assert root.python("-c", find) == "[]\n"


def test_every_file_of_a_package_is_in_its_record(root: Root) -> None:
    code = (
        "import importlib.metadata as m, json, os; print(json.dumps({d.metadata['Name']: sorted(os.path.realpath(f.locate()) for f in d.files) "
        "for d in m.distributions()}))"
    )
    told = json.loads(root.python("-c", code, of="one"))
    environment = root.environment("one")
    expected = {
        str(path) for path in environment.rglob("*") if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    }
    assert {path for paths in told.values() for path in paths} == expected - {str(environment / "pyvenv.cfg")}
    assert all(os.path.exists(path) for paths in told.values() for path in paths)


def test_packages_of_the_bundle_are_seen_only_where_that_is_declared(
    make_root: Callable[[Path, Declared], Root], later_bundle_archive: Archive, wheels: dict[str, Wheel], tmp_path: Path
) -> None:
    declared = Declared(
        {"python": later_bundle_archive},
        {"closed": [wheels["gamma-1.0"]], "open": [wheels["gamma-1.0"]], "bare": []},
        system_site_packages=frozenset({"open"}),
    )
    made = make_root(tmp_path / "root", declared)
    made.converge()
    find = "import importlib.util as u; print(bool(u.find_spec('delta')), bool(u.find_spec('gamma')))"
    assert made.python("-c", find) == "True False\n"
    assert {name: made.python("-c", find, of=name) for name in declared.virtualenvs} == {
        "closed": "False True\n",
        "open": "True True\n",
        "bare": "False False\n",
    }
    assert made.drift("deep") == []


@pytest.mark.parametrize("kind", ["blanks", "long", "quotes"])
def test_scripts_start_wherever_the_root_lies(
    make_root: Callable[[Path, Declared], Root],
    bundle_archive: Archive,
    wheels: dict[str, Wheel],
    tmp_path: Path,
    hostile: Hostile,
    kind: str,
) -> None:
    place = {
        "blanks": tmp_path / "a root  with blanks",
        "long": tmp_path / ("x" * 100) / ("y" * 60),
        "quotes": tmp_path / 'it\'s $HOME "é"',
    }[kind]
    made = make_root(place, Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"]]}))
    made.converge()
    if kind == "long":
        assert len(str(made.environment("one") / "bin/python")) > 127
    for base in (made.path / "envs/one/bin", made.environment("one") / "bin"):
        for script, word in (("alpha", "alpha"), ("alpha-script", "script")):
            for cwd in ("/", str(hostile.modules), str(made.path)):
                told = output([str(base / script)], cwd=cwd, env=environment_of(hostile, list(VARIABLES)))
                assert told == f"{word} {made.environment('one')}\n"
    assert hostile.did() == []
    assert made.drift("deep") == []


@pytest.mark.network
@pytest.mark.slow
def test_real_packages_work_and_stay_as_they_are(
    make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, real_wheels: list[Wheel], tmp_path: Path
) -> None:
    made = make_root(tmp_path / "root", Declared({"python": bundle_archive}, {"real": real_wheels, "same": real_wheels[:3]}))
    made.converge()
    before = snapshot(made.path)
    code = (
        "import yaml, requests, click, markupsafe, jinja2, cryptography.hazmat.bindings._rust as r, cryptography.fernet as f;"
        "k = f.Fernet.generate_key(); t = f.Fernet(k).encrypt(b'x'); assert f.Fernet(k).decrypt(t) == b'x';"
        "assert yaml.__with_libyaml__; print(jinja2.Template('{{ 6 * 7 }}').render(), yaml.safe_load('a: [1]'))"
    )
    assert made.python("-c", code, of="real") == "42 {'a': [1]}\n"
    assert (
        output([sys.executable, "-m", "pip", "--python", str(made.environment("real") / "bin/python"), "check"])
        == "No broken requirements found.\n"
    )
    assert snapshot(made.path) == before
    assert made.drift("deep") == []
    assert made.converge()["changed"] is False
