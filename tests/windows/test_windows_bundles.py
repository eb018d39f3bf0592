# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles for Windows, executed: nothing of the host reaches them or the environments on them, and they leave nothing behind."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import ArchiveSource, BuildRequest, build
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.search_landmarks import plant
from ansible_collections.hermetic.python.plugins.plugin_utils.net.local_file import sha256_of
from engine_hosts import WindowsRoot, equip, unpack
from fleet_bundles import FleetBundles
from roots import Archive, Declared
from wheelhouse import Wheel
from windows_host import WindowsHost

ASKED = re.compile(r'L"((?:\\\\\?\?\\\\)?[cC]:[^"]*)"')
EVIL = "C:\\evil"
NAMES = ("json", "os", "re", "encodings", "site", "sitecustomize", "usercustomize", "struct")
TOLD = "import json, re, site, struct, sys; print(json.dumps([sys.path, sys.prefix, sys.base_prefix, site.ENABLE_USER_SITE]))"
KEYS = tuple(f"{hive}\\Software\\Python\\PythonCore\\{{short}}" for hive in ("HKCU", "HKLM"))


@dataclass
class Subject:
    """A host with a bundle of one version, an environment on it, and everything that could mislead them."""

    root: WindowsRoot
    short: str

    @property
    def pythons(self) -> dict[str, str]:
        """Return every way to start the Python of the system and of the environment."""
        base = self.root.root
        versioned = self.root.there(self.root.bundle())
        return {
            "system": f"{base}\\bin\\python.exe",
            "windowless": f"{base}\\bin\\python3.exe",
            "versioned": f"{versioned}\\bin\\python.exe",
            "environment": f"{base}\\envs\\web\\Scripts\\python.exe",
            "versioned environment": f"{self.root.there(self.root.environment('web'))}\\Scripts\\python.exe",
        }

    def registry(self) -> str:
        """Return all that the registry knows of Pythons."""
        told = [self.root.host.run(["reg", "query", f"{hive}\\Software\\Python", "/s"]).text for hive in ("HKCU", "HKLM")]
        return "\n".join(told)


@pytest.fixture(scope="module", params=["3.12.0", "3.9.0"])
def subject(
    request: pytest.FixtureRequest, new_windows_host: Callable[..., WindowsHost], bundles: FleetBundles, wheels: dict[str, Wheel]
) -> Subject:
    """Return a host that is set up against its Python."""
    host = new_windows_host("bundles")
    archive = bundles.windows(f"{request.param}+1", version=request.param)
    root = WindowsRoot(host, equip(host, archive), Declared({"python": archive}, {"web": [wheels["alpha-1.0"], wheels["gamma-1.0"]]}))
    short = ".".join(request.param.split(".")[:2])
    made = Subject(root, short)
    before = made.registry()
    root.converge()
    root.drift("deep")
    assert made.registry() == before, "the engine wrote to the registry"
    _lay_traps(host, short)
    return made


def _lay_traps(host: WindowsHost, short: str) -> None:
    user_site = next(host.path("C:\\users").glob("*/AppData")) / "Roaming" / "Python" / f"Python{short.replace('.', '')}" / "site-packages"
    for place in (host.path(EVIL), user_site):
        place.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            (place / f"{name}.py").write_text("raise SystemExit('the hostile module ran')\n")
        (place / "hostile.pth").write_text("import sys; sys.exit('the hostile module ran')\n")
    for key in KEYS:
        for below in ("PythonPath", "PythonPath\\Evil", "InstallPath"):
            line = ["reg", "add", f"{key.format(short=short)}\\{below}", "/ve", "/d", EVIL, "/f"]
            host.run(line, check=True)


def _hostile(subject: Subject, python: str, *arguments: str) -> str:
    """Start a Python in a hostile directory with hostile variables, and return what it prints."""
    variables = {"PYTHONPATH": EVIL, "PYTHONHOME": "C:\\nowhere", "PYTHONUSERBASE": EVIL, "PYTHONSTARTUP": f"{EVIL}\\os.py"}
    variables |= {"PYTHONPLATLIBDIR": "nowhere", "PYTHONEXECUTABLE": f"{EVIL}\\python.exe", "__PYVENV_LAUNCHER__": f"{EVIL}\\python.exe"}
    code = (
        "import json, os, subprocess, sys; given = json.loads(sys.argv[1]); "
        "done = subprocess.run(sys.argv[3:], cwd=sys.argv[2], env={**os.environ, **given}, capture_output=True, text=True); "
        "sys.stdout.write(done.stdout); sys.stderr.write(done.stderr); sys.exit(done.returncode)"
    )
    given = json.dumps(variables)
    return subject.root.host.python("-I", "-c", code, given, EVIL, python, *arguments, executable=subject.root.bootstrap)


@pytest.mark.parametrize("name", ["system", "windowless", "versioned", "environment", "versioned environment"])
def test_nothing_of_the_host_reaches_a_python(name: str, subject: Subject) -> None:
    path, prefix, base, user = json.loads(_hostile(subject, subject.pythons[name], "-c", TOLD))
    bundle = subject.root.there(subject.root.bundle())
    environment = subject.root.there(subject.root.environment("web"))
    assert not [entry for entry in path if not entry.lower().startswith((bundle.lower(), environment.lower()))], path
    assert (prefix, base, user) == (environment if "environment" in name else f"{bundle}\\bin", f"{bundle}\\bin", False)
    assert _hostile(subject, subject.pythons[name], "-m", "this").startswith("The Zen")


def test_the_traps_catch_a_python_that_is_not_hermetic(subject: Subject) -> None:
    """What proves nothing when it passes would prove nothing above either."""
    place = subject.root.host.path("C:\\control")
    unpack(subject.root.declared.bundles["python"].path, place)
    leading = next((place / "bin").glob("python*._pth"))
    leading.unlink()
    control = "C:\\control\\bin\\python.exe"
    told = subject.root.host.run([control, "-c", "import json"], environment={"PYTHONPATH": EVIL})
    assert told.code != 0
    told = subject.root.host.run([control, "-c", "import sys; print(sys.path)"])
    assert "the hostile module ran" in told.errors, f"the keys of the registry are read by nobody: {told}"
    shutil.rmtree(place)


def test_a_script_finds_its_neighbours_and_an_isolated_one_does_not(subject: Subject) -> None:
    host, script = subject.root.host, "C:\\scripts\\script.py"
    place = host.path("C:\\scripts")
    place.mkdir(exist_ok=True)
    code = "import neighbour; print(neighbour.X)\n"
    (place / "neighbour.py").write_text("X = 'found'\n")
    (place / "script.py").write_text(code)
    # 3.9 has no -P, and does not tell -E with -s from -I.
    both, isolating = (["-s"], ["-I", "-bI"]) if subject.short == "3.9" else (["-E", "-s"], ["-I", "-bI", "-P"])
    for name in ("system", "environment"):
        python = subject.pythons[name]
        for options in ([], ["-X", "utf8", "-W", "ignore"], ["-E"], both):
            assert host.python(*options, script, executable=python).strip() == "found", options
        for option in isolating:
            assert "neighbour" in host.run([python, option, script]).errors, option
        # Where the script's name is but an argument, nothing has neighbours.
        for line in (["-c", code, script], ["-m", "neighbour", script], ["-", script]):
            assert "neighbour" in host.run([python, *line], input=code).errors, line


@pytest.mark.parametrize("script", ["C:\\scripts\\tool", "C:\\scripts\\tool.txt", "C:\\scripts\\Tool.PYZ"])
def test_a_script_of_any_ending_finds_its_neighbours(subject: Subject, script: str) -> None:
    host = subject.root.host
    place = host.path("C:\\scripts")
    place.mkdir(exist_ok=True)
    (place / "neighbour.py").write_text("X = 'found'\n")
    (place / script.rpartition("\\")[2]).write_text("import neighbour; print(neighbour.X)\n")
    for name in ("system", "environment"):
        assert host.python(script, executable=subject.pythons[name]).strip() == "found", name
        assert "neighbour" in host.run([subject.pythons[name], "-I", script]).errors, name


def test_an_archive_that_is_run_is_on_the_path_itself(subject: Subject) -> None:
    host = subject.root.host
    place = host.path("C:\\scripts")
    place.mkdir(exist_ok=True)
    (place / "neighbour.py").write_text("X = 'found'\n")
    with zipfile.ZipFile(place / "packed", "w") as archive:
        archive.writestr("__main__.py", "import inner, sys, importlib.util as u; print(inner.X, u.find_spec('neighbour'))")
        archive.writestr("inner.py", "X = 'inner'\n")
    for name in ("system", "environment"):
        assert host.python("C:\\scripts\\packed", executable=subject.pythons[name]).split() == ["inner", "None"], name


def test_environments_see_the_packages_of_the_bundle_only_when_asked(subject: Subject, wheels: dict[str, Wheel]) -> None:
    root = subject.root
    package = root.bundle() / "bin" / "Lib" / "site-packages" / "only_of_the_bundle.py"
    package.write_text("")
    code = "import importlib.util; print(importlib.util.find_spec('only_of_the_bundle') is not None)"
    try:
        assert root.python("-c", code).strip() == "True"
        assert root.python("-c", code, of="web").strip() == "False"
    finally:
        package.unlink()
    declared = Declared(root.declared.bundles, {"open": [wheels["beta-1.0"]]}, system_site_packages=frozenset({"open"}))
    other = root.elsewhere("C:\\open")
    other.converge(declared)
    package = other.bundle() / "bin" / "Lib" / "site-packages" / "only_of_the_bundle.py"
    package.write_text("")
    assert other.python("-c", code, of="open").strip() == "True"
    assert other.python("-c", "import site; print(site.ENABLE_USER_SITE)", of="open").strip() == "False"


def test_running_writes_nothing_into_the_trees(subject: Subject) -> None:
    modules = (
        "import ssl, sqlite3, ctypes, zlib, lzma, bz2, hashlib, socket, json, select, subprocess, asyncio, email, unittest, xml.dom; "
        "print(ssl.get_default_verify_paths().cafile)"
    )
    said = subject.root.python("-c", modules).strip()
    assert said == f"{subject.root.there(subject.root.bundle())}\\share\\ca\\cacert.pem"
    subject.root.python("-c", modules + "; import alpha.deep.module", of="web")
    assert subject.root.host.run([f"{subject.root.root}\\envs\\web\\Scripts\\gamma.exe"]).code == 0
    assert subject.root.drift("deep") == []


def test_the_standard_venv_can_be_told_where_everything_is(subject: Subject) -> None:
    asked = "import json, sysconfig; print(json.dumps([sysconfig.get_path(name) for name in ('stdlib', 'purelib', 'scripts')]))"
    stdlib, purelib, scripts = json.loads(subject.root.python("-c", asked, of="web"))
    environment = subject.root.there(subject.root.environment("web"))
    assert stdlib == f"{subject.root.there(subject.root.bundle())}\\bin\\Lib"
    assert (purelib, scripts) == (f"{environment}\\Lib\\site-packages", f"{environment}\\Scripts")


@pytest.fixture(scope="module")
def standalone(bundles: FleetBundles, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return a bundle from an archive in the layout of python-build-standalone's install_only.

    No such archive can be had here: its layout is made from the programs of the embeddable archive and the sources of a Linux 3.12.
    """
    python = next(iter(sorted(Path(sys.base_prefix).parent.glob("3.12*/bin/python3.12"))), None) or shutil.which("python3.12")
    sources = Path(str(python)).resolve().parents[1] / "lib" / "python3.12" if python else None
    if sources is None or not (sources / "os.py").is_file():
        pytest.skip("this machine has no Python 3.12 whose modules could be taken")
    place = tmp_path_factory.mktemp("standalone")
    tree = place / "python"
    with tarfile.open(bundles.embeddable("3.12.0")) as outer:
        inner = next(member for member in outer if member.name.endswith("data.zip"))
        extracted = outer.extractfile(inner)
        assert extracted is not None
        with zipfile.ZipFile(extracted) as packed:
            packed.extractall(place / "embeddable")
    (tree / "DLLs").mkdir(parents=True)
    for path in (place / "embeddable" / "cp312").iterdir():
        beside = path.name.startswith(("python", "vcruntime")) and path.suffix in (".exe", ".dll")
        if beside or path.suffix in (".pyd", ".dll"):
            shutil.copy(path, tree if beside else tree / "DLLs")
    shutil.copytree(
        sources,
        tree / "Lib",
        ignore=shutil.ignore_patterns("lib-dynload", "_sysconfigdata*", "config-*", "test", "__pycache__", "site-packages"),
    )
    with tarfile.open(place / "install_only.tar.gz", "w:gz") as archive:
        archive.add(tree, "python")
    source = place / "install_only.tar.gz"
    report = build(
        BuildRequest(
            name="python", release="3.12.9+7", platform="windows-x86_64", destination=place / "out", python_for_bytecode=str(python),
            source=ArchiveSource(location=str(source), sha256=sha256_of(source)),
        )
    )  # fmt: skip
    assert report.warnings == []
    return Archive(report.archive, report.sha256, "3.12.9+7", report.info["python"])


def test_an_install_only_archive_becomes_a_bundle_that_runs_and_compiles_nothing(
    standalone: Archive, windows_host: WindowsHost, wheels: dict[str, Wheel]
) -> None:
    root = WindowsRoot(windows_host, equip(windows_host, standalone), Declared({"python": standalone}, {"web": [wheels["gamma-1.0"]]}))
    root.converge()
    assert root.python("-c", "import json; print(json.__cached__)").strip().endswith("json\\__pycache__\\__init__.cpython-312.pyc")
    assert root.python("-c", "import gamma, ssl, sqlite3; print(gamma.__name__)", of="web").strip() == "gamma"
    assert root.drift("deep") == []


@pytest.mark.parametrize("name", ["system", "windowless", "versioned", "environment", "versioned environment"])
def test_nothing_that_is_planted_above_a_python_runs(name: str, subject: Subject, planted_above: None) -> None:
    path, prefix, base, _user = json.loads(_hostile(subject, subject.pythons[name], "-c", f"import sysconfig, ssl, sqlite3; {TOLD}"))
    bundle = subject.root.there(subject.root.bundle())
    environment = subject.root.there(subject.root.environment("web"))
    assert not [entry for entry in path if not entry.lower().startswith((bundle.lower(), environment.lower()))], path
    assert (prefix, base) == (environment if "environment" in name else f"{bundle}\\bin", f"{bundle}\\bin")


@pytest.mark.parametrize("name", ["versioned", "versioned environment"])
def test_a_python_asks_for_no_path_outside_but_the_systems(name: str, subject: Subject) -> None:
    """One path above is asked for by its existence: Modules\\Setup.local, which would be that of a build tree, and changes no path here."""
    python = subject.pythons[name]
    trees = [subject.root.there(subject.root.bundle()), subject.root.there(subject.root.environment("web"))]
    done = subject.root.host.run([python, "-c", "import ssl, sqlite3, sysconfig, socket"], environment={"WINEDEBUG": "+file"})
    assert done.code == 0
    asked = {match.replace("\\\\", "\\").removeprefix("\\??\\").replace("/", "\\").lower() for match in ASKED.findall(done.errors)}
    assert any(path.startswith(trees[0].lower()) for path in asked), "the trace shows nothing"
    allowed = ("c:\\windows\\", "c:\\program files\\common files\\ssl\\openssl.cnf", *(f"{tree.lower()}\\" for tree in trees))
    ways = {tree.lower().rsplit("\\", depth)[0] for tree in trees for depth in range(4)} | {"c:\\", "c:\\windows"}
    found = {path for path in asked if not path.startswith(allowed) and path.rstrip("\\") not in ways and path != "c:\\"}
    above = {tree.lower().rpartition("\\")[0] for tree in trees}
    assert found <= {f"{directory}\\modules\\setup.local" for directory in above}


@pytest.fixture(scope="module")
def planted_above(subject: Subject) -> Iterator[None]:
    """Put hostile files at every landmark into every directory above the trees of a host, and take them away again."""
    root, host = subject.root, subject.root.host
    version = str(root.declared.bundles["python"].python["version"])
    places = [("C:\\", host.path("C:\\"))]
    places += [(f"{root.root}{below}", host.path(f"{root.root}{below}")) for below in ("", "\\bundles", "\\environments")]
    before = {place: {entry.name for entry in place.iterdir()} for _called, place in places}
    for called, place in places:
        plant_only(place, called=called.rstrip("\\"), version=version)
    yield
    for place, names in before.items():
        for entry in place.iterdir():
            if entry.name not in names:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def plant_only(place: Path, *, called: str, version: str) -> None:
    """Plant what is not there yet: names like bin and lib are the root's own."""
    with tempfile.TemporaryDirectory() as scratch:
        plant(Path(scratch), version=version, code="raise SystemExit('the hostile module ran')\n", called=called)
        for entry in sorted(Path(scratch).iterdir()):
            if not (place / entry.name).exists() and entry.name.lower() not in {other.name.lower() for other in place.iterdir()}:
                shutil.move(entry, place / entry.name)
