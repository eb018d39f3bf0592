# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a root on Windows: install, converge, upgrade, go back, prune, beside processes that run and runs that wait."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from engine_hosts import WindowsRoot
from roots import Archive, Declared, answered
from wheelhouse import Wheel, make_wheel

WHO = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.executable, sys.path]))"


@pytest.fixture(scope="module")
def long_wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    """Return a wheel whose files lie deep."""
    deep = "/".join(["package_of_many_parts"] * 8)
    return make_wheel(tmp_path_factory.mktemp("long"), "deep", files={f"deep/{deep}/__init__.py": "X = 1\n"})


@pytest.fixture
def teller(tmp_path: Path) -> Wheel:
    """Return a wheel whose command tells where it runs, whatever the code page."""
    code = "import sys\ndef main():\n    print(ascii(sys.prefix))\n"
    return make_wheel(tmp_path, "teller", files={"teller.py": code}, scripts={"teller": "teller:main"})


def test_a_host_without_anything_gets_what_is_declared_and_then_stays_as_it_is(empty: WindowsRoot) -> None:
    foreseen = empty.converge(check=True)
    assert (foreseen["changed"], empty.path.exists()) == (True, False)
    first = empty.converge()
    assert [step["action"] for step in first["plan"]] == ["install_bundle", "build_environment", "build_environment", "switch"]
    assert first["warnings"] == []
    for verify in ("quick", "deep"):
        assert empty.drift(verify) == []
    again = empty.converge()
    assert (again["changed"], again["plan"]) == (False, [])
    info = empty.run("info")["info"]
    assert [each["name"] for each in info["virtualenvs"]] == ["one", "two"]
    assert empty.left_over() == []


def test_every_program_knows_where_it_really_is(root: WindowsRoot) -> None:
    bundle, one = root.there(root.bundle()), root.there(root.environment("one"))
    prefix, base, executable, path = json.loads(root.python("-c", WHO))
    assert (prefix, base, executable) == (f"{bundle}\\bin", f"{bundle}\\bin", f"{bundle}\\bin\\python.exe")
    assert path == [f"{bundle}\\bin\\Lib", f"{bundle}\\bin\\DLLs", f"{bundle}\\bin", f"{bundle}\\bin\\Lib\\site-packages"]
    prefix, base, executable, path = json.loads(root.python("-c", WHO, of="one"))
    assert (prefix, base, executable) == (one, f"{bundle}\\bin", f"{one}\\Scripts\\python.exe")
    assert not [entry for entry in path if entry.startswith(f"{bundle}\\bin\\Lib\\site-packages")]
    assert f"{one}\\Lib\\site-packages" in path


def test_environments_share_the_programs_of_the_bundle(root: WindowsRoot) -> None:
    for name in ("python.exe", "pythonw.exe", "python3.exe", "python312.dll"):
        ours, theirs = root.environment("one") / "Scripts" / name, root.bundle() / "bin" / name
        assert ours.samefile(theirs), name
    alpha = root.environment("one") / "Lib" / "site-packages" / "alpha" / "__init__.py"
    assert alpha.samefile(root.environment("two") / "Lib" / "site-packages" / "alpha" / "__init__.py")


def test_what_stands_in_for_a_junction_holds_programs_and_copies_nothing(root: WindowsRoot) -> None:
    stable = [path for name in ("bin", "envs") for path in (root.path / name).rglob("*") if path.is_file()]
    own = [path.name for path in stable if path.stat().st_nlink == 1]
    assert {path.rpartition(".")[2] for path in own} <= {"hermetic-stand-in", "_pth"}
    assert not list((root.path / "bin").rglob("*.py*c"))


def test_commands_run_from_anywhere(root: WindowsRoot) -> None:
    root.host.path("C:\\some folder").mkdir(exist_ok=True)
    code = "import subprocess, sys; print(subprocess.run(sys.argv[1:], cwd='C:\\\\some folder', capture_output=True, text=True).stdout)"
    for name in ("one", "two"):
        told = root.host.python("-c", code, f"{root.root}\\envs\\{name}\\Scripts\\alpha.exe", executable=root.bootstrap)
        assert told.split() == ["alpha", root.there(root.environment(name))]


@pytest.mark.parametrize("place", ["C:\\Ein Verzeichnis für alle\\日本 语", "C:\\" + "\\".join(["d" * 45] * 4)], ids=["blanks", "long"])
def test_a_root_may_have_any_name(place: str, empty: WindowsRoot, teller: Wheel) -> None:
    root = empty.elsewhere(place)
    root.converge(root.declared.but(told=[teller]))
    assert root.drift("deep") == []
    assert root.python("-c", "import beta; print(beta.VERSION)", of="one").strip() == "1.0"
    done = root.host.run([f"{place}\\envs\\told\\Scripts\\teller.exe"], check=True)
    assert done.text.strip() == ascii(root.there(root.environment("told")))
    assert root.converge()["changed"] is False
    shutil.rmtree(root.path)


def test_paths_beyond_260_characters_are_built_verified_and_removed(
    empty: WindowsRoot, wheels: dict[str, Wheel], long_wheel: Wheel
) -> None:
    root = empty.elsewhere("C:\\" + "\\".join(["e" * 40] * 2))
    root.converge(Declared(root.declared.bundles, {"long": [long_wheel, wheels["beta-1.0"]]}))
    deepest = max((str(path) for path in root.environment("long").rglob("*")), key=len)
    assert len(root.there(root.environment("long"))) + len(deepest) - len(str(root.environment("long"))) > 260
    assert root.drift("deep") == []
    with open(deepest, "a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert [finding["kind"] for finding in root.drift()] == ["modified"]
    root.converge()
    root.converge(Declared(root.declared.bundles, {}))
    root.converge(options={"keep_generations": 1})
    assert not list((root.path / "environments").iterdir())
    assert not list((root.path / "laid").iterdir())


def test_a_root_may_be_named_in_the_short_form_of_dos(root: WindowsRoot) -> None:
    asked = root.host.python(
        "-c", f"import ctypes; b = ctypes.create_unicode_buffer(300); ctypes.windll.kernel32.GetShortPathNameW({root.root!r}, b, 300); print(b.value)",
        executable=root.bootstrap,
    )  # fmt: skip
    short = replace(root, root=asked.strip())
    assert "~" in short.root
    told = short.answer(root.request("converge") | {"root": short.root}, python=root.interpreter())
    assert (told["changed"], told["findings"]) == (False, [])


def test_upgrade_and_back_while_a_process_runs_from_the_old_generation(
    root: WindowsRoot, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]
) -> None:
    old, old_bundle = root.environment("one"), root.bundle()
    code = "import sys; print('up', flush=True); sys.stdin.readline(); import beta, colorsys; print(beta.VERSION, colorsys.__file__ or 'frozen')"
    running = [
        root.host.popen([f"{root.root}\\{path}\\python.exe", "-c", code])
        for path in (f"environments\\{old.name}\\Scripts", "envs\\one\\Scripts")
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"up"
    new = replace(root.declared.but(one=[wheels["beta-2.0"]]), bundles={"python": slim_windows_bundles[1]})
    root.converge(new, options={"keep_generations": 1})
    assert root.drift() == []
    assert root.python("-c", "import beta; print(beta.VERSION)", of="one").strip() == "2.0"
    assert root.environment("one") != old
    assert old.is_dir() and old_bundle.is_dir()
    for process in running:
        said = process.communicate(b"go\n", timeout=60)[0].decode().split()
        assert said[0] == "1.0"
        assert old_bundle.name in said[1]
    root.converge(options={"keep_generations": 1})
    assert not old.exists() and not old_bundle.exists()
    assert root.left_over() == []
    assert root.set_aside() == []
    assert root.drift("deep") == []


def test_rollback_pin_and_prune(root: WindowsRoot, wheels: dict[str, Wheel]) -> None:
    first = root.current()["number"]
    root.converge(root.declared.but(one=[wheels["beta-2.0"]]))
    assert root.generation("activate", "previous")["generation"] == {"before": first + 1, "after": first}
    assert root.python("-c", "import beta; print(beta.VERSION)", of="one").strip() == "1.0"
    assert root.run("drift", declared=Declared({}), scope="partial", options={"verify": "deep"})["findings"] == []
    root.generation("activate", first + 1)
    assert root.python("-c", "import beta; print(beta.VERSION)", of="one").strip() == "2.0"
    root.generation("pin", first)
    assert root.generation("prune", options={"keep_generations": 1})["changed"] is False
    root.generation("unpin", first)
    assert root.generation("prune", options={"keep_generations": 1})["changed"] is True
    assert [path.name for path in (root.path / "generations").iterdir()] == [str(first + 1)]
    assert root.drift("deep") == []


def test_two_runs_at_once_end_as_one(empty: WindowsRoot) -> None:
    root = empty.elsewhere("C:\\twice")
    document = root.request("converge")
    processes = [root.start(document, python=root.bootstrap) for _run in range(2)]
    results = []
    for process in processes:
        stdout, stderr = (stream.decode(errors="replace") for stream in process.communicate(timeout=300))
        results.append(answered(document, process.returncode, stdout, stderr))
    assert [result.get("msg") for result in results] == [None, None]
    assert sorted(result["changed"] for result in results) == [False, True]
    assert root.drift("deep") == []
    shutil.rmtree(root.path)


def test_a_run_waits_no_longer_than_it_may_and_names_the_holder(root: WindowsRoot) -> None:
    code = (
        "import msvcrt, os, sys; f = os.open(sys.argv[1], os.O_RDWR); os.write(f, b'pid 4711'); os.lseek(f, 1 << 30, 0); "
        "msvcrt.locking(f, 2, 1); print('held', flush=True); sys.stdin.readline()"
    )
    holder = root.host.popen([root.bootstrap, "-c", code, f"{root.root}\\state\\lock"])
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"held"
    root.refuses("locked by pid 4711", options={"lock_timeout": 0.5})
    holder.kill()
    holder.communicate()
    assert root.converge(options={"lock_timeout": 120})["changed"] is False


def test_a_file_that_something_else_reads_is_waited_for(root: WindowsRoot, wheels: dict[str, Wheel]) -> None:
    """As a scanner does: it has the file open for a moment, and nobody may remove or replace it meanwhile."""
    current = f"{root.root}\\state\\current.json"
    # Until the same new file waits beside at two looks: the engine has been refused by then, however slow this machine is.
    code = (
        "import os, sys, time\n"
        "opened, seen, until = open(sys.argv[1]), set(), time.monotonic() + 300\n"
        "print('open', flush=True)\n"
        "while time.monotonic() < until:\n"
        "    beside = {name for name in os.listdir(os.path.dirname(sys.argv[1])) if name.startswith('.new-')}\n"
        "    if beside & seen: break\n"
        "    seen = beside\n"
        "    time.sleep(0.1)\n"
    )
    reader = root.host.popen([root.bootstrap, "-c", code, current])
    assert reader.stdout is not None
    assert reader.stdout.readline().strip() == b"open"
    root.converge(root.declared.but(one=[wheels["beta-2.0"]]))
    assert reader.wait(timeout=400) == 0
    reader.communicate()
    assert root.drift() == []


def test_scripts_start_the_python_that_they_ask_for(root: WindowsRoot, tmp_path: Path) -> None:
    files = {
        f"asks-1.0.data/scripts/{name}": f"{first}\nX = 1\n" for name, first in (("asks.py", "#!python3 -u"), ("asks.pyw", "#!pythonw"))
    }
    root.converge(root.declared.but(one=[make_wheel(tmp_path, "asks", files=files)]))
    scripts = root.environment("one") / "Scripts"
    assert (scripts / "asks.py").read_bytes().splitlines()[0].endswith(b'\\Scripts\\python.exe" -u')
    assert (scripts / "asks.pyw").read_bytes().splitlines()[0].endswith(b'\\Scripts\\pythonw.exe"')
    assert root.drift() == []


def test_a_killed_holder_is_no_obstacle(root: WindowsRoot, wheels: dict[str, Wheel]) -> None:
    process = root.start(root.request("converge", declared=root.declared.but(one=[wheels["beta-2.0"]])))
    try:
        process.wait(0.4)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    assert root.converge(root.declared.but(one=[wheels["beta-2.0"]]), options={"lock_timeout": 20})["generation"]["after"]
    assert root.drift("deep") == []
    assert root.left_over() == []
