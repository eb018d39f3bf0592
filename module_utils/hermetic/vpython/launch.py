# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bin/vpython3 starts where an environment is not there yet: reads the question, makes the environment, and writes its entry."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import HermeticError
from ..model.layout import Layout
from ..os_errors import explain
from ..text.counting import counted
from ..text.printable import printable_lines
from ..unpack import engine_library
from .environment_root import EnvironmentRoot
from .offers import Offers, answer_failure, answer_made, offers_of_task
from .pruning import Pruned, prune, prune_daily
from .question import Question, parse_question

if TYPE_CHECKING:
    from .building import Maker
    from .bundles import HostBundle
    from .pinned import PinnedWheel

QUESTION = 3
_START = "import sys; sys.path[:0] = sys.argv[1:]; from hermetic.vpython.launch import main; sys.exit(main(moved=True))"
_LEVELS = ("debug", "info", "warning", "error")
_CANNOT = 126
_INTERRUPTED = 130


def main(*, moved: bool = False, descriptor: int = QUESTION) -> int:
    """Answer the question that comes by a descriptor, on standard input where this was ``moved`` to another bundle's Python."""
    try:
        with open(0 if moved else descriptor, "rb") as stream:
            content = stream.read()
        question = parse_question(content)
    except OSError as error:
        _say(f"the question of the launcher cannot be read: {error.strerror}")
        return _CANNOT
    except HermeticError as error:
        _say(str(error))
        return _CANNOT
    try:
        return _answer(question, content, moved=moved)
    except HermeticError as error:
        _say(str(error))
    except OSError as error:
        _say(str(explain(error, error.filename or question.root)))
    except MemoryError:
        _say("the host has no memory left")
    except KeyboardInterrupt:
        return _INTERRUPTED
    return _CANNOT


def _answer(question: Question, content: bytes, *, moved: bool) -> int:
    root = Path(os.path.realpath(question.root))
    if question.tool == "prune":
        _report(prune(EnvironmentRoot(root)), question, say_all=True)
        return 0
    engine_library.enable()
    from .bundles import other_bundle, read_bundle
    from .pinned import NotForThisPython, pinned_wheels

    if question.unlocked:
        from .resolving import locked

        question = locked(question)
    progress = _progress(question)
    try:
        pinned = pinned_wheels(question)
    except NotForThisPython as error:
        if moved:
            raise
        return _move(other_bundle(question, error.wants).tree, content)
    # The bundle that runs this, which is another one than was started where the lock is for another Python.
    bundle = read_bundle(engine_library.directory().parents[1])
    offered = offers_of_task(os.environ)
    try:
        maker = _make(question, bundle, root, pinned, offered[0] if offered else None, progress)
    except HermeticError as error:
        if offered:
            answer_failure(offered[1], error, byte_code=bundle.byte_code)
        raise
    if offered:
        answer_made(offered[1], made=maker.built)
    if question.log_level != "error":
        for warning in maker.warnings:
            _say(warning)
    if question.tool != "install":
        # What cannot be pruned is no reason not to run.
        with contextlib.suppress(HermeticError, OSError):
            _report(prune_daily(EnvironmentRoot(root)), question, say_all=False)
    return 0


def _make(
    question: Question, bundle: HostBundle, root: Path, pinned: Sequence[PinnedWheel], offers: Offers | None,
    progress: Callable[[str], None],
) -> Maker:  # fmt: skip
    from .building import Maker
    from .offered_supply import OfferedSupply
    from .package_sources import package_sources
    from .supply import Supply

    host = Layout(Path(question.host)) if question.host else None
    supply = Supply(host, lambda: package_sources(question.host, os.environ), progress)
    if offers is not None:
        supply = OfferedSupply(host, supply.sources, progress, offers=offers)
    maker = Maker(bundle, root, host, supply, progress)
    wheels = supply.choose(pinned)
    progress(f"make an environment with {counted(len(wheels), 'package')} in {root}")
    maker.make(wheels, entry=question.entry)
    return maker


def _move(tree: Path, content: bytes) -> int:
    """Ask the Python of another bundle, which alone knows its own tags and markers."""
    from .bundles import read_bundle

    python = read_bundle(tree).python
    archive, library = tree / "lib" / "engine-code" / "engine.zip", tree / "lib" / "engine"
    return subprocess.run([str(python), "-c", _START, str(archive), str(library)], input=content, check=False).returncode


def _report(pruned: Pruned, question: Question, *, say_all: bool) -> None:
    if say_all:
        _say(f"removed {counted(len(pruned.environments), 'unused environment')} from {question.root}")
    if say_all or question.log_level in _LEVELS[:2]:
        for warning in pruned.warnings:
            _say(warning)


def _progress(question: Question) -> Callable[[str], None]:
    return _say if question.log_level in _LEVELS[:2] else lambda _text: None


def _say(text: str) -> None:
    # Nobody may be there to read it.
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(f"vpython3: {printable_lines(text)}\n")
        sys.stderr.flush()
