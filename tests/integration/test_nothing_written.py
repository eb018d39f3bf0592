# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No run of a Python writes into a tree, whatever it imports and however it is started."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hermetic_roots import PYTHONS, program
from roots import Root, output, snapshot
from wheelhouse import Wheel


@pytest.fixture(scope="module")
def root(root_with_one: Callable[[], Root]) -> Root:
    return root_with_one()


IMPORT_ALL = """
import contextlib, importlib, io, os, pkgutil, sys
skipped = ("antigravity", "this", "idlelib", "turtle", "turtledemo", "test", "lib2to3.tests", "__main__")
done = 0
os.chdir("/")
stdlib = os.path.dirname(os.__file__)
def visit(path, prefix):
    global done
    for found in pkgutil.iter_modules([path], prefix):
        name = found.name
        if name.split(".")[0] in skipped or name in skipped or name.endswith("__main__"):
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(name)
            done += 1
        except (Exception, SystemExit):
            pass
        if found.ispkg and name != "site-packages":
            visit(os.path.join(path, name.rpartition(".")[2]), name + ".")
visit(stdlib, "")
with contextlib.suppress(ImportError):
    import lib2to3.pygram
print(done)
"""


@contextmanager
def nothing_written(root: Root) -> Iterator[None]:
    """Fail when the block writes anything into the root; as root nothing but good manners would keep it from that."""
    before = snapshot(root.path)
    yield
    after = snapshot(root.path)
    if before != after:
        # The next test shall find the root as it was.
        root.converge(options={"verify": "deep"})
    assert {path: about for path, about in after.items() if before.get(path) != about} == {}
    assert before.keys() == after.keys()
    assert root.drift() == []


@pytest.fixture
def unwritten(root: Root) -> Iterator[Root]:
    """Give the root, and fail when the test has written anything into it."""
    with nothing_written(root):
        yield root


@pytest.mark.parametrize("of", PYTHONS)
def test_importing_everything_writes_nothing(unwritten: Root, of: str | None) -> None:
    done = int(output([program(unwritten, of), "-W", "ignore", "-c", IMPORT_ALL], stdin=subprocess.DEVNULL))
    assert done > 400


def test_running_programs_writes_nothing(unwritten: Root) -> None:
    base = unwritten.path / "envs/one/bin"
    assert output([str(base / "alpha")]).split() == ["alpha", str(unwritten.environment("one"))]
    assert output([str(base / "alpha-script")]).split() == ["script", str(unwritten.environment("one"))]
    assert output([str(base / "alpha-shell")]) == "shell\n"
    assert unwritten.python("-m", "alpha.deep.module", of="one") == ""
    code = "import alpha.deep.module, beta; print(alpha.__file__)"
    assert unwritten.python("-c", code, of="one").strip() == str(unwritten.site("one") / "alpha/__init__.py")


@pytest.mark.parametrize("of", PYTHONS)
@pytest.mark.parametrize(
    "option",
    [
        "-O",
        "-bOO",
        "-b",
        "-u",
        "-Wdefault",
        "-Xdev",
        "-Ximporttime",
    ],
)
def test_no_option_of_python_makes_it_write(root: Root, of: str | None, option: str) -> None:
    with nothing_written(root):
        root.python(option, "-c", "import json, asyncio, colorsys", of=of)
        if of:
            root.python(option, "-c", "import alpha.deep.module, beta", of=of)


def test_pip_refuses_to_change_the_bundle(unwritten: Root, wheels: dict[str, Wheel]) -> None:
    python = str(unwritten.path / "bin/python")
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index", str(wheels["delta-1.0"].path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "externally" in done.stderr
