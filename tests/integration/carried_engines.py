# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the engine that an installed bundle carries, so that a test sees which one answers."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.engine_of_task import ARCHIVE, CODE, DIGEST
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import zip_of
from plays import Controller
from roots import Archive, Declared, Root

DISPATCH = "hermetic/commands/dispatch.py"
CARRIED = "the engine of the bundle answers"


def carried(tree: Path) -> dict[str, bytes]:
    """Return the files of the engine that a bundle carries."""
    with zipfile.ZipFile(io.BytesIO((tree / CODE / ARCHIVE).read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put(tree: Path, members: dict[str, bytes], *, named: bool = True) -> None:
    """Give a bundle another engine, of the same size and time; ``named`` lets the file beside it name its bytes."""
    path = tree / CODE / ARCHIVE
    status = path.stat()
    content = zip_of(members, compressed=False)
    assert len(content) <= status.st_size
    # A zip is read from its end, and may have anything before it.
    content = b"\0" * (status.st_size - len(content)) + content
    _write(path, content)
    if named:
        stated = (tree / CODE / DIGEST).read_text().split("\n")
        _write(tree / CODE / DIGEST, f"{stated[0]}\n{hashlib.sha256(content).hexdigest()}\n".encode())


def rename(tree: Path, digest: str) -> None:
    """Let the file beside the engine say that it is another one."""
    stated = (tree / CODE / DIGEST).read_text().split("\n")
    _write(tree / CODE / DIGEST, f"{digest}\n{stated[1]}\n".encode())


def answering(tree: Path, line: str) -> dict[str, bytes]:
    """Return the engine with a line of code at the end of what carries a request out; ``result`` is what it is about to return."""
    # Without the lines of the copyright there is room for more, where the bundle has no byte code.
    members = {
        name: content.split(b"\n", 2)[2] if content.startswith(b"# Copyright") else content for name, content in carried(tree).items()
    }
    members.pop(f"{DISPATCH}c", None)
    text = (
        members[DISPATCH]
        .decode()
        .replace("    return command(request, progress)", f"    result = command(request, progress)\n    {line}\n    return result")
    )
    assert line in text
    return {**members, DISPATCH: text.encode()}


def marked(tree: Path) -> dict[str, bytes]:
    """Return the engine with a warning in each result."""
    return answering(tree, f'result["warnings"] = [*result.get("warnings", []), "{CARRIED}"]')


@contextmanager
def kept(tree: Path, beside: Path) -> Iterator[None]:
    """Give a bundle its own engine back when the block ends."""
    place = tree / CODE
    shutil.copytree(place, beside / "kept")
    yield
    shutil.rmtree(place)
    shutil.copytree(beside / "kept", place)


def _write(path: Path, content: bytes) -> None:
    status = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture(scope="module")
def root_with_bundle(
    tmp_path_factory: pytest.TempPathFactory, make_root: Callable[[Path, Declared], Root], bundle_archive: Archive
) -> Root:
    """Return a root with a bundle."""
    root = make_root(tmp_path_factory.mktemp("installed") / "root", Declared({"python": bundle_archive}))
    root.converge()
    return root


@pytest.fixture
def root_with_engine(root_with_bundle: Root, tmp_path: Path) -> Iterator[Root]:
    """Return a root with a bundle, whose engine the test may change."""
    with kept(root_with_bundle.bundle(), tmp_path):
        yield root_with_bundle


def played(root: Root, tmp_path: Path, *tasks: tuple[str, dict[str, Any]], **task: Any) -> list[dict[str, Any]]:
    """Run modules on the root and return their results."""
    done = Controller(tmp_path / "controller").play(
        [{f"hermetic.python.{module}": {"root": str(root.path), **options}, **task} for module, options in tasks],
        # For async_status, which looks for a Python of its own.
        hosts={"here": {"ansible_python_interpreter": sys.executable}},
    )
    assert done.code == 0, done.output
    return [each["result"] for each in done.results]
