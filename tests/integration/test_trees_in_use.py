# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trees are in use, asked about real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import in_use
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.in_use import trees_in_use
from tree_samples import SLEEP, trees_with_a_program

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@contextmanager
def running(*command: str, cwd: Path | None = None, executable: str | None = None) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=cwd, executable=executable, stdout=subprocess.PIPE)
    try:
        assert process.poll() is None  # Popen has waited until the program was started
        yield process.pid
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def trees(tmp_path: Path) -> list[Path]:
    return trees_with_a_program(tmp_path)


def test_a_running_program_holds_its_tree_and_not_one_with_a_similar_name(trees: list[Path]) -> None:
    with running(str(trees[1] / "bin" / "tool"), "60"):
        assert trees_in_use(trees) == {trees[1]}
    assert trees_in_use(trees) == set()


@linux
def test_a_program_counts_though_its_file_is_gone_or_it_calls_itself_otherwise(trees: list[Path]) -> None:
    with running("a-daemon", "60", executable=str(trees[0] / "bin" / "tool")):
        (trees[0] / "bin" / "tool").unlink()
        assert trees_in_use(trees) == {trees[0]}


@linux
def test_the_python_of_an_environment_is_a_link_and_holds_the_environment(trees: list[Path], tmp_path: Path) -> None:
    program = trees[2] / "bin" / "python"
    program.symlink_to(SLEEP)
    with running(str(program), "60"):
        assert trees_in_use(trees) == {trees[2]}
    with running("./bin/python", "60", cwd=trees[2]):
        assert trees_in_use(trees) == {trees[2]}
    (tmp_path / "stable").symlink_to("other")
    with running(str(tmp_path / "stable" / "bin" / "python"), "60"):
        assert trees_in_use(trees) == {trees[2]}


@linux
def test_a_current_directory_holds_a_tree_of_another_process_only(trees: list[Path]) -> None:
    with running(SLEEP, "60", cwd=trees[0] / "bin"):
        assert trees_in_use(trees) == {trees[0]}
    before = os.getcwd()
    os.chdir(trees[0])
    try:
        assert trees_in_use(trees) == set()
    finally:
        os.chdir(before)


@linux
def test_a_mapped_library_holds_its_tree(trees: list[Path]) -> None:
    library = trees[1] / "module.so"
    shutil.copy(SLEEP, library)
    mapping = f"f = open({str(library)!r}, 'rb'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); f.close()"
    code = f"import mmap, time; {mapping}; print(1, flush=True); time.sleep(60)"
    # The code travels on standard input: an argument that names the tree would prove nothing.
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; exec(sys.stdin.readline())"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(code.encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        assert trees_in_use(trees) == {trees[1]}
    finally:
        process.kill()
        process.communicate()


def test_an_argument_that_names_a_tree_does_not_hold_it_where_the_system_tells_more(trees: list[Path]) -> None:
    if not os.path.isdir("/proc/self"):
        pytest.skip("needs /proc")
    with running(sys.executable, "-c", "import time; time.sleep(60)", str(trees[0]) + "/x"):
        assert trees_in_use(trees) == set()


@linux
def test_a_tree_below_a_link_is_found_by_either_name(trees: list[Path], tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(".")
    aliased = tmp_path / "alias" / "other"
    with running(str(trees[2] / "bin" / "tool"), "60"):
        assert trees_in_use([aliased, trees[2], trees[0]]) == {aliased, trees[2]}


@pytest.fixture
def without_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A system such as macOS: ps and perhaps lsof are all that there is."""
    monkeypatch.setattr(in_use, "_PROC", tmp_path / "no-proc")
    if shutil.which("ps") is None:
        pytest.skip("needs ps")


def test_without_proc_the_command_line_tells(trees: list[Path], without_proc: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_use, "_of_lsof", lambda: "")
    with running(str(trees[0] / "bin" / "tool"), "60"):
        assert trees_in_use(trees) == {trees[0]}
    assert trees_in_use(trees) == set()


def test_without_proc_lsof_tells_of_programs_libraries_and_directories(trees: list[Path], without_proc: None) -> None:
    if shutil.which("lsof") is None:
        pytest.skip("needs lsof")
    with running("renamed", "60", executable=str(trees[0] / "bin" / "tool"), cwd=trees[2]):
        assert trees_in_use(trees) == {trees[0], trees[2]}
