# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be removed fails no run: it is named in a warning, kept under a name of ours, and tried again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from in_process import Here
from roots import Archive, Declared, Engine
from store_cases import set_flag, why_no_flags
from tampering import converge_twice
from unprivileged import unprivileged
from wheelhouse import Wheel

ROOT_ONLY = pytest.mark.root


@pytest.fixture
def root(engine: Engine, good: Archive, wheels: dict[str, Wheel], tmp_path: Path) -> Here:
    """Return a root of two generations; the first has an environment of its own."""
    made = Here(tmp_path / "root", engine, Declared({"python": good}))
    converge_twice(made, wheels)
    made.names = {}
    return made


@pytest.fixture
def old(root: Here) -> Path:
    """Return the tree that only the first generation needs."""
    return next(path for path in (root.path / "environments").glob("one-*") if path != root.environment("one"))


@contextmanager
def mounted_on(point: Path, outside: Path, *options: str) -> Iterator[None]:
    """Show a directory with a file in it somewhere else, on the same device."""
    outside.mkdir()
    (outside / "precious").write_text("keep\n")
    point.mkdir()
    done = subprocess.run(["mount", "--bind", str(outside), str(point)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    moved = outside.stat()
    try:
        if options:
            subprocess.run(["mount", "-o", f"remount,bind,{','.join(options)}", str(point)], check=True)
        yield
        assert (outside / "precious").read_text() == "keep\n"
    finally:
        # The tree that it is in may have been renamed.
        points = [
            line.split()[4]
            for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if Path(line.split()[4]).is_relative_to(outside.parent / "root")
        ]
        for each in points:
            subprocess.run(["umount", "--lazy", each], check=True)
        assert outside.stat().st_ino == moved.st_ino


def _prunes_with_a_warning(root: Here, kept: str) -> None:
    for _turn in range(2):
        result = root.converge(options={"keep_generations": 1})
        assert any(kept in warning for warning in result["warnings"]), result["warnings"]
        assert root.generation("prune", options={"keep_generations": 1}).get("failed") is None
        assert {finding["cause"] for finding in root.drift("deep")} == {"interrupted"}
        assert sorted(path.name for path in (root.path / "state/generations").iterdir()) == ["2.json"]


@ROOT_ONLY
@pytest.mark.parametrize("options", [(), ("ro",)], ids=["writable", "read-only"])
def test_what_is_mounted_in_an_old_tree_stays_and_fails_nothing(root: Here, old: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    with mounted_on(old / "lib/mnt", tmp_path / "outside", *options):
        _prunes_with_a_warning(root, "mounted")
    root.converge(options={"keep_generations": 1})
    assert root.drift("deep") == []
    assert [path for path in (root.path / "environments").iterdir() if path.name.startswith(".")] == []


@ROOT_ONLY
def test_a_tree_that_something_is_mounted_on_keeps_its_record(root: Here, old: Path, tmp_path: Path) -> None:
    old.rename(tmp_path / "moved")
    with mounted_on(old, tmp_path / "outside"):
        result = root.converge(options={"keep_generations": 1})
        assert any(str(old) in warning for warning in result["warnings"])
        assert (root.path / f"state/receipts/environments/{old.name}.json").exists()
        assert root.drift("deep") == []
        assert root.converge(options={"keep_generations": 1})["warnings"]
    root.converge(options={"keep_generations": 1})
    assert root.drift("deep") == []
    assert not old.exists()


@ROOT_ONLY
def test_a_current_tree_is_made_again_though_its_old_copy_cannot_go(root: Here, tmp_path: Path) -> None:
    tree = root.environment("one")
    with mounted_on(tree / "lib/mnt", tmp_path / "outside"):
        for _turn in range(2):
            (tree / "bin/alpha").write_text("changed\n")
            result = root.converge()
            assert any("mounted" in warning for warning in result["warnings"])
            assert {finding["cause"] for finding in root.drift("deep")} == {"interrupted"}
            assert not (tree / "lib/mnt").exists()
    root.converge()
    assert root.drift("deep") == []


@ROOT_ONLY
@pytest.mark.parametrize("place", ["bin/alpha", "lib", "."])
def test_an_immutable_old_tree_goes(root: Here, old: Path, tmp_path: Path, place: str) -> None:
    reason = why_no_flags(tmp_path)
    if reason is not None:
        pytest.skip(reason)
    set_flag(old / place, 0x10)
    try:
        result = root.converge(options={"keep_generations": 1})
        assert result["warnings"] == []
        assert not old.exists()
        assert root.drift("deep") == []
    finally:
        if old.exists():
            set_flag(old / place, 0)


@ROOT_ONLY
@pytest.mark.parametrize("change", [lambda path: set_flag(path, 0x10), lambda path: path.chmod(0o400)], ids=["immutable", "0400"])
@pytest.mark.parametrize("place", ["state", "state/generations/1.json", "state/lock", "state/generations", "."])
def test_going_back_puts_the_state_right_before_it_switches(root: Here, tmp_path: Path, change: Callable[[Path], None], place: str) -> None:
    reason = why_no_flags(tmp_path)
    if reason is not None:
        pytest.skip(reason)
    change(root.path / place)
    try:
        result = root.generation("activate", 1)
        assert not result.get("failed"), result
        assert root.current()["number"] == 1
    finally:
        set_flag(root.path / place, 0)


@ROOT_ONLY
def test_pruning_as_another_user_leaves_what_is_not_his(tmp_path: Path) -> None:
    code = """
layout = Layout(Path(sys.argv[1]))
records = Records({}, {}, {}, {1: Generation(1, "", False, None, {}, {}, None)}, {})
warnings = prune.remove(layout, records, prune.Garbage(generations=[1]))
assert len(warnings) == 1 and "foreign/stays" in warnings[0], warnings
assert not (layout.generation_records / "1.json").exists()
print(sorted(os.listdir(layout.generations)), sorted(records.generations))
"""
    base = Path(subprocess.run(["mktemp", "-d", "/tmp/pruning-XXXXXX"], text=True, capture_output=True, check=True).stdout.strip())
    try:
        (base / "generations/1/foreign").mkdir(parents=True)
        (base / "generations/1/foreign/stays").touch()
        (base / "state/generations").mkdir(parents=True)
        (base / "state/generations/1.json").touch()
        subprocess.run(["chown", "-R", "65534:65534", str(base)], check=True)
        subprocess.run(["chown", "-R", "0:0", str(base / "generations/1/foreign")], check=True)
        done = unprivileged(code, str(base))
        assert (done.stdout.strip(), done.stderr) == ("['.old-1'] []", "")
    finally:
        subprocess.run(["rm", "-r", str(base)], check=True)
