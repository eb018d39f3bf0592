# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starts first in a Python on Windows decides whose neighbours are importable; judged here without Windows, executed in tests/windows."""

from __future__ import annotations

import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[4] / "plugins/plugin_utils/bundle_building/isolation/inside/windows_start.py.in"


@pytest.fixture
def directory_of_script(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], Any]:
    """Return a function that tells the directory that a command line puts on the path."""
    windows = types.ModuleType("nt")
    windows._getfullpathname = lambda path: f"C:\\scripts\\{Path(path).name}"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nt", windows)
    monkeypatch.setitem(sys.modules, "_winapi", types.ModuleType("_winapi"))
    program = SOURCE.read_text(encoding="utf-8")
    assert program.endswith("\n_start()\n")
    module: dict[str, Any] = {}
    exec(compile(program.removesuffix("_start()\n"), str(SOURCE), "exec"), module)

    def ask(line: list[str]) -> Any:
        monkeypatch.setattr(sys, "orig_argv", ["python.exe", *line], raising=False)
        return module["_directory_of_script"]()

    windows.getcwd = lambda: "C:\\here"  # type: ignore[attr-defined]
    windows.environ = {}  # type: ignore[attr-defined]
    ask.flags = module["_script_of_flags"]  # type: ignore[attr-defined]
    ask.current_directory = module["_current_directory"]  # type: ignore[attr-defined]
    ask.variables = windows.environ  # type: ignore[attr-defined]
    return ask


@pytest.mark.parametrize("name", ["tool", "tool.py", "tool.txt", "Tool.PYW", "tool.1"])
def test_a_script_has_neighbours_whatever_it_ends_in(directory_of_script: Callable[[list[str]], Any], tmp_path: Path, name: str) -> None:
    script = tmp_path / name
    script.write_text("print(1)\n")
    assert directory_of_script([str(script)]) == "C:\\scripts"
    assert directory_of_script(["-X", "utf8", "-u", str(script), "-c"]) == "C:\\scripts"
    for isolated in (
        ["-I", str(script)],
        ["-P", str(script)],
        ["-c", "pass", str(script)],
        ["-m", "x", str(script)],
        ["-", str(script)],
        [],
    ):
        assert directory_of_script(isolated) is None, isolated


def test_what_is_a_place_of_modules_itself_has_none(directory_of_script: Callable[[list[str]], Any], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packed", "w") as archive:
        archive.writestr("__main__.py", "")
    (tmp_path / "command.exe").write_bytes(b"MZ" + b"\0" * 500 + (tmp_path / "packed").read_bytes())
    (tmp_path / "directory.py").mkdir()
    for name in ("packed", "command.exe", "directory.py"):
        assert directory_of_script([str(tmp_path / name)]) is None, name


@pytest.mark.parametrize(("argv", "expected"), [(["tool"], "tool"), (["-c"], None), (["-m"], None), ([""], None), ([], None)])
def test_without_a_command_line_the_arguments_tell(
    directory_of_script: Any, monkeypatch: pytest.MonkeyPatch, argv: list[str], expected: str | None
) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    assert directory_of_script.flags() == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([], ""),
        (["-"], ""),
        (["-X", "utf8", "-c", "pass", "-I"], ""),
        (["-uc", "pass"], ""),
        (["-m", "x"], "C:\\here"),
        (["-um", "x"], "C:\\here"),
        (["--check-hash-based-pycs", "never", "-mx"], "C:\\here"),
        (["-I", "-c", "pass"], None),
        (["-Pm", "x"], None),
        (["c"], None),
        (["-W", "ignore", "m", "-c"], None),
    ],
)
def test_programs_find_what_a_plain_python_finds_where_no_file_is_run(
    directory_of_script: Any, monkeypatch: pytest.MonkeyPatch, line: list[str], expected: str | None
) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["python.exe", *line], raising=False)
    assert directory_of_script.current_directory() == expected
    directory_of_script.variables["PYTHONSAFEPATH"] = "1"
    assert directory_of_script.current_directory() is None
